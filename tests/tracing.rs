//! The feature `tracing`: what subscribers are told, under the names of the saved journal.
//! Not here: the saved journal itself (`saving`), a subscriber for the whole process (`tracing_global`).

mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{FindingKind, Host, call, event};
use serde_json::Value;
use support::listeners::Listener;
use support::processes::*;
use support::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// A span or an event, as it was told.
#[derive(Clone, Debug, Default)]
struct Told {
    is_span: bool,
    level: Option<Level>,
    /// The place of the span that it is in, in the list.
    within: Option<usize>,
    fields: BTreeMap<&'static str, Value>,
}

impl Told {
    fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.insert(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.insert(field.name(), value.into());
    }
}

/// Collects what it is told, in order.
#[derive(Clone, Default)]
struct Collector {
    told: Arc<Mutex<Vec<Told>>>,
    /// What it does each time, for subscribers that call HCS.
    besides: Option<fn()>,
}

/// The place of a span in the list.
struct At(usize);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collector {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let level = Some(*attributes.metadata().level());
        let mut told = Told { is_span: true, level, ..Told::default() };
        attributes.record(&mut told);
        let mut list = self.told.lock().unwrap();
        context.span(id).unwrap().extensions_mut().insert(At(list.len()));
        list.push(told);
        drop(list);
        self.besides.inspect(|it| it());
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let at = context.span(id).unwrap().extensions().get::<At>().unwrap().0;
        values.record(&mut self.told.lock().unwrap()[at]);
        self.besides.inspect(|it| it());
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let within = context.event_span(event).map(|it| it.extensions().get::<At>().unwrap().0);
        let level = Some(*event.metadata().level());
        let mut told = Told { level, within, ..Told::default() };
        event.record(&mut told);
        self.told.lock().unwrap().push(told);
        self.besides.inspect(|it| it());
    }

    fn on_close(&self, _: Id, _: Context<'_, S>) {
        self.besides.inspect(|it| it());
    }
}

impl Collector {
    fn listening_to<T>(&self, body: impl FnOnce() -> T) -> T {
        tracing::subscriber::with_default(Registry::default().with(self.clone()), body)
    }

    fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }
}

/// What a collector is told of a body that runs on a host of its own.
fn told_of(body: impl FnOnce(&Host)) -> Vec<Told> {
    let collector = Collector::default();
    collector.listening_to(|| Host::new().run(body));
    collector.told()
}

/// A virtual machine with a callback, from create to close.
fn a_life(host: &Host) {
    let system = create("web", VM);
    let listener = Listener::default();
    assert_eq!(listener.register(system, HcsEventOptionNone), S_OK);
    start(system);
    host.advance(Duration::from_secs(1));
    assert_eq!(ask(HcsPauseComputeSystem, system, None).0, S_OK);
    assert_eq!(ask(HcsShutDownComputeSystem, system, Some("nonsense")).0, HCS_E_INVALID_JSON);
    host.raise(event::worker_death("web"));
    assert_eq!(wait_for_exit(system, 60_000).0, S_OK);
    host.advance(Duration::from_secs(1)); // callbacks are told a little later
    close_system(system);
}

#[test]
fn a_life_of_a_machine_is_told_under_the_names_of_the_saved_journal() {
    let mut saved = Value::Null;
    let told = told_of(|host| {
        a_life(host);
        saved = serde_json::to_value(host.journal()).unwrap();
    });

    // Each entry by its number; notes are told besides, and so is the number.
    let mut entries: BTreeMap<u64, BTreeMap<&str, Value>> = BTreeMap::new();
    for it in &told {
        entries.entry(it.fields["number"].as_u64().unwrap()).or_default().extend(it.fields.clone());
    }
    let saved = saved.as_array().unwrap();
    assert_eq!(entries.len(), saved.len());
    for (number, fields) in &mut entries {
        fields.remove("number");
        for name in ["arguments", "process_information"] {
            if let Some(Value::String(text)) = fields.get(name) {
                let value = serde_json::from_str(text).unwrap();
                fields.insert(name, value);
            }
        }
        let fields = serde_json::to_value(fields).unwrap();
        assert_eq!(fields, texts(&saved[*number as usize]));
    }
    // Every kind of entry that such a life has.
    for name in ["call", "completed", "exited", "event_entered", "event_returned", "note"] {
        assert!(told.iter().any(|it| it.fields.contains_key(name)), "{name}");
    }
}

