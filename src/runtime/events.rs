//! What a test lets happen and provides: events at any virtual time, and guest programs.
//! Not here: what an event does (`model::incident`), how a program runs (`guest`).

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::dispatch;
use super::guest::Guest;
use super::host::Host;
use super::world::World;
use crate::event::Event;
use crate::journal::report;
use crate::model::lifecycle::nanos;
use crate::model::step::Due;
use crate::script::program::{Canned, ExitCode, Program, ProgramMatcher};

impl Host {
    /// Lets something happen now. An event that finds nobody to happen to is a finding.
    ///
    /// ```
    /// use hcs_sim::{FindingKind, Host, event};
    /// let host = Host::new();
    /// host.raise(event::power_off("web"));
    /// let report = host.verify().unwrap_err();
    /// assert_eq!(report.findings[0].sentence, "guest power-off of \"web\" happened to nobody: there is no system \"web\"");
    /// ```
    #[track_caller]
    pub fn raise(&self, event: Event) {
        self.raise_from(event, Some(Location::caller()));
    }

    /// [`Host::raise`] for bindings of other languages, whose place in Rust tells nobody anything.
    pub fn raise_from(&self, event: Event, raised: Option<&'static Location<'static>>) {
        let shared = self.shared();
        let _told = super::trace::listen(shared);
        let mut world = shared.world.lock();
        world.calls += 1;
        dispatch::settle(shared, &mut world);
        if world.replay.is_some() {
            return;
        }
        world.raise(&event, raised);
        dispatch::after_a_step(shared, &mut world);
    }

    /// Lets something happen after a time, in virtual time.
    #[track_caller]
    pub fn raise_after(&self, time: Duration, event: Event) {
        let shared = self.shared();
        let mut world = shared.world.lock();
        if world.replay.is_some() {
            return; // what happens is the recording's to say
        }
        let at = world.now().saturating_add(nanos(time));
        world.queue.push(at, Due::Raise(Box::new(event), Some(Location::caller())));
        dispatch::ensure_worker(shared, &mut world);
        shared.announce(&world);
    }

    /// Lets something happen at a time of the host's clock; at once if that is over.
    #[track_caller]
    pub fn raise_at(&self, time: Duration, event: Event) {
        let shared = self.shared();
        let mut world = shared.world.lock();
        if world.replay.is_some() {
            return;
        }
        let at = world.now().max(nanos(time));
        world.queue.push(at, Due::Raise(Box::new(event), Some(Location::caller())));
        dispatch::ensure_worker(shared, &mut world);
        shared.announce(&world);
    }

    /// Provides a guest program for the commands that the matcher describes. The first program that matches runs; a command
    /// that none matches fails as on Windows, with `0x80070002`. Programs are what a guest has installed, not what a test
    /// expects: one that never runs is no finding.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hcs_sim::{Host, program};
    /// let host = Host::new();
    /// host.program("cmd /c ver", |guest| guest.stdout("Windows\r\n"));
    /// host.program(program::starting_with("sleep"), |guest| {
    ///     guest.sleep(Duration::from_secs(60)); // virtual
    ///     3 // the exit code
    /// });
    /// ```
    pub fn program<C: ExitCode>(
        &self,
        matcher: impl Into<ProgramMatcher>,
        program: impl Fn(&mut Guest) -> C + Send + Sync + 'static,
    ) {
        let body = Arc::new(move |guest: &mut Guest| program(guest).code());
        self.provide(matcher.into(), Program::Closure(body));
    }

    /// Provides a guest program that needs no closure: one that prints and exits, or that runs until it is ended.
    ///
    /// ```
    /// use hcs_sim::{Host, program};
    /// let host = Host::new();
    /// host.canned("cmd /c ver", program::prints("Windows\r\n"));
    /// host.canned("server", program::runs_until_terminated());
    /// ```
    pub fn canned(&self, matcher: impl Into<ProgramMatcher>, program: Canned) {
        self.provide(matcher.into(), Program::Canned(program));
    }

    fn provide(&self, matcher: ProgramMatcher, program: Program) {
        self.shared().world.lock().guests.provided.push((matcher, program));
    }
}

impl World {
    pub(super) fn raise(&mut self, event: &Event, raised: Option<&'static Location<'static>>) {
        let now = self.now();
        self.model.set_now(now);
        if let Err(why) = self.model.raise(event) {
            let entry = self.log.next_number().checked_sub(1);
            self.find(report::event_missed(event, &why, raised), entry);
        }
        self.take_in(None);
    }
}
