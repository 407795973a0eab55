//! The cycle and the life of a system, one benchmark each, for whoever wants to dig: `cargo bench --bench cycle`.
//! Not here: the comparison side by side (`ratios`), which is what docs/performance.md shows.

mod common;

use common::*;
use hcs_sim::Host;

fn main() {
    divan::main();
}

/// A host with one running system, entered by this thread.
fn with_system(body: impl FnOnce(usize)) {
    Host::new().run(|_| {
        let system = create(&Simulated, &wide("web"), &wide(CONFIGURATION));
        request(&Simulated, |operation| Simulated.start_compute_system(system, operation, 0));
        body(system);
        Simulated.close_compute_system(system);
    });
}

fn document() -> String {
    let mut text = String::new();
    with_system(|system| text = document_of(system));
    text
}

#[divan::bench_group]
mod cycle {
    use divan::Bencher;

    use super::common::{Document, Simulated, Stub, cycle, mock_cycle};

    #[divan::bench]
    fn hcs_sim(bencher: Bencher<'_, '_>) {
        super::with_system(|system| bencher.bench_local(|| cycle(&Simulated, system)));
    }

    #[divan::bench]
    fn mockall_encoding(bencher: Bencher<'_, '_>) {
        let (mock, system) = mock_cycle(&super::document(), Document::Encoded);
        bencher.bench_local(|| cycle(&mock, system));
    }

    #[divan::bench]
    fn mockall_copying(bencher: Bencher<'_, '_>) {
        let (mock, system) = mock_cycle(&super::document(), Document::Copied);
        bencher.bench_local(|| cycle(&mock, system));
    }

    #[divan::bench]
    fn stub(bencher: Bencher<'_, '_>) {
        let (stub, system) = Stub::new(&super::document());
        bencher.bench_local(|| cycle(&stub, system));
    }
}

#[divan::bench_group]
mod create_to_terminate {
    use divan::Bencher;
    use hcs_sim::Host;

    use super::common::{CONFIGURATION, Simulated, Stub, life, mock_life, wide};

    #[divan::bench]
    fn hcs_sim(bencher: Bencher<'_, '_>) {
        let (id, configuration) = (wide("web"), wide(CONFIGURATION));
        Host::new().run(|_| bencher.bench_local(|| life(&Simulated, &id, &configuration)));
    }

    #[divan::bench]
    fn mockall(bencher: Bencher<'_, '_>) {
        let (id, configuration) = (wide("web"), wide(CONFIGURATION));
        let mock = mock_life();
        bencher.bench_local(|| life(&mock, &id, &configuration));
    }

    #[divan::bench]
    fn stub(bencher: Bencher<'_, '_>) {
        let (id, configuration) = (wide("web"), wide(CONFIGURATION));
        let (stub, _) = Stub::new("");
        bencher.bench_local(|| life(&stub, &id, &configuration));
    }
}
