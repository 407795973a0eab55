//! Systems in a given state, and the state that they tell.
//! Not here: what is expected of them.

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;

use super::*;

pub const SHUTDOWN: &str = r#"{"Mechanism":"IntegrationService","Type":"Shutdown"}"#;
pub const SAVE: &str = r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\vms\\one.vmrs"}"#;
pub const TEMPLATE: &str = r#"{"SaveType":"AsTemplate"}"#;
pub const RESIZE: &str = r#"{"ResourcePath":"VirtualMachine/ComputeTopology/Memory/SizeInMB","RequestType":"Update","Settings":1024}"#;

/// A virtual machine that can do everything.
pub const FULL: &str = r#"{"SchemaVersion":{"Major":2,"Minor":5},"Owner":"tests","VirtualMachine":{
    "ComputeTopology":{"Memory":{"SizeInMB":512}},"Services":{"Shutdown":{}},"GuestConnection":{}}}"#;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    Created,
    Running,
    Paused,
    Stopped,
    SavedAsTemplate,
}

pub const STATES: [State; 5] =
    [State::Created, State::Running, State::Paused, State::Stopped, State::SavedAsTemplate];

/// A system in a state.
pub fn system_in(state: State) -> HCS_SYSTEM {
    let system = create("vm", FULL);
    let requests: &[(Request, Option<&str>)] = match state {
        State::Created => &[],
        State::Running => &[(HcsStartComputeSystem, None)],
        State::Paused => &[(HcsStartComputeSystem, None), (HcsPauseComputeSystem, None)],
        State::Stopped => &[(HcsStartComputeSystem, None), (HcsTerminateComputeSystem, None)],
        State::SavedAsTemplate => &[
            (HcsStartComputeSystem, None),
            (HcsPauseComputeSystem, None),
            (HcsSaveComputeSystem, Some(TEMPLATE)),
        ],
    };
    for (request, options) in requests {
        assert_eq!(ask(*request, system, *options), (S_OK, None));
    }
    system
}

/// The state as properties tell it.
pub fn state_of(system: HCS_SYSTEM) -> State {
    let properties = properties(system, None);
    match (properties.get("State").and_then(|it| it.as_str()), properties.get("Stopped")) {
        (Some("Running"), None) => State::Running,
        (Some("Paused"), None) => State::Paused,
        (Some("SavedAsTemplate"), None) => State::SavedAsTemplate,
        (None, None) => State::Created,
        (None, Some(_)) => State::Stopped,
        other => panic!("{other:?}"),
    }
}