/// A saved entry as it is told: documents among the arguments are JSON.
fn texts(saved: &Value) -> Value {
    let mut saved = saved.clone();
    if let Some(Value::Object(arguments)) = saved.get_mut("arguments") {
        for argument in arguments.values_mut() {
            if let Some(document) = argument.as_str().filter(|it| it.starts_with('{')) {
                *argument = serde_json::from_str(document).unwrap();
            }
        }
    }
    saved
}

#[test]
fn calls_are_spans_and_what_happens_in_them_stands_within() {
    let told = told_of(|_| close_system(create("web", VM)));
    let create = told.iter().position(|it| it.text("call") == "HcsCreateComputeSystem").unwrap();
    assert!(told[create].is_span && told[create].level == Some(Level::DEBUG));
    assert_eq!(told[create].text("returned"), "S_OK");
    assert_eq!(told[create].text("system_id"), "web");
    // The create completes while its client waits.
    let completed = told.iter().find(|it| it.text("operation_type") == "Create").unwrap();
    assert_eq!(completed.text("completed"), "operation#1");
    assert_eq!(told[completed.within.unwrap()].text("call"), "HcsWaitForOperationResult");
}

#[test]
fn findings_are_warnings_and_notes_are_information() {
    let told = told_of(|host| {
        host.allow(FindingKind::LeakedOperation);
        host.allow(FindingKind::DoubleClose);
        let operation = operation();
        assert_eq!(create_call("web", r#"{"VirtualMachine":{"Memory":{}}}"#, operation).0, S_OK);
        assert_eq!(wait(operation).0, HCS_E_INVALID_JSON);
        let never_closed = support::operation();
        assert!(!never_closed.is_null());
        close_operation(operation);
        close_operation(operation);
        assert_eq!(host.verify().err().map_or(0, |it| it.findings.len()), 1); // the system's handle
    });
    let found = |kind: &str| told.iter().find(|it| it.text("finding") == kind).unwrap().clone();
    assert_eq!(found("leaked-system").level, Some(Level::WARN));
    assert_eq!(found("double-close").level, Some(Level::DEBUG)); // allowed
    assert_eq!(found("leaked-operation").level, Some(Level::DEBUG));
    assert_eq!(found("double-close").text("message"), "operation#1 was closed twice");
    let note = told.iter().find(|it| it.level == Some(Level::INFO)).unwrap();
    assert!(note.text("note").contains("ComputeTopology/Memory"), "{note:?}");
}

/// A container with a program, which reads, sleeps, writes and exits.
fn a_container(host: &Host) {
    host.program("tool", |guest| {
        let said = guest.read_to_end();
        guest.sleep(Duration::from_secs(2));
        guest.stdout(said);
    });
    let system = running("box");
    let Started { process, info } = start_process(system, ALL_PIPES);
    write_all(info.StdInput, b"hello").unwrap();
    close_pipe(info.StdInput);
    assert_eq!(read_text(info.StdOutput), "hello");
    close_pipe(info.StdOutput);
    close_pipe(info.StdError);
    assert_eq!(wait_for_process(process, 60_000).0, S_OK);
    close_process(process);
    assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
    close_system(system);
}

#[test]
fn the_journal_is_the_same_with_and_without_a_subscriber() {
    for life in [a_life, a_container] {
        let lived = || {
            Host::new().run(|host| {
                life(host);
                host.journal().to_json_lines()
            })
        };
        let alone = lived();
        let collector = Collector::default();
        assert_eq!(collector.listening_to(lived), alone);
        assert!(!collector.told().is_empty());
    }
}

#[test]
fn a_subscriber_may_call_hcs_and_is_not_told_of_it() {
    fn calls_hcs() {
        close_operation(operation());
        let _ = enumerate(None); // completes and waits
    }
    let collector = Collector { besides: Some(calls_hcs), ..Collector::default() };
    collector.listening_to(|| Host::new().run(a_life));
    let told = collector.told();
    assert!(told.len() > 20);
    assert!(!told.iter().any(|it| it.text("call") == "HcsEnumerateComputeSystems"));
}

#[test]
fn what_happens_on_the_hosts_own_threads_is_told_to_whoever_entered_it() {
    unsafe extern "system" fn done(operation: HCS_OPERATION, context: *const std::ffi::c_void) {
        assert_eq!(operation_type(operation), HcsOperationTypeEnumerate);
        // SAFETY: the context is the sender below, which lives until the operation is closed.
        let sender = unsafe { &*context.cast::<std::sync::mpsc::Sender<()>>() };
        sender.send(()).unwrap();
    }
    let told = told_of(|_| {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let operation = operation_with((&raw const sender).cast(), Some(done));
        // SAFETY: no text is passed.
        assert_eq!(unsafe { HcsEnumerateComputeSystems(std::ptr::null(), operation) }, 0);
        next_of(&receiver); // a client that waits outside of HCS
        close_operation(operation);
    });
    let at = |name: &str, value: &str| told.iter().position(|it| it.text(name) == value).unwrap();
    let order = [
        at("call", "HcsEnumerateComputeSystems"),
        at("completed", "operation#1"),
        at("callback_entered", "operation#1"),
        at("call", "HcsGetOperationType"),
        at("callback_returned", "operation#1"),
        at("call", "HcsCloseOperation"),
    ];
    assert!(order[..4].is_sorted() && order[3] < order[4], "{told:#?}");
    assert_eq!(told[at("call", "HcsGetOperationType")].text("thread"), "hcs");
}

#[test]
fn a_thread_without_a_subscriber_is_told_of_to_whoever_entered_the_host() {
    let told = told_of(|host| {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _entered = host.enter();
                close_operation(operation());
            });
        });
    });
    assert!(told.iter().any(|it| it.text("call") == "HcsCloseOperation" && it.text("thread") == "thread#2"));
}

