//! The documents of live migration: options of its calls, and the data of its events.
//! Not here: the steps of a migration (`model::migration`).

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// The side of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    Source,
    Destination,
}

/// `MigrationInitializeOptions`, as far as the model needs it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InitializeOptions {
    pub(crate) origin: Option<Origin>,
}

/// `MigrationTransferOptions`, and the options of a cancel.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TransferOptions {
    pub(crate) origin: Option<Origin>,
}

/// `MigrationFinalizedOptions`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FinalizeOptions {
    pub(crate) origin: Option<Origin>,
    pub(crate) finalized_operation: Option<FinalOperation>,
}

/// What becomes of the system at the end of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum FinalOperation {
    Resume,
    Stop,
}

/// The options of a start: those of a migration's destination, if any.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SystemStartOptions {
    pub(crate) destination_migration_options: Option<super::Object<IgnoredAny>>,
}

/// The data of a live migration's event.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Notification {
    pub(crate) origin: Origin,
    pub(crate) event: Step,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) additional_details: Option<Blackout>,
}

/// The details of the end of a blackout.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Blackout {
    pub(crate) blackout_duration_milliseconds: u64,
    pub(crate) blackout_stop_timestamp: String,
}

/// The steps of a migration that are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Step {
    SetupDone,
    TransferInProgress,
    BlackoutStarted,
    BlackoutExited,
    OfflineDone,
    MigrationDone,
    MigrationFailed,
    MigrationRecoveryDone,
}
