//! Matchers over [`Call`]: which calls a rule is for, and why a call is not one of them.
//! Not here: what the rule replies.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::call::{Call, Export};
use crate::model::identity::fold;
use crate::script::rule::Declared;

/// A call as matchers see it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Seen<'a> {
    /// The call with its arguments.
    pub call: &'a Call,
    /// The id of the system that it is about: of its handle, or the one that it names.
    pub system_id: Option<&'a str>,
    /// Virtual time since the host was made.
    pub now: Duration,
}

pub(crate) type Closure = Arc<dyn Fn(&Seen<'_>) -> bool + Send + Sync>;

/// Says which calls a rule is for. Made by the functions of this module; every criterion added narrows it.
///
/// ```
/// use hcs_sim::call;
/// let matcher = call::create().system("web").document("/VirtualMachine/ComputeTopology/Memory/SizeInMB", 512);
/// assert_eq!(
///     matcher.to_string(),
///     r#"HcsCreateComputeSystem or HcsCreateComputeSystemInNamespace, system "web", /VirtualMachine/ComputeTopology/Memory/SizeInMB = 512"#
/// );
/// ```
#[derive(Clone)]
#[must_use = "a matcher does nothing until a rule uses it"]
pub struct Matcher {
    pub(crate) exports: Vec<Export>,
    pub(crate) system: Option<String>,
    pub(crate) nth: Option<u64>,
    pub(crate) document: Vec<(String, Option<Value>)>,
    closure: Option<(String, Closure)>,
}

/// Why a call is not one that a rule is for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Miss {
    /// It calls another export: nothing to explain.
    Export,
    /// The host has no such export, so that no rule is asked.
    Missing,
    System {
        expected: String,
        got: Option<String>,
    },
    Document {
        pointer: String,
        expected: Option<Value>,
        got: Got,
    },
    Nth {
        expected: u64,
        got: u64,
    },
    Closure {
        description: String,
    },
    /// An earlier rule took it, declared there.
    Taken {
        by: Declared,
    },
}

/// What stood where a criterion looked into the document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Got {
    NoDocument,
    NotJson,
    /// The document goes only so far, and has these members there.
    Nothing {
        until: String,
        members: Vec<String>,
    },
    Value(Value),
}

/// Any call of any export.
pub fn any() -> Matcher {
    Matcher::of(&[])
}

