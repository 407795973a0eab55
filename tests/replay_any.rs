//! Random clients, recorded and replayed: what they see and the journal are the same, whatever they do.
//! Not here: recordings that are edited or depart (`replay`).

mod support;

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Mutex;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{CallbackDelivery, Completion, FindingKind, Host, Hresult, Journal, Profile, Time, What};
use hcs_sim::{call as calls, event, program};
use proptest::prelude::*;
use support::processes::*;
use support::*;

const SLOTS: usize = 3;
const SHUTS_DOWN: &str = r#"{"SchemaVersion":{"Major":2,"Minor":5},"VirtualMachine":{"Services":{"Shutdown":{}},"GuestConnection":{}}}"#;

#[derive(Clone, Copy, Debug)]
enum Step {
    NewOperation { slot: usize, callback: u8 },
    CloseOperation(usize),
    Create { system: usize, operation: usize, kind: u8 },
    Open { system: usize },
    CloseSystem(usize),
    Ask { request: usize, system: usize, operation: usize },
    Properties { system: usize, operation: usize },
    Enumerate { operation: usize },
    Wait { operation: usize, milliseconds: u32 },
    Fetch(usize),
    Cancel(usize),
    Facts(usize),
    Listen { system: usize, options: i32 },
    WaitForExit { system: usize, milliseconds: u32 },
    Process { system: usize, kind: u8 },
    WaitForProcess { milliseconds: u32 },
    Raise { event: u8, system: usize },
    Advance(u64),
    Release,
    Garbage(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let slot = 0..SLOTS;
    let time = prop_oneof![Just(0u32), 1..100u32];
    prop_oneof![
        4 => (slot.clone(), 0..5u8).prop_map(|(slot, callback)| Step::NewOperation { slot, callback }),
        1 => slot.clone().prop_map(Step::CloseOperation),
        5 => (slot.clone(), slot.clone(), 0..4u8)
            .prop_map(|(system, operation, kind)| Step::Create { system, operation, kind }),
        1 => slot.clone().prop_map(|system| Step::Open { system }),
        1 => slot.clone().prop_map(Step::CloseSystem),
        8 => (0..REQUESTS.len(), slot.clone(), slot.clone())
            .prop_map(|(request, system, operation)| Step::Ask { request, system, operation }),
        1 => (slot.clone(), slot.clone()).prop_map(|(system, operation)| Step::Properties { system, operation }),
        1 => slot.clone().prop_map(|operation| Step::Enumerate { operation }),
        5 => (slot.clone(), time.clone())
            .prop_map(|(operation, milliseconds)| Step::Wait { operation, milliseconds }),
        2 => slot.clone().prop_map(Step::Fetch),
        1 => slot.clone().prop_map(Step::Cancel),
        1 => slot.clone().prop_map(Step::Facts),
        3 => (slot.clone(), 0..2i32).prop_map(|(system, options)| Step::Listen { system, options }),
        2 => (slot.clone(), time.clone())
            .prop_map(|(system, milliseconds)| Step::WaitForExit { system, milliseconds }),
        3 => (slot.clone(), 0..5u8).prop_map(|(system, kind)| Step::Process { system, kind }),
        1 => time.prop_map(|milliseconds| Step::WaitForProcess { milliseconds }),
        2 => (0..6u8, slot.clone()).prop_map(|(event, system)| Step::Raise { event, system }),
        2 => (0..80u64).prop_map(Step::Advance),
        1 => Just(Step::Release),
        1 => slot.prop_map(Step::Garbage),
    ]
}

const REQUESTS: [Request; 6] = [
    HcsStartComputeSystem,
    HcsStartComputeSystem,
    HcsPauseComputeSystem,
    HcsResumeComputeSystem,
    HcsShutDownComputeSystem,
    HcsTerminateComputeSystem,
];

/// What a client saw: itself, and its callbacks.
#[derive(Default)]
struct Seen {
    client: Mutex<Vec<String>>,
    callbacks: Mutex<Vec<String>>,
}

impl Seen {
    /// Callbacks that hang when the run is over may look at it whenever they go on.
    fn kept() -> &'static Seen {
        Box::leak(Box::default())
    }