#[test]
fn rules_that_never_applied_are_told_when_the_host_is_verified() {
    let told = told_of(|host| {
        host.when(call::save()).fail(E_FAIL);
        assert!(host.verify().is_err());
    });
    assert_eq!(told.last().unwrap().text("finding"), "rule-never-applied");
    assert_eq!(told.last().unwrap().text("message"), "the rule for HcsSaveComputeSystem never applied");
}

/// Wants warnings only.
#[derive(Clone, Default)]
struct Warnings(Collector);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        self.0.on_event(event, context);
    }
}

#[test]
fn a_subscriber_that_wants_warnings_is_told_of_findings_only() {
    let warnings = Warnings::default();
    tracing::subscriber::with_default(Registry::default().with(warnings.clone()), || {
        Host::new().run(|host| {
            a_life(host);
            let _never_closed = operation();
            assert!(host.verify().is_err());
        });
    });
    let told = warnings.0.told();
    assert_eq!(told.iter().map(|it| it.text("finding")).collect::<Vec<_>>(), ["leaked-operation"]);
}

#[test]
fn a_subscriber_that_panics_is_found_and_the_test_goes_on() {
    let collector = Collector { besides: Some(|| panic!("no such field")), ..Collector::default() };
    let host = Host::new();
    let report = collector.listening_to(|| report_of(&host, || close_system(create("web", VM)))).unwrap();
    assert!(report.findings.iter().all(|it| it.kind == FindingKind::SubscriberPanicked));
    assert!(report.to_string().contains("no such field"), "{report}");
    assert_eq!(host.journal().calls().count(), 5);
    assert!(collector.told().iter().any(|it| it.text("call") == "HcsCloseComputeSystem"));
}
