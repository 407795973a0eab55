//! The comparison that docs/performance.md shows: alternatives side by side in one run, in turns. `cargo bench --bench ratios`.
//! Not here: what is called (`common`); statistics of single functions (`cycle`).

mod common;

use std::sync::Barrier;
use std::time::{Duration, Instant};

use common::measure::*;
use common::*;

use hcs_sim::hresult::HCS_E_OPERATION_TIMEOUT;
use hcs_sim::{Host, OperationType, call};

fn main() {
    let scale = Scale::asked_for();
    cycles(&scale);
    source_lines(&scale);
    lives(&scale);
    whole_tests(&scale);
    systems(&scale);
    pending(&scale);
    threads(&scale);
    a_day(&scale);
}

fn cycles(scale: &Scale) {
    let (host, unjournalled) = (Host::new(), Host::builder().journal_limit(0).build());
    let system = with_running(&host, "web", CONFIGURATION);
    let other = with_running(&unjournalled, "web", CONFIGURATION);
    let entered = host.enter();
    let text = document_of(system);
    (0..scale.warm_up).for_each(|_| cycle(&Simulated, system));
    drop(entered);
    println!("\nThe document, {} units: {text}", text.len());
    let (encoding, mocked) = mock_cycle(&text, Document::Encoded);
    let (copying, _) = mock_cycle(&text, Document::Copied);
    let (stub, stubbed) = Stub::new(&text);
    let young = |host: Host, iterations| {
        let system = with_running(&host, "web", CONFIGURATION);
        let entered = host.enter();
        let started = Instant::now();
        (0..iterations).for_each(|_| cycle(&Simulated, system));
        let elapsed = started.elapsed();
        drop(entered);
        end(&host, &[system]);
        elapsed
    };
    side_by_side(
        "The cycle of one operation",
        scale,
        scale.batch,
        vec![
            contestant("mockall, encodes the document in each call", || cycle(&encoding, mocked)),
            contestant("mockall, copies a document encoded before", || cycle(&copying, mocked)),
            contestant("hand-written stub, copies a document", || cycle(&stub, stubbed)),
            on_host(&host, "hcs-sim, full journal", || cycle(&Simulated, system)),
            ("hcs-sim, the first 500 in a new host".to_owned(), Box::new(|count| young(Host::new(), count))),
            (
                "the same with source_lines(0)".to_owned(),
                Box::new(|count| young(Host::builder().source_lines(0).build(), count)),
            ),
            on_host(&unjournalled, "hcs-sim, no journal", || cycle(&Simulated, other)),
        ],
    );
    end(&host, &[system]);
    end(&unjournalled, &[other]);
}

/// What it costs to keep the source lines of calls.
fn source_lines(scale: &Scale) {
    // Few entries, so that what is kept fits into memory.
    let limited = |calls| Host::builder().journal_limit(10_000).source_lines(calls).build();
    let hosts = [limited(0), limited(512), limited(usize::MAX)];
    let systems = hosts.each_ref().map(|host| with_running(host, "web", CONFIGURATION));
    for (host, system) in hosts.iter().zip(systems) {
        let entered = host.enter();
        (0..scale.warm_up / 10).for_each(|_| cycle(&Simulated, system));
        drop(entered);
    }
    let names = ["of no call", "of the first 512 calls, later on", "of every call"];
    let contestants = names.iter().zip(hosts.iter().zip(systems)).map(|(name, (host, system))| {
        on_host(host, format!("source lines {name}"), move || cycle(&Simulated, system))
    });
    side_by_side("The cycle, with source lines", scale, 100, contestants.collect());
    hosts.iter().zip(systems).for_each(|(host, system)| end(host, &[system]));
}

fn lives(scale: &Scale) {
    let host = Host::new();
    let (id, configuration) = (wide("web"), wide(CONFIGURATION));
    let entered = host.enter();
    (0..scale.warm_up / 3).for_each(|_| life(&Simulated, &id, &configuration));
    drop(entered);
    let mock = mock_life();
    let (stub, _) = Stub::new("");
    side_by_side(
        "Create, start, terminate, close (13 calls)",
        scale,
        200,
        vec![
            contestant("mockall", || life(&mock, &id, &configuration)),
            contestant("hand-written stub", || life(&stub, &id, &configuration)),
            on_host(&host, "hcs-sim", || life(&Simulated, &id, &configuration)),
        ],
    );
    end(&host, &[]);
}

