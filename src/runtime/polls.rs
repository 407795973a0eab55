//! Polls in a loop: the same question again and again, by the same thread, with nothing in between.
//! Not here: other lints (`lints`).

use super::left::is_query;
use super::lints::{Seen, timeout_of};
use super::world::World;
use crate::answer::Returned;
use crate::call::{Call, Milliseconds, Text};
use crate::hresult::*;
use crate::journal::finding::FindingKind;
use crate::journal::report::lints as sentences;
use crate::model::Nanos;

/// How many times in a row the same question makes a loop.
const ROW: u32 = 10;

/// A pause of this length between two polls, in the host's time, breaks the row: who pauses does not burn a processor.
const PAUSE: Nanos = 10_000_000;

/// What each thread asks, by its label.
#[derive(Default)]
pub(crate) struct Polls(Vec<Row>);

#[derive(Clone, Copy, Default)]
struct Row {
    question: Option<Question>,
    count: u32,
    /// When the thread's last call was over.
    last: Nanos,
}

/// What is asked: through which handle, by its number, and a digest of how.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    System(u64, u64),
    Process(u64, u64),
    Enumeration(u64),
    /// An operation's use that is pending.
    Result(u64),
    SystemExit(u64),
    ProcessExit(u64),
}

impl World {
    /// Notices polls in a loop.
    pub(super) fn notice_polls(&mut self, seen: &Seen<'_>) {
        let question = self.question(seen);
        let label = seen.label as usize;
        if question.is_none() && self.lints.polls.0.get(label).is_none_or(|it| it.question.is_none()) {
            return;
        }
        let now = self.clock.now();
        let goes_with = question.is_none() && self.goes_with_a_poll(seen.call);
        let rows = &mut self.lints.polls.0;
        if rows.len() <= label {
            rows.resize(label + 1, Row::default());
        }
        let row = &mut rows[label];
        let paused = seen.began.saturating_sub(row.last) >= PAUSE;
        row.last = now;
        if goes_with && !paused {
            return;
        }
        row.count = if row.question == question && !paused { row.count.saturating_add(1) } else { 1 };
        row.question = question;
        if question.is_some() && row.count == ROW {
            self.tell_poll(seen);
        }
    }

    fn question(&self, seen: &Seen<'_>) -> Option<Question> {
        let unanswered = matches!(
            seen.answer.returned,
            Returned::Hresult(HCS_E_OPERATION_PENDING | HCS_E_OPERATION_TIMEOUT)
        );
        match seen.call {
            Call::GetComputeSystemProperties { compute_system, property_query, .. } if seen.accepted => {
                Some(Question::System(compute_system.number()?, digest(property_query)))
            }
            Call::GetProcessProperties { process, property_query, .. } if seen.accepted => {
                Some(Question::Process(process.number()?, digest(property_query)))
            }
            Call::EnumerateComputeSystems { query, .. }
            | Call::EnumerateComputeSystemsInNamespace { query, .. }
                if seen.accepted =>
            {
                Some(Question::Enumeration(digest(query)))
            }
            Call::GetOperationResult { operation, .. }
            | Call::GetOperationResultAndProcessInfo { operation, .. }
            | Call::WaitForOperationResult { operation, timeout_ms: Milliseconds(0), .. }
            | Call::WaitForOperationResultAndProcessInfo { operation, timeout_ms: Milliseconds(0), .. }
                if unanswered =>
            {
                let operation = self.model.operations.get(operation.number()?)?;
                Some(Question::Result(operation.tracked()?.id))
            }
            Call::WaitForComputeSystemExit { compute_system, timeout_ms: Milliseconds(0), .. }
                if unanswered =>
            {
                Some(Question::SystemExit(compute_system.number()?))
            }
            Call::WaitForProcessExit { process, timeout_ms: Milliseconds(0), .. } if unanswered => {
                Some(Question::ProcessExit(process.number()?))
            }
            _ => None,
        }
    }

    /// What belongs to a poll: its operation is made, waited for and closed.
    fn goes_with_a_poll(&self, call: &Call) -> bool {
        match call {
            Call::CreateOperation { .. }
            | Call::CloseOperation { .. }
            | Call::GetOperationType { .. }
            | Call::GetOperationId { .. }
            | Call::GetOperationContext { .. } => true,
            Call::GetOperationResult { operation, .. } | Call::WaitForOperationResult { operation, .. } => {
                let operation = operation.number().and_then(|it| self.model.operations.get(it));
                operation
                    .is_some_and(|it| !it.is_pending() && it.tracked().is_some_and(|it| is_query(it.kind)))
            }
            _ => false,
        }
    }

    #[cold]
    fn tell_poll(&mut self, seen: &Seen<'_>) {
        let call = seen.call;
        let about = match (call.compute_system(), call.process(), call.operation()) {
            (Some(system), ..) => match self.log.system_id(system) {
                Some(id) => format!("for {system} {id:?}"),
                None => format!("for {system}"),
            },
            (None, Some(process), _) => format!("for {process}"),
            (None, None, Some(operation)) if timeout_of(call).is_some() || !seen.accepted => {
                format!("for {operation}")
            }
            _ => String::new(),
        };
        self.lint(FindingKind::PolledInALoop, Some(seen.entry), || {
            sentences::polled_in_a_loop(call.export(), &about, ROW)
        });
    }
}

/// Two queries with the same digest are taken for the same.
fn digest(query: &Text) -> u64 {
    query.as_str().map_or(0, |text| {
        text.bytes()
            .fold(0xCBF2_9CE4_8422_2325, |sum, it| (sum ^ u64::from(it)).wrapping_mul(0x0100_0000_01B3))
    })
}
