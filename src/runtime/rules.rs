//! Declaring rules: `host.when(..).fail(..).document(..).after(..)`.
//! Not here: matching (`script::matcher`), what a rule is (`script::rule`).

use std::fmt;
use std::ops::{Bound, RangeBounds};
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::host::Host;
use super::world::{Gate as Held, Shared, World};
use super::{dispatch, trace};
use crate::document::result_error::ResultDocument;
use crate::event::Event;
use crate::faults::Fault;
use crate::hresult::Hresult;
use crate::model::step::{Aside, Say};
use crate::script::matcher::Matcher;
use crate::script::rule::{Declared, ReplyKind, Rule as Data, Step};

impl World {
    /// Lets a rule's last reply hold what it answers. Answers the gate.
    pub(crate) fn hold(&mut self, rule: usize, name: Option<String>) -> u64 {
        let known = self.gates.iter().find(|(_, it)| it.name.is_some() && it.name == name).map(|it| *it.0);
        let id = known.unwrap_or_else(|| self.gates.keys().next_back().map_or(0, |it| it + 1));
        self.gates.entry(id).or_insert(Held { in_hand: true, name, ..Held::default() });
        if let Some(step) = self.script.rule(rule).last() {
            step.reply.gate = Some(id);
        }
        id
    }

    /// Opens the gate with a name. Answers how many operations it held.
    pub(super) fn open_gate(&mut self, name: &str) -> usize {
        let Some(gate) = self.gates.values_mut().find(|it| it.name.as_deref() == Some(name)) else {
            return 0;
        };
        gate.open = true;
        let held = std::mem::take(&mut gate.held);
        let count = held.len();
        held.into_iter().for_each(|it| self.release(it));
        count
    }
}

impl Host {
    /// Completes everything that the gate with this name holds, now, and lets it hold nothing from now on. Answers how many
    /// operations it held; none if there is no such gate.
    ///
    /// ```
    /// use hcs_sim::{Host, call};
    /// let host = Host::new();
    /// host.when(call::start()).simulate().optional().hold_as("boot");
    /// assert_eq!(host.release("boot"), 0);
    /// # host.verify().unwrap();
    /// ```
    pub fn release(&self, name: &str) -> usize {
        let shared = self.shared();
        let _told = super::trace::listen(shared);
        let mut world = shared.world.lock();
        world.calls += 1;
        let count = world.open_gate(name);
        dispatch::after_a_step(shared, &mut world);
        count
    }

    /// How many operations the gate with this name holds; none if there is no such gate. A client that acts on a thread of its own has got
    /// there once it holds one.
    ///
    /// ```
    /// use hcs_sim::{Host, call};
    /// let host = Host::new();
    /// host.when(call::start()).simulate().optional().hold_as("boot");
    /// assert_eq!(host.held("boot"), 0);
    /// # host.verify().unwrap();
    /// ```
    pub fn held(&self, name: &str) -> usize {
        let world = self.shared().world.lock();
        world.gates.values().find(|it| it.name.as_deref() == Some(name)).map_or(0, |it| it.held.len())
    }

    /// Begins a rule for the calls that a matcher describes. First matching rule wins; calls that none claims are simulated.
    ///
    /// A rule that never applies is a finding, unless it is [`optional`](Rule::optional).
    ///
    /// ```
    /// use std::time::Duration;
    /// use hcs_sim::{Host, ResultError, call, hresult::*};
    /// let host = Host::new();
    /// host.when(call::start().system("web"))
    ///     .fail(HCS_E_TERMINATED_DURING_START)
    ///     .document(ResultError::new().message("worker died"))
    ///     .after(Duration::from_secs(2))
    ///     .times(2)
    ///     .then()
    ///     .simulate()
    ///     .optional();
    /// # host.verify().unwrap();
    /// ```
    #[track_caller]
    pub fn when(&self, matcher: Matcher) -> When {
        let declared = Location::caller();
        When { shared: Arc::clone(self.shared()), matcher: Some((matcher, declared)), rule: 0 }
    }
}

