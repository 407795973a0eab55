//! The switches of `Behavior` in a file: those that differ from what the profile has.
//! Not here: what a switch does (`model::behavior`).

use std::time::Duration;

use super::values::Verbatim;
use crate::document::DocumentChecks;
use crate::hresult::Hresult;
use crate::model::behavior::{Behavior, CallbackDelivery, NullCallback, PendingAtExit, SecondRegistration};
use crate::source::record::{OrNone, Refined, record};

/// One row a switch: its name, its type in the file, what it is for editors, and how the two types become each other.
macro_rules! switches {
    ($($name:ident: $type:ty, $doc:literal, |$value:ident| $into:expr, |$own:ident| $from:expr;)*) => {
        record! {
            #[doc = "Switches of the modelled Windows, where the sources leave something open."]
            pub(crate) struct BehaviorFile as "a behavior" { $(#[doc = $doc] $name: Option<$type>,)* }
        }

        impl BehaviorFile {
            pub(crate) fn apply(&self, behavior: &mut Behavior) {
                $(if let Some($value) = self.$name.clone() { behavior.$name = $into; })*
            }

            /// What a behavior has that another one has not.
            pub(crate) fn beyond(behavior: &Behavior, usual: &Behavior) -> BehaviorFile {
                BehaviorFile {
                    $($name: (behavior.$name != usual.$name).then(|| {
                        let $own = behavior.$name.clone();
                        $from
                    }),)*
                }
            }
        }
    };
}

impl Refined for BehaviorFile {}

switches! {
    document_checks: DocumentChecks, "What becomes of request documents that the schema does not know.", |it| it, |it| it;
    leaves_out_newer_members: bool, "Results leave out members that are newer than the host's schema.", |it| it, |it| it;
    accepts_newer_members: bool, "Requests may have members that are newer than the host's schema.", |it| it, |it| it;
    invalid_configuration: Hresult, "The HRESULT of a create with an invalid configuration.", |it| it, |it| it;
    require_generic_all: bool, "HcsOpenComputeSystem refuses every access mask but GENERIC_ALL.", |it| it, |it| it;
    shutdown_service_needs_schema_2_5: bool, "Services.Shutdown counts only for a declared schema of 2.5 or newer.", |it| it, |it| it;
    terminate_document: OrNone<Verbatim>, "The result document of a successful terminate.", |it| it.0.map(|it| it.0), |it| OrNone(it.map(Verbatim));
    created_refuses_properties: bool, "A created system refuses property queries.", |it| it, |it| it;
    pending_at_exit: PendingAtExit, "The HRESULT of operations that are pending when their system exits.", |it| it, |it| it;
    unknown_resource: OrNone<Hresult>, "The HRESULT of a modify request with an unknown resource path; null lets it succeed.", |it| it.0, |it| OrNone(it);
    guest_boot: Duration, "How long after its start a guest takes until its memory can be resized.", |it| it, |it| it;
    guest_shutdown: Duration, "How long after a delivered shutdown request the guest is off.", |it| it, |it| it;
    guest_crash: Duration, "How long after a delivered crash request the system is gone.", |it| it, |it| it;
    exit_event_delay: Duration, "How long after an exit callbacks are told.", |it| it, |it| it;
    second_registration: SecondRegistration, "What a second callback for a handle does.", |it| it, |it| it;
    null_callback: NullCallback, "What a NULL callback for a handle does.", |it| it, |it| it;
    early_completions: bool, "A callback that asks for completions is told those that came before it too.", |it| it, |it| it;
    delivery: CallbackDelivery, "Which callbacks may run side by side.", |it| it, |it| it;
    killed_exit_code: u32, "The exit code of a killed process.", |it| it, |it| it;
    exited_process: Hresult, "The HRESULT of requests on a process that has exited.", |it| it, |it| it;
    exited_process_info: Hresult, "The same for HcsGetProcessInfo.", |it| it, |it| it;
    second_kill: Hresult, "The same for HcsTerminateProcess.", |it| it, |it| it;
    process_after_system_exit: Hresult, "The same once the system has exited.", |it| it, |it| it;
    process_events_at_system_exit: bool, "The exits of processes are told too when they end with their system.", |it| it, |it| it;
    spurious_process_wait: bool, "The wait for a process in a process-isolated container fails though it runs.", |it| it, |it| it;
    enforce_access: bool, "A start fails for a disk that was never granted.", |it| it, |it| it;
    stale_handle: Hresult, "The HRESULT of calls on handles from before the service went away.", |it| it, |it| it;
    schema_minor: u32, "The newest minor version of schema 2 that the service supports.", |it| it, |it| it;
    logical_processors: u32, "The logical processors of the host.", |it| it, |it| it;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The compiler says when a switch is new: it needs a row above.
    #[test]
    fn every_switch_has_a_row() {
        let Behavior {
            profile: _,
            document_checks: _,
            leaves_out_newer_members: _,
            accepts_newer_members: _,
            invalid_configuration: _,
            require_generic_all: _,
            shutdown_service_needs_schema_2_5: _,
            terminate_document: _,
            created_refuses_properties: _,
            pending_at_exit: _,
            unknown_resource: _,
            guest_boot: _,
            guest_shutdown: _,
            guest_crash: _,
            exit_event_delay: _,
            second_registration: _,
            null_callback: _,
            early_completions: _,
            delivery: _,
            killed_exit_code: _,
            exited_process: _,
            exited_process_info: _,
            second_kill: _,
            process_after_system_exit: _,
            process_events_at_system_exit: _,
            spurious_process_wait: _,
            enforce_access: _,
            stale_handle: _,
            schema_minor: _,
            logical_processors: _,
        } = Behavior::default();
    }

    #[test]
    fn a_switch_goes_to_the_file_and_back() {
        let usual = Behavior::default();
        let other = Behavior {
            unknown_resource: None,
            guest_boot: Duration::from_millis(1500),
            terminate_document: Some("{}".to_owned()),
            ..Behavior::default()
        };
        let file = BehaviorFile::beyond(&other, &usual);
        let mut again = Behavior::default();
        file.apply(&mut again);
        assert_eq!(format!("{again:?}"), format!("{other:?}"));
        assert_eq!(BehaviorFile::beyond(&usual, &usual), BehaviorFile::default());
    }
}
