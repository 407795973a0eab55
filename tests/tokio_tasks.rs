//! Clients whose tasks wander between the threads of a runtime: hosts follow them where they are entered.
//! Not here: threads without a runtime (`hosts`).

mod support;

use std::ffi::c_void;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{FindingKind, Host, call as calls};
use support::*;
use tokio::sync::{Barrier, oneshot};
use tokio::task::{JoinSet, spawn, spawn_blocking};

/// The ids of all systems of the host that the thread is in.
fn ids() -> Vec<String> {
    let (code, document) = enumerate(None);
    assert_eq!(code, S_OK);
    let systems = json(document);
    systems.as_array().unwrap().iter().map(|it| it["Id"].as_str().unwrap().to_owned()).collect()
}

fn opened(id: &str) -> Sent {
    let (code, system) = open(id, 0x1000_0000);
    assert_eq!(code, S_OK);
    Sent::new(system)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn tasks_on_several_workers_belong_to_the_host_that_they_enter() {
    let host = Host::new();
    let all_are_there = Arc::new(Barrier::new(3));
    let mut tasks = JoinSet::new();
    for name in ["one", "two", "three"] {
        let (host, all_are_there) = (host.clone(), Arc::clone(&all_are_there));
        tasks.spawn(async move {
            all_are_there.wait().await;
            {
                let _entered = host.enter(); // stays on its thread: it ends before the next await
                let system = create(name, VM);
                start(system);
                assert!(ids().contains(&name.to_owned()));
                close_system(system);
            }
            tokio::task::yield_now().await;
            let _entered = host.enter();
            let system = opened(name).get();
            assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
            close_system(system);
        });
    }
    tasks.join_all().await;
    host.verify().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_future_within_a_host_is_in_it_after_every_await() {
    let (host, other) = (Host::new(), Host::new());
    let client = host.within(async {
        let system = Sent::new(create("web", VM));
        for _ in 0..20 {
            tokio::task::yield_now().await; // and goes on on any thread
            assert_eq!(ids(), ["web"]);
        }
        close_system(system.get());
    });
    spawn(client).await.unwrap();
    host.verify().unwrap();
    assert_eq!(other.journal().calls().count(), 0);
}

#[test]
fn the_thread_has_left_the_host_between_two_polls() {
    let (outer, inner) = (Host::new(), Host::new());
    let _entered = outer.enter();
    let mut client = std::pin::pin!(inner.within(async {
        close_operation(operation());
        tokio::task::yield_now().await;
        close_operation(operation());
    }));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(client.as_mut().poll(&mut context).is_pending());
    close_operation(operation());
    assert!(client.as_mut().poll(&mut context).is_ready());
    assert_eq!(inner.journal().calls().count(), 4);
    assert_eq!(outer.journal().calls().count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_a_task_leaves_the_host() {
    let (host, other) = (Host::new(), Host::new());
    let failed = spawn(host.within(async { panic!("the client's own") })).await;
    assert!(failed.unwrap_err().is_panic());
    for _ in 0..4 {
        spawn(other.within(async { close_operation(operation()) })).await.unwrap();
    }
    assert_eq!(host.journal().calls().count(), 0);
    assert_eq!(other.journal().calls().count(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_blocks_waits_on_a_blocking_thread_that_has_entered() {
    let host = Host::new();
    host.when(calls::start()).simulate().after(Duration::from_secs(3_600));
    let theirs = host.clone();
    let state = spawn_blocking(move || {
        let _entered = theirs.enter();
        let system = create("web", VM);
        start(system); // an hour, and no time at all
        let state = properties(system, None)["State"].clone();
        close_system(system);
        state
    });
    assert_eq!(state.await.unwrap(), "Running");
    assert!(host.now() > Duration::from_secs(3_600));
    host.verify().unwrap();
}

/// Wakes the task that waits for an operation.
unsafe extern "system" fn wakes(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the context is the box that was leaked for exactly this call.
    let waker = unsafe { Box::from_raw(context.cast_mut().cast::<oneshot::Sender<Fetched>>()) };
    waker.send(result(operation)).expect("the task waits");
}

/// What an asynchronous client does: the callback wakes the task, and no thread waits.
async fn started(system: Sent) -> Fetched {
    let (waker, woken) = oneshot::channel::<Fetched>();
    let operation = {
        let context = Box::into_raw(Box::new(waker));
        let operation = operation_with(context.cast_const().cast(), Some(wakes));
        assert_eq!(call(HcsStartComputeSystem, system.get(), operation, None), S_OK);
        Sent::new(operation)
    };
    let outcome = woken.await.expect("the callback is called");
    close_operation(operation.get());
    outcome
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_wakes_a_task() {
    let host = Host::new();
    host.when(calls::start().system("web")).fail(E_OUTOFMEMORY).after(Duration::from_secs(90));
    let client = host.within(async {
        let system = Sent::new(create("web", VM));
        let (code, document) = started(system).await;
        close_system(system.get());
        (code, json(document)["Error"].clone())
    });
    let (code, error) = spawn(client).await.unwrap();
    assert_eq!(code, E_OUTOFMEMORY);
    assert_eq!(error, E_OUTOFMEMORY.as_i32());
    assert!(host.now() >= Duration::from_secs(90));
    host.verify().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn tests_with_hosts_of_their_own_share_a_runtime_without_cross_talk() {
    /// A test of a client with several tasks, all about a system of the same id.
    async fn test(memory: u64) -> Vec<String> {
        let host = Host::new();
        let configuration =
            format!(r#"{{"VirtualMachine":{{"ComputeTopology":{{"Memory":{{"SizeInMB":{memory}}}}}}}}}"#);
        let system = {
            let _entered = host.enter();
            Sent::new(create("web", &configuration))
        };
        assert_eq!(spawn(host.within(started(system))).await.unwrap(), (S_OK, None));
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            tasks.spawn(host.within(async {
                let again = opened("web");
                tokio::task::yield_now().await;
                assert_eq!(ids(), ["web"]);
                close_system(again.get());
            }));
        }
        tasks.join_all().await;
        close_system(system.get());
        host.verify().unwrap();
        let configuration = host.configuration("web").map(|it| it.to_string());
        configuration.into_iter().collect()
    }

    let (one, other) = tokio::join!(spawn(test(512)), spawn(test(1024)));
    assert_ne!(one.unwrap(), other.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_forgot_to_enter_is_told_which_hosts_there_are() {
    let (_one, _another) = (Host::new(), Host::new());
    let told = spawn(async { open("web", 0x1000_0000).0 }).await.unwrap();
    assert_eq!(told, HCS_E_SERVICE_NOT_AVAILABLE);
    let findings = Host::default_host().findings();
    let finding = findings.iter().find(|it| it.kind == FindingKind::AmbiguousHost).unwrap();
    assert!(finding.sentence.contains("HcsOpenComputeSystem"), "{}", finding.sentence);
}