    fn of_callbacks(&self, count: usize) -> Vec<String> {
        self.callbacks.lock().unwrap().iter().take(count).cloned().collect()
    }
}

/// Fetches the result.
unsafe extern "system" fn fetches(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the context lives for ever.
    let seen = unsafe { &*context.cast::<Seen>() };
    seen.callbacks.lock().unwrap().push(format!("{:?}", result(operation)));
}

/// Fetches the result and closes its own operation.
unsafe extern "system" fn closes(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: as the caller's.
    unsafe { fetches(operation, context) };
    close_operation(operation);
}

/// Looks and waits, as callbacks should not.
unsafe extern "system" fn waits(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the context lives for ever.
    let seen = unsafe { &*context.cast::<Seen>() };
    let another = support::operation();
    // SAFETY: any handle value is recognised, and no text is passed.
    let code: Hresult = unsafe { HcsEnumerateComputeSystems(std::ptr::null(), another) }.into();
    let one_more = (code, wait(another));
    close_operation(another);
    seen.callbacks.lock().unwrap().push(format!("{one_more:?} {:?}", wait_for(operation, 5)));
}

unsafe extern "system" fn hears(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event lives during the call, the context for ever.
    let (event, seen) = unsafe { (&*event, &*context.cast::<Seen>()) };
    let data = (!event.EventData.is_null()).then(|| peek(event.EventData.cast_mut()));
    let mut told = format!("{} {data:?} {}", event.Type, !event.Operation.is_null());
    if !event.Operation.is_null() {
        told += &format!(" {:?}", operation_type(event.Operation));
    }
    seen.callbacks.lock().unwrap().push(told);
}

