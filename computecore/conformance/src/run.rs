//! A row through a door: its calls one after the other, what came of them, and where that is not what the row expects.
//! Not here: how it gets to its start and is cleaned up (`session`), comparing documents (`seen`).

use hcs_sim::computecore::{HCS_INVALID_OPERATION_ID, HCS_PROCESS_INFORMATION, INVALID_HANDLE_VALUE};
use hcs_sim::{Export, Hresult};

use crate::api::Api;
use crate::listener::Heard;
use crate::row::{Answer, Arg, Info, Pipe, Row, Step, Told};
use crate::seen::{self, Returns, Written, returns, steady};
use crate::session::{Session, Surroundings, UNTOUCHED};

/// What came of a row.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Everything that was seen, without what differs from run to run: the same through every door.
    pub lines: Vec<String>,
    /// What is not as the row says, a sentence each.
    pub differences: Vec<String>,
    /// The library lacks an export that the row calls; then nothing of it was run.
    pub missing: Option<String>,
}

/// Runs a row.
pub fn run(row: &Row, api: &Api, surroundings: &Surroundings) -> Record {
    let mut record = Record::default();
    if let Some(step) = row.steps.iter().find(|it| !api.has(it.export)) {
        record.missing = Some(format!("this library does not export {}", step.export));
        return record;
    }
    let mut session = Session::new(row, api, surroundings);
    session.end_by_id();
    if let Err(problem) = session.set_up(row) {
        record.differences.push(problem);
        return record;
    }
    let caller = std::thread::current().id();
    for (index, step) in row.steps.iter().enumerate() {
        let number = index + 1;
        if let Err(problem) = perform(&mut session, step, number, &mut record) {
            record.differences.push(format!("call {number}: {problem}"));
            return record;
        }
    }
    let refused = session.close_pipes();
    if refused > 0 {
        record.differences.push(format!("CloseHandle refuses {refused} of the pipes"));
    }
    let mut heard = session.listener.wait_for(row.hears.len(), session.patience());
    let listens = |it: &Arg| matches!(it, Arg::OnEvent | Arg::OnCompletion | Arg::CreateOptions(..));
    if row.steps.iter().any(|step| step.arguments.iter().any(listens)) {
        session.settle();
    }
    let operation = session.value(crate::row::Slot::Operation);
    session.clean_up(); // closes wait for callbacks
    heard.extend(session.listener.rest());
    let process_id = session.process_id;
    let id = session.id.clone();
    compare_heard(row, &heard, operation, process_id, &id, &mut record);
    if heard.iter().any(|it| it.thread == caller) {
        record.differences.push("a callback came on the thread of a caller".into());
    }
    record
}

fn perform(session: &mut Session, step: &Step, number: usize, record: &mut Record) -> Result<(), String> {
    let (mut document, mut handle) = (UNTOUCHED, UNTOUCHED);
    let mut info = untouched_info();
    let mut words = Vec::new();
    let (mut has_document, mut slot) = (false, None);
    for argument in &step.arguments {
        words.push(match argument {
            Arg::Document => {
                has_document = true;
                (&raw mut document).expose_provenance()
            }
            Arg::Out(it) => {
                slot = Some(*it);
                (&raw mut handle).expose_provenance()
            }
            Arg::Info => (&raw mut info).expose_provenance(),
            other => session.word(*other)?,
        });
    }
    let returned = session.raw(step.export, &words)?;
    if matches!(returns(step.export), Returns::Nothing) {
        session.was_closed(step.export, words[0]);
    }
    if let Some(slot) = step.keep {
        session.put(slot, returned as usize);
    }
    if let Some(slot) = slot {
        session.put(slot, handle);
    }
    let has_info = step.arguments.contains(&Arg::Info);
    let pipes = [info.StdInput, info.StdOutput, info.StdError].map(|it| it.expose_provenance());
    let was_informed = has_info && info.Reserved == 0;
    if was_informed {
        session.process_id = info.ProcessId;
        session.pipes.extend(pipes.iter().filter(|it| is_pipe(**it)));
    }
    let document = match document {
        _ if !has_document => Written::NotAsked,
        UNTOUCHED => Written::Untouched,
        0 => Written::Null,
        it => Written::Some(session.take(it)),
    };

    let what = format!("call {number}, {}", step.export);
    let mut line = format!("{what} -> {}", answer_seen(session, step.export, returned));
    if let Some(wrong) = answer_differs(session, step, returned) {
        record.differences.push(format!("{what}: {wrong}"));
    }
    if let Written::Some(text) = &document {
        line += &format!("; {}", session.without_places(&steady(text, session.process_id)));
    } else if has_document {
        line += &format!("; {document:?}");
    }
    if let Some(wrong) = seen::differs(&step.document, &document, &session.id) {
        record.differences.push(format!("{what}: {wrong}"));
    }
    if slot.is_some() {
        let written = match handle {
            UNTOUCHED => "no handle is written",
            0 => "the handle is NULL",
            _ => "a handle",
        };
        let wanted = step.answer == Answer::Code(hcs_sim::hresult::S_OK);
        let wanted = if wanted { "a handle" } else { "the handle is NULL" };
        if written != wanted {
            record.differences.push(format!("{what}: expected {wanted}, got {written}"));
        }
        line += &format!("; {written}");
    }
    if has_info {
        let (got, wrong) = info_seen(session, step, was_informed, pipes);
        record.differences.extend(wrong.map(|it| format!("{what}: {it}")));
        line += &format!("; {got}");
    }
    record.lines.push(line);
    Ok(())
}

