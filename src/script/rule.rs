//! A rule as data: matcher, replies in sequence, what is expected of it, and how nearly it applied.
//! Not here: choosing among rules (`script`), writing about them (`journal::report`).

use std::fmt;
use std::ops::RangeInclusive;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::matcher::{Matcher, Miss};
use crate::hresult::Hresult;
use crate::journal::place::slashed;
use crate::model::step::{Aside, Plan, Say};

pub(crate) struct Rule {
    pub(crate) matcher: Matcher,
    pub(crate) declared: Declared,
    pub(crate) name: Option<String>,
    pub(crate) steps: Vec<Step>,
    /// Calls that met every criterion but `nth`.
    pub(crate) matched: u64,
    pub(crate) applied: u64,
    pub(crate) expected: Option<RangeInclusive<u64>>,
    pub(crate) optional: bool,
    /// It was told already whether it applied.
    pub(crate) verified: bool,
    /// A few of the calls that nearly matched, the nearest among them: the journal entry, and which criteria said no.
    pub(crate) misses: Vec<(u64, Vec<Miss>)>,
    /// How many calls nearly matched.
    pub(crate) missed: u64,
}

/// Where a rule was declared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Declared {
    Code(&'static Location<'static>),
    /// File, line and column.
    File(Arc<str>),
}

impl fmt::Display for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Declared::Code(location) => f.write_str(&slashed(location)),
            Declared::File(place) => f.write_str(place),
        }
    }
}

/// One reply of a sequence.
pub(crate) struct Step {
    pub(crate) reply: Reply,
    /// How often it applies; `None` for ever.
    pub(crate) limit: Option<u64>,
    pub(crate) used: u64,
}

/// How a call is answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) kind: ReplyKind,
    pub(crate) say: Say,
    pub(crate) after: Option<Duration>,
    pub(crate) gate: Option<u64>,
    /// What is rarely said: events.
    pub(crate) aside: Option<Box<Aside>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplyKind {
    Simulate,
    Refuse(Hresult),
    Succeed,
    Acknowledge,
    Fail(Hresult),
    Never,
}

const MISSES: usize = 8;

impl Rule {
    pub(crate) fn new(matcher: Matcher, declared: Declared) -> Rule {
        Rule {
            matcher,
            declared,
            name: None,
            steps: Vec::new(),
            matched: 0,
            applied: 0,
            expected: None,
            optional: false,
            verified: false,
            misses: Vec::new(),
            missed: 0,
        }
    }

    /// Appends a reply; the one before it, if unlimited, then applies once.
    pub(crate) fn push(&mut self, kind: ReplyKind) {
        if let Some(last) = self.steps.last_mut() {
            last.limit.get_or_insert(1);
        }
        let reply = Reply { kind, say: Say::Usual, after: None, gate: None, aside: None };
        self.steps.push(Step { reply, limit: None, used: 0 });
    }

    /// The reply that is being declared; none once the rule is retired.
    pub(crate) fn last(&mut self) -> Option<&mut Step> {
        self.steps.last_mut()
    }

    pub(crate) fn retire(&mut self) -> Option<super::matcher::Closure> {
        self.steps.clear();
        self.matcher.take_closure()
    }

    /// A call nearly matched. Why it did not is worked out only as long as it may be among the nearest.
    pub(crate) fn missed(&mut self, why: impl FnOnce(&Matcher) -> Vec<Miss>, entry: u64) {
        self.missed += 1;
        if self.misses.len() < MISSES {
            return self.misses.push((entry, why(&self.matcher)));
        }
        let Some(furthest) = self.misses.iter_mut().max_by_key(|it| it.1.len()) else { return };
        if furthest.1.len() > 1 {
            let why = why(&self.matcher);
            if why.len() < furthest.1.len() {
                *furthest = (entry, why);
            }
        }
    }

    /// The calls that came nearest, nearest first; of those that are equally near the last.
    pub(crate) fn nearest(&self) -> Vec<&(u64, Vec<Miss>)> {
        let mut nearest: Vec<_> = self.misses.iter().collect();
        nearest.sort_by_key(|it| (it.1.len(), std::cmp::Reverse(it.0)));
        nearest
    }

    /// Replies that were never used, by index. One that follows others and only simulates is there for what comes after them, and
    /// says nothing when it is not reached.
    pub(crate) fn unused_steps(&self) -> impl Iterator<Item = usize> {
        let is_told = |index: usize, it: &Step| index == 0 || !it.reply.only_simulates();
        let unused =
            move |(index, it): &(usize, &Step)| it.used == 0 && it.limit != Some(0) && is_told(*index, it);
        self.steps.iter().enumerate().filter(unused).map(|(index, _)| index)
    }
}

impl Step {
    pub(crate) fn has_uses_left(&self) -> bool {
        self.limit.is_none_or(|limit| self.used < limit)
    }
}

impl Reply {
    /// Whether it is what the model does, and nothing else is said.
    fn only_simulates(&self) -> bool {
        let is_plain = matches!(self.say, Say::Usual)
            && self.after.is_none()
            && self.gate.is_none()
            && self.aside.is_none();
        self.kind == ReplyKind::Simulate && is_plain
    }

    /// The reply as the model understands it.
    pub(crate) fn plan(&self) -> Plan {
        let say = self.say.clone();
        match self.kind {
            ReplyKind::Simulate => Plan::Simulate(say),
            ReplyKind::Refuse(code) => Plan::Refuse(code, say),
            ReplyKind::Succeed => Plan::Succeed(say),
            ReplyKind::Acknowledge => Plan::Acknowledge(say),
            ReplyKind::Fail(code) => Plan::Fail(code, say),
            ReplyKind::Never => Plan::Never,
        }
    }
}
