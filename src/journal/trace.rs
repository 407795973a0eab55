//! What subscribers of `tracing` are told: a span for each call, an event for everything else, under the names of the saved journal.
//! Not here: when they are told, which is never under the world's lock (`runtime::trace`).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tracing::dispatcher::{self, Dispatch, WeakDispatch};
use tracing::field::Empty;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::NoSubscriber;
use tracing::{Level, Span, event};

use super::finding::{Finding, FindingKind};
use super::{Entry, Event, Log, What, saved};
use crate::call::Call;
use crate::model::Nanos;
use crate::panics::{self, Panic};

/// What is still to be told, in the order of the journal. It stands under the world's lock; telling does not.
#[derive(Default)]
pub(crate) struct Heard {
    waiting: VecDeque<Told>,
    /// Who is told what happens on threads without a subscriber, the host's own among them.
    usual: Option<WeakDispatch>,
    /// A thread is at it, and tells what comes meanwhile too: so the order is the journal's.
    is_at_it: bool,
}

/// Something to tell, and whom.
struct Told {
    to: Listener,
    thread: u32,
    what: Piece,
}

enum Piece {
    Entry(Entry),
    Finding { finding: Finding, is_allowed: bool },
}

/// Who listens on a thread.
#[derive(Clone)]
pub(crate) struct Listener {
    dispatch: Dispatch,
    /// The span of the call that the thread is in.
    pub(crate) span: Option<Span>,
}

/// Whom what a thread does is told.
#[derive(Clone, Default)]
pub(crate) enum Ear {
    /// Nobody has asked: the host's usual listener.
    #[default]
    Usual,
    /// Nobody.
    Deaf,
    One(Listener),
}

thread_local! {
    static EAR: RefCell<Ear> = RefCell::default();
    /// The thread is in a subscriber: what that one calls is not told to it.
    static IS_TELLING: Cell<bool> = const { Cell::new(false) };
    static PANICS: RefCell<Vec<Panic>> = const { RefCell::new(Vec::new()) };
}

/// Whether the thread is in a subscriber.
pub(crate) fn is_telling() -> bool {
    IS_TELLING.try_with(Cell::get).unwrap_or(true) // the thread ends: nobody is told
}

/// Lets a subscriber run. Nothing if it panicked: that is put by, and the caller goes on.
pub(crate) fn telling<T>(tell: impl FnOnce() -> T) -> Option<T> {
    let before = IS_TELLING.try_with(|it| it.replace(true)).unwrap_or(true);
    let told = panics::guarded(tell);
    let _ = IS_TELLING.try_with(|it| it.set(before));
    told.map_err(|panic| {
        let _ = PANICS.try_with(|it| it.borrow_mut().push(panic));
    })
    .ok()
}

/// The panics of subscribers on this thread since this was last asked.
pub(crate) fn take_panics() -> Vec<Panic> {
    PANICS.try_with(RefCell::take).unwrap_or_default()
}

/// Sets whom the thread's deeds are told; answers whom they were told before.
pub(crate) fn set_ear(ear: Ear) -> Ear {
    EAR.try_with(|it| it.replace(ear)).unwrap_or_default()
}

/// Whether there is any subscriber in the process that wants so much as a warning. An atomic load.
pub(crate) fn is_anybody_there() -> bool {
    LevelFilter::current() >= LevelFilter::WARN
}

/// The subscriber of the thread, if it has one.
pub(crate) fn dispatch_of_thread() -> Option<Dispatch> {
    dispatcher::get_default(|it| (!it.is::<NoSubscriber>()).then(|| it.clone()))
}

impl Listener {
    /// The subscriber as a listener, if it is interested in us.
    pub(crate) fn of(dispatch: Dispatch) -> Option<Listener> {
        let is_interested = telling(|| {
            dispatcher::with_default(&dispatch, || tracing::enabled!(target: "hcs_sim", Level::WARN))
        });
        is_interested?.then_some(Listener { dispatch, span: None })
    }

    /// The span of a call. What is known only at its end is recorded then.
    pub(crate) fn begin(&mut self, call: &Call) {
        self.span = telling(|| {
            dispatcher::with_default(&self.dispatch, || {
                if !tracing::enabled!(target: "hcs_sim", Level::DEBUG) {
                    return None;
                }
                Some(tracing::span!(
                    target: "hcs_sim",
                    Level::DEBUG,
                    "call",
                    call = call.export().name(),
                    arguments = saved::arguments_text(call),
                    number = Empty,
                    at = Empty,
                    began = Empty,
                    thread = Empty,
                    system_id = Empty,
                    returned = Empty,
                    compute_system = Empty,
                    process = Empty,
                    process_information = Empty,
                    document = Empty,
                ))
            })
        })
        .flatten();
    }
}

impl Heard {
    pub(crate) fn usual(&self) -> Option<Dispatch> {
        self.usual.as_ref()?.upgrade()
    }

    pub(crate) fn set_usual(&mut self, dispatch: &Dispatch) {
        self.usual = Some(dispatch.downgrade());
    }

    pub(crate) fn is_pending(&self) -> bool {
        !self.waiting.is_empty() && !self.is_at_it
    }

    fn listener(&self) -> Option<Listener> {
        if !is_anybody_there() || is_telling() {
            return None;
        }
        let ear = EAR.try_with(|it| it.borrow().clone()).unwrap_or_default();
        match ear {
            Ear::Deaf => None,
            Ear::One(listener) => Some(listener),
            Ear::Usual => self.usual().map(|dispatch| Listener { dispatch, span: None }),
        }
    }