fn untouched_info() -> HCS_PROCESS_INFORMATION {
    HCS_PROCESS_INFORMATION { Reserved: UNTOUCHED as u32, ..HCS_PROCESS_INFORMATION::default() }
}

fn is_pipe(value: usize) -> bool {
    value != 0 && value != INVALID_HANDLE_VALUE.addr()
}

/// Process information as text, and what is wrong with it.
fn info_seen(
    session: &Session,
    step: &Step,
    was_informed: bool,
    pipes: [usize; 3],
) -> (String, Option<String>) {
    let wanted = match step.info {
        Info::Untouched => "no process information".to_owned(),
        Info::Given(wanted) => format!("a process id, pipes {}", wanted.map(pipe_wanted).join(", ")),
    };
    let got = if was_informed {
        let read = |index: usize| match step.info {
            Info::Given(wanted) => matches!(wanted[index], Pipe::Given(Some(_))),
            Info::Untouched => false,
        };
        let pipes: Vec<String> = pipes
            .into_iter()
            .enumerate()
            .map(|(index, pipe)| match pipe {
                0 => "NULL".into(),
                it if !is_pipe(it) => "INVALID_HANDLE_VALUE".into(),
                it if read(index) => format!("with {:?}", session.read(it)),
                _ => "given".into(),
            })
            .collect();
        let id = if session.process_id == 0 { "no process id" } else { "a process id" };
        format!("{id}, pipes {}", pipes.join(", "))
    } else {
        "no process information".into()
    };
    let wrong = (got != wanted).then(|| format!("expected {wanted}, got {got}"));
    (got, wrong)
}

fn pipe_wanted(pipe: Pipe) -> String {
    match pipe {
        Pipe::Null => "NULL".into(),
        Pipe::Invalid => "INVALID_HANDLE_VALUE".into(),
        Pipe::Given(None) => "given".into(),
        Pipe::Given(Some(text)) => format!("with {text:?}"),
    }
}

/// What was returned, as text.
fn answer_seen(session: &Session, export: Export, returned: u64) -> String {
    match returns(export) {
        Returns::Code => seen::code(Hresult::from_bits(returned as u32)),
        Returns::Handle if returned == 0 => "NULL".into(),
        Returns::Handle => session.name_of(returned as usize).unwrap_or_else(|| "a handle".into()),
        Returns::Context if returned as usize == session.listener.context() => "the listener".into(),
        Returns::Context => returned.to_string(),
        Returns::Type => (returned as u32 as i32).to_string(),
        Returns::Id if returned == HCS_INVALID_OPERATION_ID => "no id".into(),
        Returns::Id => "an id".into(),
        Returns::Nothing => "returned".into(),
    }
}