/// Plays a client; handles that it closed stay in its hands.
fn play(host: &Host, steps: &[Step], seen: &'static Seen) {
    let context: *const c_void = (&raw const *seen).cast();
    let mut log = Vec::new();
    let mut operations: [HCS_OPERATION; SLOTS] = [null_mut(); SLOTS];
    let mut systems: [HCS_SYSTEM; SLOTS] = [null_mut(); SLOTS];
    let mut process: HCS_PROCESS = null_mut();
    for step in steps {
        let mut code = |it: Hresult| log.push(format!("{it:?}"));
        match *step {
            Step::NewOperation { slot, callback } => {
                operations[slot] = match callback {
                    0 | 1 => operation(),
                    2 => operation_with(context, Some(fetches)),
                    3 => operation_with(context, Some(closes)),
                    _ => operation_with(context, Some(waits)),
                };
            }
            Step::CloseOperation(slot) => close_operation(operations[slot]),
            Step::Create { system, operation, kind } => {
                let configuration = [VM, SHUTS_DOWN, CONTAINER, r#"{"Ownr":1}"#][usize::from(kind)];
                let (called, made) =
                    create_call(&format!("system {system}"), configuration, operations[operation]);
                code(called);
                if called == S_OK {
                    systems[system] = made;
                }
            }
            Step::Open { system } => {
                let (called, made) = open(&format!("system {system}"), GENERIC_ALL);
                code(called);
                if called == S_OK {
                    systems[system] = made;
                }
            }
            Step::CloseSystem(system) => close_system(systems[system]),
            Step::Ask { request, system, operation } => {
                code(call(REQUESTS[request], systems[system], operations[operation], None));
            }
            Step::Properties { system, operation } => {
                code(call(HcsGetComputeSystemProperties, systems[system], operations[operation], None));
            }
            Step::Enumerate { operation } => {
                // SAFETY: any handle value is recognised, and no text is passed.
                code(unsafe { HcsEnumerateComputeSystems(std::ptr::null(), operations[operation]) }.into());
            }
            Step::Wait { operation, milliseconds } => {
                log.push(format!("{:?}", wait_for(operations[operation], milliseconds)));
            }
            Step::Fetch(operation) => log.push(format!("{:?}", result(operations[operation]))),
            Step::Cancel(operation) => {
                // SAFETY: any handle value is recognised.
                code(unsafe { HcsCancelOperation(operations[operation]) }.into());
            }
            Step::Facts(operation) => {
                let operation = operations[operation];
                // SAFETY: any handle value is recognised.
                let has_context = unsafe { HcsGetOperationContext(operation) }.cast_const() == context;
                let system = system_of(operation);
                log.push(format!(
                    "{} {} {has_context} {}",
                    operation_type(operation),
                    operation_id(operation),
                    system.is_null()
                ));
                close_system(system);
            }
            Step::Listen { system, options } => {
                // SAFETY: the context lives for ever.
                let set =
                    unsafe { HcsSetComputeSystemCallback(systems[system], options, context, Some(hears)) };
                code(set.into());
            }
            Step::WaitForExit { system, milliseconds } => {
                log.push(format!("{:?}", wait_for_exit(systems[system], milliseconds)));
            }
            Step::Process { system, kind } => {
                let parameters = match kind {
                    0 => r#"{"CommandLine":"ver","CreateStdOutPipe":true}"#,
                    1 => {
                        r#"{"CommandLine":"cat","CreateStdInPipe":true,"CreateStdOutPipe":true,"CreateStdErrPipe":true}"#
                    }
                    2 => r#"{"CommandLine":"server"}"#,
                    3 => r#"{"CommandLine":"nobody knows it"}"#,
                    _ => r#"{"CommandLine":"grumble","CreateStdErrPipe":true}"#,
                };
                let operation = operation();
                let (called, made) = create_process_call(systems[system], parameters, operation);
                code(called);
                let (code, info, document) = wait_with_info_for(operation, 100);
                log.push(format!("{code:?} {} {document:?}", info.ProcessId));
                close_operation(operation);
                if code != S_OK {
                    close_process(made);
                    continue;
                }
                process = made;
                // SAFETY: the context lives for ever.
                unsafe { HcsSetProcessCallback(made, 0, context, Some(hears)) };
                if !info.StdInput.is_null() {
                    log.push(format!("{:?}", write_all(info.StdInput, b"one\ntwo\n")));
                    close_pipe(info.StdInput);
                }
                for pipe in [info.StdOutput, info.StdError] {
                    if !pipe.is_null() {
                        log.push(read_text(pipe));
                        close_pipe(pipe);
                    }
                }
            }
            Step::WaitForProcess { milliseconds } => {
                log.push(format!("{:?}", wait_for_process(process, milliseconds)));
            }
            Step::Raise { event, system } => {
                let id = format!("system {system}");
                host.raise(match event {
                    0 => event::power_off(id),
                    1 => event::worker_death(id),
                    2 => event::guest_crash(id),
                    3 => event::service_disconnect(),
                    4 => event::reset(id),
                    _ => event::guest_connection_lost(id),
                });
            }
            Step::Advance(milliseconds) => host.advance(Duration::from_millis(milliseconds)),
            Step::Release => {
                host.release_next();
                host.release("gate");
            }
            Step::Garbage(slot) => {
                code(call(HcsStartComputeSystem, operations[slot], systems[slot], None));
                close_operation(77 as HCS_OPERATION);
                code(call(HcsStartComputeSystem, 77 as HCS_SYSTEM, 78 as HCS_OPERATION, Some("{}")));
            }
        }
    }
    host.advance(Duration::from_secs(60));
    operations.into_iter().for_each(close_operation);
    systems.into_iter().for_each(close_system);
    close_process(process);
    *seen.client.lock().unwrap() = log;
}

fn wait_with_info_for(
    operation: HCS_OPERATION,
    milliseconds: u32,
) -> (Hresult, HCS_PROCESS_INFORMATION, Option<String>) {
    let mut info = HCS_PROCESS_INFORMATION::default();
    let mut document = null_mut();
    // SAFETY: both out pointers are valid.
    let code =
        unsafe { HcsWaitForOperationResultAndProcessInfo(operation, milliseconds, &mut info, &mut document) };
    (code.into(), info, take(document))
}

#[derive(Clone, Copy, Debug)]
struct Kind {
    time: Time,
    completion: Completion,
    delivery: CallbackDelivery,
    profile: Profile,
    has_rules: bool,
}

fn kind() -> impl Strategy<Value = Kind> {
    let time = prop_oneof![4 => Just(Time::Virtual), 1 => Just(Time::Manual)];
    let completion = prop_oneof![
        4 => Just(Completion::Asynchronous),
        1 => Just(Completion::BeforeReturn),
        1 => Just(Completion::WhenReleased)
    ];
    let delivery = proptest::sample::select(vec![
        CallbackDelivery::OneByOne,
        CallbackDelivery::ByHandle,
        CallbackDelivery::SideBySide,
    ]);
    (time, completion, delivery, proptest::sample::select(Profile::ALL.to_vec()), any::<bool>()).prop_map(
        |(time, completion, delivery, profile, has_rules)| Kind {
            time,
            completion,
            delivery,
            profile,
            has_rules,
        },
    )
}

fn lenient(host: &Host) {
    FindingKind::all().iter().filter(|it| **it != FindingKind::ReplayDeparted).for_each(|it| host.allow(*it));
}

fn record(kind: Kind, steps: &[Step]) -> (&'static Seen, Journal) {
    let host = Host::builder()
        .time(kind.time)
        .completion(kind.completion)
        .profile(kind.profile)
        .patience(Duration::from_millis(20))
        .grace(Duration::ZERO)
        .behavior(|it| it.delivery = kind.delivery)
        .build();
    host.canned("ver", program::prints("Windows\r\n"));
    host.canned("grumble", program::prints("").complains("no").exits_with(3));
    host.canned("server", program::runs_until_terminated());
    host.program("cat", |guest| {
        while let Some(line) = guest.read_line() {
            guest.stdout(format!("{line}\n"));
            guest.stderr(".");
        }
        7
    });
    if kind.has_rules {
        host.when(calls::start()).fail(E_OUTOFMEMORY).then().simulate().hold_as("gate").times(1);
        host.when(calls::pause()).never_completes();
        host.when(calls::create().nth(2)).simulate().raising(event::worker_death("system 0"));
    }
    lenient(&host);
    let seen = Seen::kept();
    let journal = host.run(|host| {
        play(host, steps, seen);
        host.journal()
    });
    (seen, journal)
}

proptest! {
    #![proptest_config(repeatable(100))]

    #[test]
    fn any_client_that_is_replayed_sees_the_same_and_has_the_identical_journal(
        kind in kind(), steps in proptest::collection::vec(step(), 0..40),
    ) {
        let (first, journal) = record(kind, &steps);
        let saved = journal.to_json_lines();
        let loaded = Journal::load(&saved).unwrap();
        prop_assert_eq!(loaded.to_json_lines(), &saved[..]);
        prop_assert_eq!(loaded.to_string(), journal.to_string());
        let host = Host::replaying(&loaded);
        lenient(&host);
        let again = Seen::kept();
        let replayed = host.run(|host| {
            play(host, &steps, again);
            host.journal()
        });
        prop_assert_eq!(replayed.to_json_lines(), saved);
        prop_assert_eq!(&*again.client.lock().unwrap(), &*first.client.lock().unwrap());
        // What callbacks that overlap saw is written down in any order; what comes after the journal was taken is not in it.
        if let (CallbackDelivery::OneByOne, Some(count)) = (kind.delivery, callbacks_one_by_one(&journal)) {
            prop_assert_eq!(again.of_callbacks(count), first.of_callbacks(count));
        }
    }
}

/// How many callbacks there were; nothing if one was entered before another one had returned.
fn callbacks_one_by_one(journal: &Journal) -> Option<usize> {
    let (mut entered, mut returned) = (0, 0);
    for entry in journal.entries() {
        match entry.what {
            What::CallbackEntered { .. } | What::EventEntered { .. } if entered > returned => return None,
            What::CallbackEntered { .. } | What::EventEntered { .. } => entered += 1,
            What::CallbackReturned { .. } | What::EventReturned { .. } => returned += 1,
            _ => {}
        }
    }
    Some(returned)
}