/// A rule without a reply.
#[must_use = "a rule needs a reply: refuse, fail, succeed, simulate, never_completes"]
pub struct When {
    shared: Arc<Shared>,
    /// The matcher of a new rule; none if this is the next reply of a sequence.
    matcher: Option<(Matcher, &'static Location<'static>)>,
    rule: usize,
}

impl When {
    /// The call itself returns this HRESULT, and nothing is started; exports that return a handle return NULL.
    ///
    /// With a document, the operation is left completed with it, as some clients hope for.
    ///
    /// # Panics
    ///
    /// If the code is a success.
    #[track_caller]
    pub fn refuse(self, code: impl Into<Hresult>) -> Rule {
        self.reply(ReplyKind::Refuse(failure(code.into())))
    }

    /// The call is accepted, and its operation fails with this HRESULT. The document is a `ResultError` with the code
    /// and its message, unless another one or none is asked for. Exports without an operation return the HRESULT.
    ///
    /// The system stays as it is, except with the codes that say that it is gone: `HCS_E_TERMINATED_DURING_START`,
    /// `HCS_E_UNEXPECTED_EXIT` and `HCS_E_TERMINATED` end it. (fidelity: `fail-by-exit`)
    ///
    /// # Panics
    ///
    /// If the code is a success.
    #[track_caller]
    pub fn fail(self, code: impl Into<Hresult>) -> Rule {
        self.reply(ReplyKind::Fail(failure(code.into())))
    }

    /// A known failure: its HRESULT, its document about the system that the call is for, from the call or through the operation
    /// as HCS does it.
    ///
    /// ```
    /// use hcs_sim::{Host, call, faults};
    /// let host = Host::new();
    /// host.when(call::create()).fault(faults::hyperv_not_installed()).optional();
    /// host.when(call::start()).fault(faults::disk_sparse(r"C:\disks\web.vhdx")).optional();
    /// # host.verify().unwrap();
    /// ```
    pub fn fault(self, fault: Fault) -> Rule {
        let code = fault.hresult();
        let kind = if fault.is_at_once() { ReplyKind::Refuse(code) } else { ReplyKind::Fail(code) };
        let rule = self.reply(kind);
        // What a call refuses leaves nothing on its operation.
        if fault.is_at_once() { rule } else { rule.document(ResultDocument::Fault(Box::new(fault))) }
    }

    /// The operation succeeds whatever the model would say, and the system changes as it would on success. A create of an
    /// id that exists fails all the same: there is no second system to be had.
    pub fn succeed(self) -> Rule {
        self.reply(ReplyKind::Succeed)
    }

    /// The operation succeeds, and nothing changes: a guest that ignores a shutdown request, for instance.
    pub fn acknowledge(self) -> Rule {
        self.reply(ReplyKind::Acknowledge)
    }

    /// What the model does; for sequences, and to change only the latency or the document of success.
    pub fn simulate(self) -> Rule {
        self.reply(ReplyKind::Simulate)
    }

    /// The call is accepted and its operation never completes, not even when its system exits.
    pub fn never_completes(self) -> Rule {
        self.reply(ReplyKind::Never)
    }

    fn reply(self, kind: ReplyKind) -> Rule {
        let mut world = self.shared.world.lock();
        let rule = match self.matcher {
            Some((matcher, declared)) => world.script.add(matcher, Declared::Code(declared)),
            None => self.rule,
        };
        world.script.rule(rule).push(kind);
        drop(world);
        Rule { shared: self.shared, rule }
    }
}

/// A code that a rule may fail a call with.
#[track_caller]
fn failure(code: Hresult) -> Hresult {
    assert!(
        code.is_failure(),
        "a rule cannot fail a call with {code}; succeed() and acknowledge() let it succeed"
    );
    code
}

impl fmt::Debug for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.matcher {
            Some((matcher, _)) => write!(f, "When({matcher})"),
            None => write!(f, "When(next reply of rule {})", self.rule + 1),
        }
    }
}

