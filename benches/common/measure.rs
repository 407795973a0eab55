//! Measuring side by side, in turns, and the tables that come of it; hosts that are entered only while they run.
//! Not here: what is measured.

use std::time::{Duration, Instant};

use hcs_sim::{FindingKind, Host};

use super::*;

pub struct Scale {
    pub rounds: usize,
    pub batch: u32,
    /// Cycles that fill the journal of a host to its limit.
    pub warm_up: u32,
    pub systems: [usize; 3],
    pub pending: [usize; 3],
}

impl Scale {
    /// Cargo passes `--bench` when it measures; `cargo test` only wants to see that it runs.
    pub fn asked_for() -> Scale {
        let measures = std::env::args().any(|it| it == "--bench");
        if measures { Scale::FULL } else { Scale::SMOKE }
    }

    const FULL: Scale = Scale {
        rounds: 201,
        batch: 500,
        warm_up: 30_000,
        systems: [1, 1_000, 100_000],
        pending: [1, 1_000, 1_000_000],
    };
    const SMOKE: Scale =
        Scale { rounds: 3, batch: 10, warm_up: 10, systems: [1, 10, 100], pending: [1, 10, 100] };
}

/// Something to measure: does a number of iterations and answers how long they took.
pub type Contestant<'a> = (String, Box<dyn FnMut(u32) -> Duration + 'a>);

pub fn contestant<'a>(name: impl Into<String>, mut iteration: impl FnMut() + 'a) -> Contestant<'a> {
    let run = move |iterations| {
        let started = Instant::now();
        for _ in 0..iterations {
            iteration();
        }
        started.elapsed()
    };
    (name.into(), Box::new(run))
}

/// Runs all in turns, a batch each, round after round; another one begins each round. Prints nanoseconds per iteration, and
/// the ratio to the first contestant of the same round: noise of the machine hits neighbours alike.
pub fn side_by_side(title: &str, scale: &Scale, batch: u32, mut contestants: Vec<Contestant<'_>>) {
    let batch = batch.clamp(1, scale.batch);
    let mut times = vec![Vec::with_capacity(scale.rounds); contestants.len()];
    for round in 0..scale.rounds + 2 {
        for turn in 0..contestants.len() {
            let index = (round + turn) % contestants.len();
            let elapsed = contestants[index].1(batch);
            if round >= 2 {
                times[index].push(elapsed.as_secs_f64() * 1e9 / f64::from(batch));
            }
        }
    }
    let names = contestants.into_iter().map(|it| it.0);
    table(title, names.zip(times).collect());
}

/// The first row is what the others are compared with.
pub fn table(title: &str, rows: Vec<(String, Vec<f64>)>) {
    println!("\n| {title} | median ns | least ns | times the first | spread of the ratio |");
    println!("|---|--:|--:|--:|--:|");
    let first = rows[0].1.clone();
    for (name, times) in rows {
        let ratios: Vec<f64> = times.iter().zip(&first).map(|(it, first)| it / first).collect();
        let (median, least, ratio) = (quantile(&times, 0.5), quantile(&times, 0.0), quantile(&ratios, 0.5));
        let (low, high) = (quantile(&ratios, 0.1), quantile(&ratios, 0.9));
        println!("| {name} | {median:.0} | {least:.0} | {ratio:.2} | {low:.2} - {high:.2} |");
    }
}

pub fn quantile(values: &[f64], which: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * which).round() as usize]
}

/// A host with one running system, on this thread while the body runs.
pub fn with_running(host: &Host, id: &str, configuration: &str) -> usize {
    // What is measured is careless, and does the same again and again.
    for kind in [FindingKind::PolledInALoop, FindingKind::ClosedWhilePending, FindingKind::ResultUnread] {
        host.allow(kind);
    }
    let _entered = host.enter();
    let system = create(&Simulated, &wide(id), &wide(configuration));
    request(&Simulated, |operation| Simulated.start_compute_system(system, operation, 0));
    system
}

/// A contestant on a host of its own, entered only while it runs.
pub fn on_host<'a>(host: &'a Host, name: impl Into<String>, iteration: impl FnMut() + 'a) -> Contestant<'a> {
    let (name, mut run) = contestant(name, iteration);
    let entering = move |iterations| {
        let _entered = host.enter();
        run(iterations)
    };
    (name, Box::new(entering))
}

pub fn end(host: &Host, systems: &[usize]) {
    let _entered = host.enter();
    systems.iter().for_each(|it| Simulated.close_compute_system(*it));
    host.verify().expect("the benchmark uses the functions correctly");
}