/// Calls of one export.
pub fn to(export: Export) -> Matcher {
    Matcher::of(&[export])
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident: $($export:ident),+;)*) => {
        $($(#[$doc])* pub fn $name() -> Matcher { Matcher::of(&[$(Export::$export),+]) })*

        /// The functions above by name, with what they match.
        pub(crate) static NAMED: &[(&str, &[Export])] = &[$((stringify!($name), &[$(Export::$export),+])),*];
    };
}

constructors! {
    /// `HcsCreateComputeSystem` and its `InNamespace` form.
    create: HcsCreateComputeSystem, HcsCreateComputeSystemInNamespace;
    /// `HcsOpenComputeSystem` and its `InNamespace` form.
    open: HcsOpenComputeSystem, HcsOpenComputeSystemInNamespace;
    /// `HcsEnumerateComputeSystems` and its `InNamespace` form.
    enumerate: HcsEnumerateComputeSystems, HcsEnumerateComputeSystemsInNamespace;
    /// `HcsStartComputeSystem`.
    start: HcsStartComputeSystem;
    /// `HcsShutDownComputeSystem`.
    shut_down: HcsShutDownComputeSystem;
    /// `HcsTerminateComputeSystem`.
    terminate: HcsTerminateComputeSystem;
    /// `HcsCrashComputeSystem`.
    crash: HcsCrashComputeSystem;
    /// `HcsPauseComputeSystem`.
    pause: HcsPauseComputeSystem;
    /// `HcsResumeComputeSystem`.
    resume: HcsResumeComputeSystem;
    /// `HcsSaveComputeSystem`.
    save: HcsSaveComputeSystem;
    /// `HcsGetComputeSystemProperties`.
    properties: HcsGetComputeSystemProperties;
    /// `HcsModifyComputeSystem`.
    modify: HcsModifyComputeSystem;
    /// `HcsCreateOperation`; a rule that refuses it makes it return NULL.
    create_operation: HcsCreateOperation;
    /// `HcsGetOperationResult` and its `AndProcessInfo` form.
    operation_result: HcsGetOperationResult, HcsGetOperationResultAndProcessInfo;
    /// `HcsWaitForOperationResult` and its `AndProcessInfo` form.
    wait: HcsWaitForOperationResult, HcsWaitForOperationResultAndProcessInfo;
    /// `HcsCreateProcess`.
    create_process: HcsCreateProcess;
    /// `HcsSignalProcess`.
    signal: HcsSignalProcess;
    /// `HcsWaitForComputeSystemExit`.
    wait_for_exit: HcsWaitForComputeSystemExit;
    /// `HcsWaitForProcessExit`.
    wait_for_process_exit: HcsWaitForProcessExit;
    /// `HcsGetServiceProperties`.
    service_properties: HcsGetServiceProperties;
    /// `HcsModifyServiceSettings`.
    modify_service: HcsModifyServiceSettings;
}

impl Matcher {
    pub(crate) fn is_for(&self, export: Export) -> bool {
        self.exports.is_empty() || self.exports.contains(&export)
    }

    pub(crate) fn of(exports: &[Export]) -> Matcher {
        Matcher { exports: exports.to_vec(), system: None, nth: None, document: Vec::new(), closure: None }
    }

    /// Only calls about the system with this id, compared without case.
    pub fn system(mut self, id: impl Into<String>) -> Matcher {
        self.system = Some(id.into());
        self
    }

    /// Only the `n`th call, counted from 1, of those that meet the other criteria, whichever rule answers them.
    pub fn nth(mut self, n: u64) -> Matcher {
        self.nth = Some(n);
        self
    }

    /// Only calls whose request document has this value at a JSON pointer such as `/Owner`.
    pub fn document(mut self, pointer: impl Into<String>, value: impl Into<Value>) -> Matcher {
        self.document.push((pointer.into(), Some(value.into())));
        self
    }

    /// Only calls whose request document has any value at a JSON pointer.
    pub fn document_has(mut self, pointer: impl Into<String>) -> Matcher {
        self.document.push((pointer.into(), None));
        self
    }

    /// Only calls for which a closure says yes. The description stands in messages.
    ///
    /// It is asked only about calls that meet the other criteria and that no earlier rule takes. It runs on the thread of
    /// the call, with no lock of hcs-sim held. A panic in it is a finding and means no.
    /// Closures are let go of when [`Host::run`](crate::Host::run) ends; without it, a clone of the host in one of its own
    /// closures keeps the host alive.
    pub fn matching(
        mut self,
        description: impl Into<String>,
        closure: impl Fn(&Seen<'_>) -> bool + Send + Sync + 'static,
    ) -> Matcher {
        self.closure = Some((description.into(), Arc::new(closure)));
        self
    }

    pub(crate) fn closure(&self) -> Option<Closure> {
        self.closure.as_ref().map(|it| Arc::clone(&it.1))
    }

    pub(crate) fn take_closure(&mut self) -> Option<Closure> {
        self.closure.take().map(|it| it.1)
    }

    pub(crate) fn closure_miss(&self) -> Miss {
        Miss::Closure { description: self.closure.as_ref().map_or(String::new(), |it| it.0.clone()) }
    }

    pub(crate) fn check_nth(&self, matched: u64) -> Result<(), Miss> {
        match self.nth {
            Some(expected) if expected != matched => Err(Miss::Nth { expected, got: matched }),
            _ => Ok(()),
        }
    }

    pub(crate) fn check_all_but_closure(&self, seen: &Seen<'_>) -> Result<(), Miss> {
        if !self.is_for(seen.call.export()) {
            return Err(Miss::Export);
        }
        if let Some(expected) = &self.system
            && seen.system_id.is_none_or(|it| fold(it) != fold(expected))
        {
            return Err(Miss::System { expected: expected.clone(), got: seen.system_id.map(str::to_owned) });
        }
        if self.document.is_empty() {
            return Ok(());
        }
        self.check_document(seen).next().map_or(Ok(()), Err)
    }

    /// Every criterion of system and document that a call misses.
    pub(crate) fn misses(&self, seen: &Seen<'_>) -> Vec<Miss> {
        let without_document = Matcher { document: Vec::new(), ..self.clone() };
        let system = without_document.check_all_but_closure(seen).err();
        system.into_iter().chain(self.check_document(seen)).collect()
    }

    /// What the request document misses.
    fn check_document(&self, seen: &Seen<'_>) -> impl Iterator<Item = Miss> {
        let document = seen.call.document().map(serde_json::from_str::<Value>);
        self.document.iter().filter_map(move |(pointer, expected)| {
            let got = match &document {
                None => Got::NoDocument,
                Some(Err(_)) => Got::NotJson,
                Some(Ok(document)) => match (document.pointer(pointer), expected) {
                    (Some(_), None) => return None,
                    (Some(got), Some(expected)) if got == expected => return None,
                    (Some(got), _) => Got::Value(got.clone()),
                    (None, _) => nothing_at(document, pointer),
                },
            };
            Some(Miss::Document { pointer: pointer.clone(), expected: expected.clone(), got })
        })
    }
}

/// How far a document goes towards a pointer.
fn nothing_at(document: &Value, pointer: &str) -> Got {
    let mut until = pointer;
    while let Some((outer, _)) = until.rsplit_once('/') {
        until = outer;
        if let Some(Value::Object(members)) = document.pointer(until) {
            return Got::Nothing { until: until.to_owned(), members: members.keys().cloned().collect() };
        }
    }
    Got::Nothing { until: until.to_owned(), members: Vec::new() }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.exports.as_slice() {
            [] => f.write_str("any call")?,
            [first, rest @ ..] => {
                f.write_str(first.name())?;
                rest.iter().try_for_each(|it| write!(f, " or {it}"))?;
            }
        }
        if let Some(id) = &self.system {
            write!(f, ", system {id:?}")?;
        }
        for (pointer, expected) in &self.document {
            match expected {
                Some(value) => write!(f, ", {pointer} = {value}")?,
                None => write!(f, ", {pointer} present")?,
            }
        }
        if let Some((description, _)) = &self.closure {
            write!(f, ", {description}")?;
        }
        match self.nth {
            Some(n) => write!(f, ", call number {n}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Matcher({self})")
    }
}