/// A rule with at least one reply. What is set applies to its last reply, unless it says otherwise.
pub struct Rule {
    shared: Arc<Shared>,
    rule: usize,
}

impl Rule {
    /// The result document: a [`ResultError`](crate::ResultError), a JSON value, or a text that is passed on verbatim.
    pub fn document(self, document: impl Into<ResultDocument>) -> Rule {
        let document = document.into();
        self.edit_last(|step| step.reply.say = Say::This(Box::new(document)))
    }

    /// No result document, which HCS is free to leave out of failures; also for clients that must survive a success without one.
    pub fn no_document(self) -> Rule {
        self.edit_last(|step| step.reply.say = Say::Nothing)
    }

    /// The operation takes this long, instead of its usual latency. Exports without an operation take this long themselves.
    pub fn after(self, latency: Duration) -> Rule {
        self.edit_last(|step| step.reply.after = Some(latency))
    }

    /// The exit that the request brings about, of its system or its process, is told to no callback: a lost event.
    pub fn loses_events(self) -> Rule {
        self.edit_aside(|it| it.loses_events = true)
    }

    /// The exit that the request brings about is told this long after it happened: a late event. Closing the handle before
    /// then loses it.
    pub fn event_after(self, time: Duration) -> Rule {
        self.edit_aside(|it| it.event_delay = Some(time))
    }

    /// Something happens as soon as the operation has completed.
    ///
    /// ```
    /// use hcs_sim::{Host, call, event};
    /// let host = Host::new();
    /// host.when(call::start().system("web")).simulate().raising(event::guest_crash("web"));
    /// ```
    pub fn raising(self, event: Event) -> Rule {
        self.raising_after(Duration::ZERO, event)
    }

    /// Something happens this long after the operation has completed.
    pub fn raising_after(self, time: Duration, event: Event) -> Rule {
        self.edit_aside(|it| it.raises.push((time, event)))
    }

    /// Something happens this long after the call was accepted, whether its operation has completed by then or not: the exit
    /// of a system that is still starting, for instance.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hcs_sim::{Host, call, event};
    /// let host = Host::new();
    /// host.when(call::start().system("web"))
    ///     .simulate()
    ///     .after(Duration::from_secs(9))
    ///     .raising_meanwhile(Duration::from_secs(1), event::worker_death("web"));
    /// ```
    pub fn raising_meanwhile(self, time: Duration, event: Event) -> Rule {
        self.edit_aside(|it| it.raises_meanwhile.push((time, event)))
    }

    fn edit_aside(self, change: impl FnOnce(&mut Aside)) -> Rule {
        self.edit_last(|step| change(step.reply.aside.get_or_insert_default()))
    }

    /// The reply applies to this many calls and is used up then.
    pub fn times(self, calls: u64) -> Rule {
        self.edit_last(|step| step.limit = Some(calls))
    }

    /// Another reply follows. The one before it applies once, unless [`times`](Rule::times) says more.
    pub fn then(self) -> When {
        When { shared: self.shared, matcher: None, rule: self.rule }
    }

    /// How often the whole rule has to apply: a number or a range of numbers.
    ///
    /// ```
    /// use hcs_sim::{Host, call};
    /// let host = Host::new();
    /// host.when(call::crash()).simulate().expect(..=3);
    /// host.when(call::pause()).simulate().expect(0);
    /// # host.verify().unwrap();
    /// ```
    pub fn expect(self, calls: impl Expected) -> Rule {
        let expected = calls.range();
        self.edit(|rule| rule.expected = Some(expected))
    }

    /// The rule need not apply.
    pub fn optional(self) -> Rule {
        self.edit(|rule| rule.optional = true)
    }

    /// The name of the rule in messages.
    pub fn named(self, name: impl Into<String>) -> Rule {
        let name = name.into();
        self.edit(|rule| rule.name = Some(name))
    }