/// With set-up, verification and tear-down: what a small test pays.
fn whole_tests(scale: &Scale) {
    let (id, configuration) = (wide("web"), wide(CONFIGURATION));
    let sample = Host::new();
    let system = with_running(&sample, "web", CONFIGURATION);
    let entered = sample.enter();
    let text = document_of(system);
    drop(entered);
    end(&sample, &[system]);
    let simulated = || {
        Host::new().run(|_| {
            life(&Simulated, &id, &configuration);
            let system = create(&Simulated, &id, &configuration);
            cycle(&Simulated, system);
            Simulated.close_compute_system(system);
        });
    };
    let mocked = || {
        let mock = mock_life();
        life(&mock, &id, &configuration);
        drop(mock); // verifies
        let (mock, system) = mock_cycle(&text, Document::Encoded);
        cycle(&mock, system);
    };
    let without_lines = || {
        Host::builder().source_lines(0).run(|_| {
            life(&Simulated, &id, &configuration);
            let system = create(&Simulated, &id, &configuration);
            cycle(&Simulated, system);
            Simulated.close_compute_system(system);
        });
    };
    let title = "A whole small test: set-up, a life, a cycle, verification";
    let contestants = vec![
        contestant("mockall", mocked),
        contestant("hcs-sim", simulated),
        contestant("hcs-sim, source_lines(0)", without_lines),
    ];
    side_by_side(title, scale, 20, contestants);
}

/// Hosts with many live systems.
fn systems(scale: &Scale) {
    let hosts = scale.systems.map(|count| {
        let host = Host::new();
        let first = with_running(&host, "web", CONFIGURATION);
        let entered = host.enter();
        let small = wide(SMALL);
        let others = (1..count).map(|nth| create(&Simulated, &wide(&format!("vm-{nth}")), &small));
        let all: Vec<usize> = std::iter::once(first).chain(others).collect();
        all.iter().for_each(|it| cycle(&Simulated, *it)); // what a system makes at its first question is made
        (0..scale.warm_up).for_each(|_| cycle(&Simulated, first));
        drop(entered);
        (host, all)
    });
    let each = |title: &str, batch: u32, run: &dyn Fn(&[usize], usize)| {
        let contestants = hosts.iter().map(|(host, all)| {
            let mut nth = 0;
            on_host(host, format!("{} live systems", all.len()), move || {
                run(all, nth % all.len());
                nth += 7919; // a prime: the next one lies elsewhere
            })
        });
        side_by_side(title, scale, batch, contestants.collect());
    };
    let (id, configuration) = (wide("one more"), wide(CONFIGURATION));
    each("The cycle on one system, beside others", scale.batch, &|all, _| cycle(&Simulated, all[0]));
    each("The cycle on another system each time", scale.batch, &|all, nth| cycle(&Simulated, all[nth]));
    each("Create, start, terminate, close, beside others", 200, &|_, _| {
        life(&Simulated, &id, &configuration)
    });
    hosts.iter().for_each(|(host, all)| end(host, all));
}

const DAYS_10_000: Duration = Duration::from_secs(10_000 * 86_400);

/// Hosts with many pending operations.
fn pending(scale: &Scale) {
    let never = || {
        let host = Host::new();
        host.when(call::terminate().system("stuck")).never_completes();
        host
    };
    let late = || Host::builder().latency_of(OperationType::Terminate, DAYS_10_000).build();
    beside_pending("The cycle beside operations that never complete (one rule)", scale, &never);
    beside_pending("The cycle beside operations that are due much later", scale, &late);
}

fn beside_pending(title: &str, scale: &Scale, make: &dyn Fn() -> Host) {
    let hosts = scale.pending.map(|count| {
        let host = make();
        let (stuck, web) = (with_running(&host, "stuck", SMALL), with_running(&host, "web", CONFIGURATION));
        let entered = host.enter();
        let pend = |_| {
            let operation = Simulated.create_operation(0, 0);
            assert_eq!(Simulated.terminate_compute_system(stuck, operation, 0), 0);
            operation
        };
        let operations: Vec<usize> = (0..count).map(pend).collect();
        (0..scale.warm_up).for_each(|_| cycle(&Simulated, web));
        drop(entered);
        (host, [stuck, web], operations)
    });
    let contestants = hosts.iter().map(|(host, [_, web], operations)| {
        on_host(host, format!("{} pending operations", operations.len()), || cycle(&Simulated, *web))
    });
    side_by_side(title, scale, scale.batch, contestants.collect());
    for (host, systems, operations) in &hosts {
        operations.iter().for_each(|it| Simulated.close_operation(*it));
        end(host, systems);
    }
}

