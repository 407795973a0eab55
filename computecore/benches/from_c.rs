//! What the C library costs over the functions of Rust, and how long it takes to load: `cargo bench -p computecore --bench from_c`.
//! Not here: what hcs-sim itself costs (`benches/ratios.rs` of the crate).
//!
//! Both sides do the same, batch by batch in turns: this process through the functions of the crate, a program in C through the
//! shared library. While one measures the other waits for its turn.

#[path = "../tests/support/mod.rs"]
mod support;

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("left out: the programs in C are built for Linux only");
}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
    use std::ptr::{null, null_mut};
    use std::time::Instant;

    use hcs_sim::computecore::*;
    use hcs_sim::win32::LocalFree;
    use hcs_sim::{FindingKind, Host};

    use super::support::library_path;
    use super::support::programs::{compiled, run};

    pub fn main() {
        // Cargo passes `--bench` when it measures; `cargo test` only wants to see that it runs.
        let measures = std::env::args().any(|it| it == "--bench");
        cycles(if measures { (401, 500, 30_000) } else { (3, 10, 10) });
        loading(if measures { 201 } else { 3 });
    }

    /// Rounds, cycles in each, and cycles before that fill the journal to its limit.
    fn cycles((rounds, batch, warm_up): (usize, u32, u32)) {
        let mut in_c = InC::start();
        let mut in_rust = InRust::start();
        in_c.cycles(warm_up);
        in_rust.cycles(warm_up);
        let mut times = Vec::new();
        for round in 0..rounds {
            let (c, rust) = if round % 2 == 0 {
                let c = in_c.cycles(batch);
                (c, in_rust.cycles(batch))
            } else {
                let rust = in_rust.cycles(batch);
                (in_c.cycles(batch), rust)
            };
            times.push((c, rust, c / rust));
        }
        in_c.end();
        in_rust.end();
        let (c, rust) = (median(times.iter().map(|it| it.0)), median(times.iter().map(|it| it.1)));
        println!("the cycle of one operation, medians of {rounds} rounds of {batch}");
        println!("  from C, libcomputecore.so    {c:>6.0} ns");
        println!("  from Rust, hcs_sim           {rust:>6.0} ns");
        println!("  C over Rust, the medians     {:>6.3}", c / rust);
        println!("  C over Rust, round by round  {:>6.3} (median)", median(times.iter().map(|it| it.2)));
    }

    fn loading(processes: usize) {
        let program = compiled("cc", "../../benches/c/loaded.c", &["-Wl,--as-needed"]);
        let library = library_path();
        let nanoseconds = (0..processes).map(|_| {
            let (printed, _) = run(&program, &[library.to_str().unwrap()]);
            printed.trim().parse::<f64>().unwrap()
        });
        println!("loading the library, median of {processes} processes: {:.3} ms", median(nanoseconds) / 1e6);
    }

    fn median(values: impl Iterator<Item = f64>) -> f64 {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    struct InC {
        child: Child,
        asks: ChildStdin,
        answers: BufReader<ChildStdout>,
    }

    impl InC {
        fn start() -> InC {
            let program = compiled("cc", "../../benches/c/cycle.c", &["-O2"]);
            let mut child =
                Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let (asks, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
            InC { child, asks, answers: BufReader::new(answers) }
        }

        /// Nanoseconds for each.
        fn cycles(&mut self, count: u32) -> f64 {
            writeln!(self.asks, "{count}").unwrap();
            let mut line = String::new();
            self.answers.read_line(&mut line).unwrap();
            line.trim().parse::<f64>().unwrap() / f64::from(count)
        }

        fn end(self) {
            let InC { mut child, asks, .. } = self;
            drop(asks);
            assert!(child.wait().unwrap().success(), "the program in C uses the functions correctly");
        }
    }

    struct InRust {
        system: HCS_SYSTEM,
    }

    impl InRust {
        fn start() -> InRust {
            Host::default_host().allow(FindingKind::PolledInALoop);
            let mut system = null_mut();
            let id = wide("web");
            let configuration =
                wide(r#"{"SchemaVersion": {"Major": 2, "Minor": 1}, "Owner": "bench", "Container": {}}"#);
            // SAFETY: texts end with a zero and live as long as the block.
            unsafe {
                let operation = HcsCreateOperation(null(), None);
                let (id, configuration) = (id.as_ptr(), configuration.as_ptr());
                must(HcsCreateComputeSystem(id, configuration, operation, null(), &mut system));
                must(HcsWaitForOperationResult(operation, INFINITE, null_mut()));
                must(HcsStartComputeSystem(system, operation, null()));
                must(HcsWaitForOperationResult(operation, INFINITE, null_mut()));
                HcsCloseOperation(operation);
            }
            InRust { system }
        }

        /// Nanoseconds for each.
        fn cycles(&mut self, count: u32) -> f64 {
            let began = Instant::now();
            (0..count).for_each(|_| self.cycle());
            began.elapsed().as_nanos() as f64 / f64::from(count)
        }

        fn cycle(&self) {
            let mut document = null_mut();
            // SAFETY: the out pointer is valid, and the document is freed once.
            unsafe {
                let operation = HcsCreateOperation(null(), None);
                must(HcsGetComputeSystemProperties(self.system, operation, null()));
                must(HcsWaitForOperationResult(operation, INFINITE, &mut document));
                LocalFree(document.cast());
                HcsCloseOperation(operation);
            }
        }

        fn end(self) {
            // SAFETY: any value is recognised.
            unsafe { HcsCloseComputeSystem(self.system) };
            Host::default_host().verify().expect("the benchmark uses the functions correctly");
        }
    }

    fn must(code: HRESULT) {
        assert_eq!(code, 0);
    }

    fn wide(text: &str) -> Vec<u16> {
        text.encode_utf16().chain([0]).collect()
    }
}