    /// The operation completes only when the test says so. Answers the gate that holds it.
    ///
    /// ```
    /// use hcs_sim::{Host, call, hresult::*};
    /// let host = Host::new();
    /// let gate = host.when(call::start()).fail(HCS_E_TERMINATED).optional().hold();
    /// assert_eq!(gate.held(), 0);
    /// gate.release();
    /// # host.verify().unwrap();
    /// ```
    #[must_use = "dropped, the gate holds for ever what it was to release"]
    pub fn hold(self) -> Gate {
        let id = self.shared.world.lock().hold(self.rule, None);
        Gate { shared: self.shared, id }
    }

    /// As [`hold`](Rule::hold), with a name by which [`Host::release`] lets go of what is held. Rules that share a name share
    /// the gate.
    pub fn hold_as(self, name: impl Into<String>) -> Rule {
        self.shared.world.lock().hold(self.rule, Some(name.into()));
        self
    }

    fn edit_last(self, change: impl FnOnce(&mut Step)) -> Rule {
        self.edit(|rule| {
            if let Some(step) = rule.last() {
                change(step);
            }
        })
    }

    fn edit(self, change: impl FnOnce(&mut Data)) -> Rule {
        change(self.shared.world.lock().script.rule(self.rule));
        self
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut world = self.shared.world.lock();
        let rule = world.script.rule(self.rule);
        let replies: Vec<String> =
            rule.steps.iter().map(|it| crate::journal::report::reply(it.reply.kind)).collect();
        write!(f, "Rule({}: {})", rule.matcher, replies.join(", then "))
    }
}

/// A number of calls, or a range of such numbers.
pub trait Expected {
    /// The range from the least to the most.
    fn range(&self) -> std::ops::RangeInclusive<u64>;
}

impl Expected for u64 {
    fn range(&self) -> std::ops::RangeInclusive<u64> {
        *self..=*self
    }
}

macro_rules! expected_ranges {
    ($($type:ty),*) => {
        $(impl Expected for $type {
            fn range(&self) -> std::ops::RangeInclusive<u64> {
                let first = match self.start_bound() {
                    Bound::Included(it) => *it,
                    Bound::Excluded(it) => it.saturating_add(1),
                    Bound::Unbounded => 0,
                };
                let last = match self.end_bound() {
                    Bound::Included(it) => *it,
                    Bound::Excluded(it) => it.saturating_sub(1),
                    Bound::Unbounded => u64::MAX,
                };
                first..=last
            }
        })*
    };
}

expected_ranges!(
    std::ops::RangeInclusive<u64>,
    std::ops::Range<u64>,
    std::ops::RangeFrom<u64>,
    std::ops::RangeToInclusive<u64>,
    std::ops::RangeTo<u64>
);

/// Holds the operations that a rule lets complete only when the test says so. It can be sent to another thread.
#[must_use = "dropped, the gate holds for ever what it was to release"]
pub struct Gate {
    shared: Arc<Shared>,
    id: u64,
}

impl Gate {
    /// How many operations it holds.
    pub fn held(&self) -> usize {
        self.shared.world.lock().gates.get(&self.id).map_or(0, |it| it.held.len())
    }

    /// Completes the oldest operation that it holds, now. Answers whether there was one.
    pub fn release_next(&self) -> bool {
        let _told = trace::listen(&self.shared);
        let mut world = self.shared.world.lock();
        let held = world.gates.get_mut(&self.id).map(|it| &mut it.held).filter(|it| !it.is_empty());
        let Some(accepted) = held.map(|it| it.remove(0)) else { return false };
        world.calls += 1;
        world.release(accepted);
        dispatch::after_a_step(&self.shared, &mut world);
        true
    }

    /// Completes everything that it holds, now, and holds nothing from now on.
    pub fn release(&self) {
        if let Some(gate) = self.shared.world.lock().gates.get_mut(&self.id) {
            gate.open = true;
        }
        while self.release_next() {}
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let mut world = self.shared.world.lock();
        if let Some(gate) = world.gates.get_mut(&self.id) {
            gate.in_hand = false; // nobody can release any more: waits need not hope
        }
        self.shared.announce(&world);
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gate(holds {})", self.held())
    }
}