/// One thread alone, then two at once, each on what it has made for itself.
fn threads(scale: &Scale) {
    let simulated = || {
        let host = Host::new();
        let system = with_running(&host, "web", CONFIGURATION);
        let (_, mut run) = contestant("", move || cycle(&Simulated, system));
        let entered = host.enter();
        let run: Box<dyn FnMut(u32) -> Duration> = Box::new(move |iterations| {
            let _both = (&host, &entered);
            run(iterations)
        });
        let finish: Box<dyn FnOnce()> = Box::new(move || Simulated.close_compute_system(system));
        (run, finish)
    };
    let sample = Host::new();
    let system = with_running(&sample, "web", CONFIGURATION);
    let entered = sample.enter();
    let text = document_of(system);
    drop(entered);
    end(&sample, &[system]);
    let mocked = || {
        let (mock, system) = mock_cycle(&text, Document::Copied);
        let (_, run) = contestant("", move || cycle(&mock, system));
        let finish: Box<dyn FnOnce()> = Box::new(|| ());
        (run, finish)
    };
    one_and_two("hcs-sim, one host a thread", scale, &simulated);
    one_and_two("mockall, one mock a thread, as a control", scale, &mocked);
}

type Made<'a> = (Box<dyn FnMut(u32) -> Duration + 'a>, Box<dyn FnOnce() + 'a>);

fn one_and_two<'a>(title: &str, scale: &Scale, make: &(dyn Fn() -> Made<'a> + Sync)) {
    let barrier = Barrier::new(2);
    let worker = |first: bool| {
        let (mut run, finish) = make();
        run(scale.warm_up);
        let mut times = (Vec::new(), Vec::new());
        let nanoseconds = |elapsed: Duration| elapsed.as_secs_f64() * 1e9 / f64::from(scale.batch);
        for _ in 0..scale.rounds {
            barrier.wait();
            if first {
                times.0.push(nanoseconds(run(scale.batch)));
            }
            barrier.wait();
            times.1.push(nanoseconds(run(scale.batch)));
        }
        finish();
        times
    };
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| worker(false).1);
        (worker(true), second.join().expect("the second thread measures like the first"))
    });
    let rows = [("1 thread", first.0), ("2 threads, the first", first.1), ("2 threads, the second", second)];
    table(title, rows.map(|(name, times)| (name.to_owned(), times)).into());
}

/// Timeouts of an operation that never completes: simulated time that costs no real time.
fn a_day(scale: &Scale) {
    let host = Host::new();
    host.when(call::terminate().system("web")).never_completes();
    let system = with_running(&host, "web", CONFIGURATION);
    let entered = host.enter();
    let operation = Simulated.create_operation(0, 0);
    assert_eq!(Simulated.terminate_compute_system(system, operation, 0), 0);
    let wait = |milliseconds| {
        let mut document = 0;
        let code = Simulated.wait_for_operation_result(operation, milliseconds, &mut document);
        assert_eq!(code, HCS_E_OPERATION_TIMEOUT.as_i32());
    };
    const WAITS: u32 = 86_400;
    let timed = |waits: u32, milliseconds| {
        let before = host.now();
        let started = Instant::now();
        (0..waits).for_each(|_| wait(milliseconds));
        let elapsed = started.elapsed();
        assert_eq!(host.now() - before, Duration::from_millis(u64::from(waits) * u64::from(milliseconds)));
        elapsed.as_secs_f64() * 1e9
    };
    (0..scale.warm_up).for_each(|_| wait(1));
    let rounds = 0..scale.rounds.min(31);
    let whole: Vec<f64> = rounds.clone().map(|_| timed(1, WAITS * 1_000)).collect();
    let steps: Vec<f64> = rounds.map(|_| timed(WAITS, 1_000)).collect();
    println!("\nEach wait of the loop: {:.0} ns", quantile(&steps, 0.5) / f64::from(WAITS));
    let rows = [("one wait of 86,400,000 ms", whole), ("86,400 waits of 1,000 ms", steps)];
    table("A simulated day of timeouts", rows.map(|(name, times)| (name.to_owned(), times)).into());
    Simulated.close_operation(operation);
    drop(entered);
    end(&host, &[system]);
}
