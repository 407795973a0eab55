//! The documents of live migration: options of its calls, and the data of its events.
//! Not here: the steps of a migration (`model::migration`).

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// The side of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are those of documents
pub enum MigrationOrigin {
    Source,
    Destination,
}

/// `MigrationInitializeOptions`, as far as the model needs it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InitializeOptions {
    pub(crate) origin: Option<MigrationOrigin>,
}

/// `MigrationTransferOptions`, and the options of a cancel.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TransferOptions {
    pub(crate) origin: Option<MigrationOrigin>,
}

/// `MigrationFinalizedOptions`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FinalizeOptions {
    pub(crate) origin: Option<MigrationOrigin>,
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

/// The data of a live migration's event: `OperationSystemMigrationNotificationInfo`.
///
/// ```
/// use hcs_sim::documents::{MigrationNotification, MigrationStep};
/// let told = r#"{"Origin":"Source","Event":"BlackoutStarted"}"#;
/// let told: MigrationNotification = serde_json::from_str(told).unwrap();
/// assert_eq!(told.event, MigrationStep::BlackoutStarted);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // fields are named as in documents
pub struct MigrationNotification {
    pub origin: MigrationOrigin,
    pub event: MigrationStep,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Cow<'static, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_details: Option<Blackout>,
}

/// The details of the end of a blackout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // fields are named as in documents
pub struct Blackout {
    pub blackout_duration_milliseconds: u64,
    pub blackout_stop_timestamp: String,
}

/// The steps of a migration that are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are those of documents
pub enum MigrationStep {
    Unknown,
    SetupDone,
    TransferInProgress,
    BlackoutStarted,
    BlackoutExited,
    OfflineDone,
    MigrationDone,
    MigrationFailed,
    MigrationRecoveryDone,
}
