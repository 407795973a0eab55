//! Enumerations of the crate as files write them: by the names of their variants in Rust.
//! Not here: records (`record`), and what a word does.

use super::record::named;
use crate::call::OperationType;
use crate::document::DocumentChecks;
use crate::event::{EventType, MigrationFailure};
use crate::model::behavior::{CallbackDelivery, NullCallback, SecondRegistration};
use crate::model::profile::Profile;
use crate::runtime::clock::Time;
use crate::runtime::world::Completion;

named! {
    Time as "a mode of time": Virtual, Manual, Real;
    Completion as "a mode of completion": Asynchronous, BeforeReturn, WhenReleased;
    Profile as "a profile": Windows10V1809, Windows10V1903, Windows10V2004, WindowsServer2022, Windows11V21H2, Newest;
    DocumentChecks as "a way to check documents": Refuse, Note, Off;
    CallbackDelivery as "a way to deliver callbacks": OneByOne, ByHandle, SideBySide;
    SecondRegistration as "a way to take a second callback": Replace, Refuse;
    NullCallback as "a way to take a NULL callback": Refuse, Clear;
    OperationType as "a type of operation": None, Enumerate, Create, Start, Shutdown, Pause, Resume, Save, Terminate, Modify,
        GetProperties, CreateProcess, SignalProcess, GetProcessInfo, GetProcessProperties, ModifyProcess, Crash, LiveMigration;
    EventType as "a type of event": SystemExited, SystemCrashInitiated, SystemCrashReport, SystemRdpEnhancedModeStateChanged,
        SystemSiloJobCreated, SystemGuestConnectionClosed, ProcessExited, OperationCallback, ServiceDisconnect, GroupVmLifecycle,
        GroupLiveMigration, GroupOperationInfo;
    MigrationFailure as "a failure of a migration": MigrationCancelled, GuestInitiatedCancellation, SourceMigrationFailed,
        DestinationMigrationFailed, MigrationRecoveryFailed;
}

#[cfg(test)]
mod tests {
    use super::super::{Node, Problems};
    use super::*;
    use crate::source::record::{Data, Out};

    /// Every value is written by a name that reads as the same value.
    fn all_have_names<T: Data + Copy + PartialEq + std::fmt::Debug>(values: &[T]) {
        for value in values {
            let Out::Plain(name) = value.write() else { panic!("a name is plain") };
            let name = name.to_string();
            let mut problems = Problems::of(&name);
            let node = Node::parse(&name, 0, &mut problems).unwrap();
            assert_eq!(T::read(node, &mut problems), Some(*value));
        }
    }

    #[test]
    fn no_variant_lacks_a_name() {
        all_have_names(&Profile::ALL);
        all_have_names(OperationType::all());
        all_have_names(EventType::all());
        all_have_names(MigrationFailure::all());
        all_have_names(&[DocumentChecks::Refuse, DocumentChecks::Note, DocumentChecks::Off]);
    }
}