fn answer_differs(session: &Session, step: &Step, returned: u64) -> Option<String> {
    let kind = returns(step.export);
    let got = answer_seen(session, step.export, returned);
    let wanted = match step.answer {
        _ if kind == Returns::Nothing => return None,
        Answer::Code(wanted) => seen::code(wanted),
        Answer::Handle(true) if returned != 0 => return None,
        Answer::Handle(true) => "a handle".into(),
        Answer::Handle(false) => "NULL".into(),
        Answer::Is(slot) => format!("the row's {slot:?}"),
        Answer::Number(u64::MAX) if kind == Returns::Id => "no id".into(),
        Answer::Number(it) if kind == Returns::Type => (it as u32 as i32).to_string(),
        Answer::Number(it) => it.to_string(),
        Answer::AnId => "an id".into(),
        Answer::Listener => "the listener".into(),
        Answer::Nothing => return None,
    };
    (got != wanted).then(|| format!("expected {wanted}, got {got}"))
}

/// Compares what callbacks were told with what they should be.
fn compare_heard(
    row: &Row,
    heard: &[Heard],
    operation: usize,
    process_id: u32,
    id: &str,
    record: &mut Record,
) {
    for it in heard {
        let of = match it.operation {
            0 => "no operation",
            value if value == operation => "the row's Operation",
            _ => "another operation",
        };
        record.lines.push(match &it.event {
            None => format!("completion of {of}"),
            Some((kind, None)) => format!("event {}, {of}, no data", event_name(*kind)),
            Some((kind, Some(data))) => {
                format!("event {}, {of}, {}", event_name(*kind), steady(data, process_id))
            }
        });
    }
    let got = || heard.iter().map(heard_name).collect::<Vec<_>>();
    if heard.len() != row.hears.len() {
        let wanted: Vec<String> = row.hears.iter().map(told_name).collect();
        record.differences.push(format!("callbacks: expected {wanted:?}, got {:?}", got()));
        return;
    }
    for (number, (it, wanted)) in heard.iter().zip(&row.hears).enumerate() {
        let number = number + 1;
        if heard_name(it) != told_name(wanted) {
            record.differences.push(format!(
                "callback {number}: expected {}, got {}",
                told_name(wanted),
                heard_name(it)
            ));
            continue;
        }
        let names_it = it.operation == operation;
        let Told::Event(_, document, of_operation) = wanted else {
            if !names_it {
                record.differences.push(format!("callback {number}: it is not the row's operation"));
            }
            continue;
        };
        if names_it != *of_operation || (!names_it && it.operation != 0) {
            record.differences.push(format!("callback {number}: its operation is not as expected"));
        }
        let data = it.event.as_ref().and_then(|it| it.1.clone());
        let data = data.map_or(Written::Null, Written::Some);
        if let Some(wrong) = seen::differs(document, &data, id) {
            record.differences.push(format!("callback {number}, {}: {wrong}", told_name(wanted)));
        }
    }
}

fn heard_name(heard: &Heard) -> String {
    heard.event.as_ref().map_or("completion".into(), |it| event_name(it.0))
}

fn told_name(told: &Told) -> String {
    match told {
        Told::Completion => "completion".into(),
        Told::Event(kind, ..) => event_name(*kind),
    }
}

fn event_name(kind: i32) -> String {
    use hcs_sim::computecore as c;
    let names = [
        (c::HcsEventSystemExited, "SystemExited"),
        (c::HcsEventSystemCrashInitiated, "SystemCrashInitiated"),
        (c::HcsEventSystemCrashReport, "SystemCrashReport"),
        (c::HcsEventSystemGuestConnectionClosed, "SystemGuestConnectionClosed"),
        (c::HcsEventProcessExited, "ProcessExited"),
        (c::HcsEventOperationCallback, "OperationCallback"),
        (c::HcsEventServiceDisconnect, "ServiceDisconnect"),
        (c::HcsEventGroupVmLifecycle, "GroupVmLifecycle"),
        (c::HcsEventGroupLiveMigration, "GroupLiveMigration"),
        (c::HcsEventGroupOperationInfo, "GroupOperationInfo"),
    ];
    let name = names.iter().find(|it| it.0 == kind).map(|it| it.1.to_owned());
    name.unwrap_or_else(|| format!("type 0x{kind:08X}"))
}