    pub(crate) fn found(&mut self, finding: &Finding, is_allowed: bool) {
        if finding.kind == FindingKind::SubscriberPanicked {
            return; // it would panic for ever
        }
        if let Some(to) = self.listener() {
            let what = Piece::Finding { finding: finding.clone(), is_allowed };
            self.waiting.push_back(Told { to, thread: 0, what });
        }
    }

    /// Everything that is to be told, for this thread to tell; nothing if another one is at it. `tell` has to follow.
    pub(crate) fn take(&mut self, thread_name: impl Fn(u32) -> Arc<str>) -> Option<Batch> {
        if !self.is_pending() {
            return None;
        }
        self.is_at_it = true;
        let mut told: Vec<Told> = self.waiting.drain(..).collect();
        for it in &mut told {
            if let Piece::Entry(entry) = &mut it.what {
                entry.thread = thread_name(it.thread);
            }
        }
        Some(Batch(told))
    }

    /// What was taken has been told.
    pub(crate) fn told(&mut self) {
        self.is_at_it = false;
    }
}

impl Log {
    pub(super) fn hear(&mut self, began: Nanos, at: Nanos, thread: u32, what: &Event) {
        let Some(to) = self.heard.listener() else { return };
        let entry = Entry {
            number: self.next_number(),
            began: Duration::from_nanos(began),
            at: Duration::from_nanos(at),
            thread: Arc::default(), // looked up when it is told
            what: self.what_of(what),
        };
        self.heard.waiting.push_back(Told { to, thread, what: Piece::Entry(entry) });
    }
}

/// Things to tell.
pub(crate) struct Batch(Vec<Told>);

impl Batch {
    pub(crate) fn tell(self) {
        for told in self.0 {
            telling(move || {
                dispatcher::with_default(&told.to.dispatch, || told.what.tell(told.to.span.as_ref()));
                drop(told); // a span may close with it
            });
        }
    }
}

impl Piece {
    fn tell(&self, span: Option<&Span>) {
        match self {
            Piece::Finding { finding, is_allowed: false } => event!(
                target: "hcs_sim", Level::WARN,
                finding = finding.kind.name(), entry = entry_of(finding), facts = facts_of(finding),
                "{}", finding.sentence
            ),
            Piece::Finding { finding, is_allowed: true } => event!(
                target: "hcs_sim", Level::DEBUG,
                finding = finding.kind.name(), entry = entry_of(finding), facts = facts_of(finding), allowed = true,
                "{}", finding.sentence
            ),
            Piece::Entry(entry) => {
                let Ok(Value::Object(saved)) = serde_json::to_value(entry) else { return };
                match (&entry.what, span) {
                    (What::Called { .. }, Some(span)) => record(entry, &saved, span),
                    (What::Called { .. }, None) => {} // only its note is wanted
                    _ => tell_entry(entry, &saved),
                }
                if let Some(note) = entry.note() {
                    event!(
                        target: "hcs_sim", parent: span.cloned().unwrap_or_else(Span::current), Level::INFO,
                        number = entry.number, at = text(&saved, "at"), note
                    );
                }
            }
        }
    }
}

/// Entries of calls that are still under way when something is found have no number yet.
fn entry_of(finding: &Finding) -> Option<u64> {
    finding.entry.filter(|it| *it <= u64::MAX / 2)
}

fn facts_of(finding: &Finding) -> Option<String> {
    let facts: Vec<String> = finding.facts.iter().map(|(label, fact)| format!("{label}: {fact}")).collect();
    (!facts.is_empty()).then(|| facts.join("; "))
}

/// A call has returned: its span learns the rest.
fn record(entry: &Entry, saved: &Map<String, Value>, span: &Span) {
    span.record("number", entry.number);
    for name in ["at", "began", "thread", "system_id", "returned", "compute_system", "process", "document"] {
        if let Some(text) = text(saved, name) {
            span.record(name, text);
        }
    }
    if let Some(info) = saved.get("process_information") {
        span.record("process_information", info.to_string());
    }
}

/// Everything but a call. What an entry of a kind does not have is not recorded.
fn tell_entry(entry: &Entry, saved: &Map<String, Value>) {
    let text = |name| text(saved, name);
    let process_id = saved.get("process_exited").and_then(Value::as_u64);
    let is_dropped = saved.get("dropped").and_then(Value::as_bool);
    event!(
        target: "hcs_sim",
        Level::DEBUG,
        number = entry.number,
        at = text("at"),
        thread = text("thread"),
        completed = text("completed"),
        operation_type = text("operation_type"),
        hresult = text("hresult"),
        callback_entered = text("callback_entered"),
        callback_returned = text("callback_returned"),
        exited = text("exited"),
        process_exited = process_id,
        system_id = text("system_id"),
        event_entered = text("event_entered"),
        event_returned = text("event_returned"),
        target = text("target"),
        operation = text("operation"),
        service = text("service"),
        document = text("document"),
        data = text("data"),
        stdout = saved.get("stdout").map(shown),
        stderr = saved.get("stderr").map(shown),
        dropped = is_dropped,
    );
}

fn text<'a>(saved: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    saved.get(name).and_then(Value::as_str)
}

/// A text as it is, anything else as JSON.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
