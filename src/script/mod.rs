//! Rules: which calls a test answers itself, and how. First matching rule wins.
//! Not here: the builder that tests hold (`runtime::rules`), what a reply does to the model (`model`).

pub(crate) mod matcher;
pub(crate) mod program;
pub(crate) mod rule;

use matcher::{Matcher, Miss, Seen};
use rule::{Declared, Reply, Rule, Step};

use crate::Export;

/// All rules of a host, in the order of their declaration.
#[derive(Default)]
pub(crate) struct Script {
    rules: Vec<Rule>,
}

/// What a closure said of a call; it was asked before the world was locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) rule: usize,
    pub(crate) said: bool,
}

/// The rule that claims a call.
pub(crate) struct Claim {
    pub(crate) reply: Reply,
}

impl Script {
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub(crate) fn add(&mut self, matcher: Matcher, declared: Declared) -> usize {
        self.push(Rule::new(matcher, declared))
    }

    pub(crate) fn push(&mut self, rule: Rule) -> usize {
        self.rules.push(rule);
        self.rules.len() - 1
    }

    pub(crate) fn rule(&mut self, index: usize) -> &mut Rule {
        &mut self.rules[index]
    }

    /// The scope of the rules ends: they claim nothing any more, and let go of what their closures hold.
    pub(crate) fn retire(&mut self) -> Vec<matcher::Closure> {
        self.rules.iter_mut().filter_map(Rule::retire).collect()
    }

    /// Rules declared so far are not verified again.
    pub(crate) fn set_verified(&mut self) {
        self.rules.iter_mut().for_each(|it| it.verified = true);
    }

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The next closure that has to be asked about a call, with the index of its rule: none once a rule claims the call.
    pub(crate) fn question(
        &self,
        seen: &Seen<'_>,
        verdicts: &[Verdict],
    ) -> Option<(usize, matcher::Closure)> {
        for (index, rule) in self.rules.iter().enumerate().filter(|(_, it)| it.has_step()) {
            if rule.matcher.check_all_but_closure(seen).is_err() {
                continue;
            }
            let said = match rule.matcher.closure() {
                None => true,
                Some(closure) => match verdicts.iter().find(|it| it.rule == index) {
                    None => return Some((index, closure)),
                    Some(verdict) => verdict.said,
                },
            };
            if said && rule.matcher.check_nth(rule.matched + 1).is_ok() {
                return None;
            }
        }
        None
    }

    /// The first rule that applies to a call; rules that nearly did remember why not, under a provisional number.
    pub(crate) fn claim(&mut self, seen: &Seen<'_>, verdicts: &[Verdict], entry: u64) -> Option<Claim> {
        let mut claim: Option<(Claim, Declared)> = None;
        for (index, rule) in self.rules.iter_mut().enumerate() {
            let verdict = verdicts.iter().find(|it| it.rule == index).map(|it| it.said);
            if !rule.has_step() {
                continue;
            }
            let checked = rule.matcher.check_all_but_closure(seen).and_then(|()| match verdict {
                None if rule.matcher.closure().is_some() => Err(Miss::Export), // not asked: not its call
                Some(false) => Err(rule.matcher.closure_miss()),
                _ => Ok(()),
            });
            // Calls that another rule claims count too: the second start is the second, whoever answers the first.
            let checked = checked.and_then(|()| {
                rule.matched += 1;
                rule.matcher.check_nth(rule.matched)
            });
            match (checked, &claim) {
                (Err(Miss::Export), _) => {}
                (Err(Miss::System { .. } | Miss::Document { .. }), _) => {
                    rule.missed(|matcher| matcher.misses(seen), entry);
                }
                (Err(miss), _) => rule.missed(|_| vec![miss], entry),
                (Ok(()), Some((_, by))) => rule.missed(|_| vec![Miss::Taken { by: by.clone() }], entry),
                (Ok(()), None) => claim = Some((Claim { reply: rule.apply() }, rule.declared.clone())),
            }
        }
        claim.map(|it| it.0)
    }

    /// A call of an export that the host lacks: its rules remember it, and do not apply.
    pub(crate) fn has_no(&mut self, export: Export, entry: u64) {
        let rules = self.rules.iter_mut().filter(|it| it.has_step() && it.matcher.is_for(export));
        rules.for_each(|it| it.missed(|_| vec![Miss::Missing], entry));
    }

    /// A call has its entry in the journal: what was remembered of it under a provisional number gets the right one.
    pub(crate) fn written_down(&mut self, provisional: u64, entry: u64) {
        let misses = self.rules.iter_mut().flat_map(|it| &mut it.misses);
        misses.filter(|it| it.0 == provisional).for_each(|it| it.0 = entry);
    }
}

impl Rule {
    /// Whether a reply is left.
    fn has_step(&self) -> bool {
        self.current().is_some()
    }

    fn current(&self) -> Option<usize> {
        self.steps.iter().position(Step::has_uses_left)
    }

    fn apply(&mut self) -> Reply {
        let step = self.current().expect("claim asked has_step");
        self.applied += 1;
        self.steps[step].used += 1;
        self.steps[step].reply.clone()
    }
}
