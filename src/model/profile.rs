//! Windows builds: the schema that each knows, its exports, and how it is known to differ.
//! Not here: switches that are turned one by one (`behavior`).

use std::fmt;

use crate::call::Export;
use crate::schema::Version;

/// A build of Windows that a host can be like: [`Builder::profile`](crate::Builder::profile).
///
/// What differs: the newest schema ([`Behavior::schema_minor`](crate::Behavior::schema_minor)) and so which documents are refused
/// and what is written, the exports, whether a shutdown takes options, and the document of a terminate.
///
/// ```
/// use hcs_sim::{Export, Host, Profile, schema::Version};
/// for profile in Profile::ALL {
///     let host = Host::builder().profile(profile).build();
///     // .. the test, on every Windows ..
/// #   drop(host);
/// }
/// assert_eq!(Profile::WindowsServer2022.schema(), Version::V2_5);
/// assert!(!Profile::Windows10V1809.has(Export::HcsWaitForComputeSystemExit));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Profile {
    /// Windows 10 1809, Windows Server 2019 (build 17763).
    Windows10V1809,
    /// Windows 10 1903 (build 18362).
    Windows10V1903,
    /// Windows 10 2004 (build 19041).
    Windows10V2004,
    /// Windows Server 2022 (build 20348).
    WindowsServer2022,
    /// Windows 11 21H2 (build 22000), the newest whose schema is documented. The default.
    #[default]
    Windows11V21H2,
    /// A Windows of today (Windows 11 22H2 to 24H2, Windows Server 2025), as far as its clients tell: members that came after the documented schema are known to it, and a
    /// terminate answers with a document.
    Newest,
}

/// A row of the table.
struct Row {
    profile: Profile,
    name: &'static str,
    minor: u32,
    terminate_document: Option<&'static str>,
}

/// (fidelity: `profiles`)
static ROWS: [Row; 6] = [
    row(Profile::Windows10V1809, "Windows 10 1809, Windows Server 2019", 1),
    row(Profile::Windows10V1903, "Windows 10 1903", 2),
    row(Profile::Windows10V2004, "Windows 10 2004", 3),
    row(Profile::WindowsServer2022, "Windows Server 2022", 5),
    row(Profile::Windows11V21H2, "Windows 11 21H2", 6),
    Row { terminate_document: Some("{}"), ..row(Profile::Newest, "the newest Windows", 9) },
];

const fn row(profile: Profile, name: &'static str, minor: u32) -> Row {
    Row { profile, name, minor, terminate_document: None }
}

/// Exports that came later than the others, with their first build. (fidelity: `profile-exports`)
static LATER: [(Profile, &[Export]); 3] = [
    (
        Profile::Windows10V2004,
        &[
            Export::HcsEnumerateComputeSystemsInNamespace,
            Export::HcsCreateComputeSystemInNamespace,
            Export::HcsOpenComputeSystemInNamespace,
        ],
    ),
    (
        Profile::WindowsServer2022,
        &[
            Export::HcsWaitForComputeSystemExit,
            Export::HcsWaitForProcessExit,
            Export::HcsGetProcessorCompatibilityFromSavedState,
        ],
    ),
    (
        Profile::Windows11V21H2,
        &[
            Export::HcsAddResourceToOperation,
            Export::HcsCreateOperationWithNotifications,
            Export::HcsGetOperationProperties,
            Export::HcsInitializeLiveMigrationOnSource,
            Export::HcsStartLiveMigrationOnSource,
            Export::HcsStartLiveMigrationTransfer,
            Export::HcsFinalizeLiveMigration,
            Export::HcsCancelLiveMigration,
        ],
    ),
];

impl Profile {
    /// Every profile, oldest first.
    pub const ALL: [Profile; 6] = [
        Profile::Windows10V1809,
        Profile::Windows10V1903,
        Profile::Windows10V2004,
        Profile::WindowsServer2022,
        Profile::Windows11V21H2,
        Profile::Newest,
    ];

    /// The newest schema that it knows.
    pub fn schema(self) -> Version {
        Version::new(2, self.row().minor)
    }

    /// Whether its `computecore.dll` has an export.
    pub fn has(self, export: Export) -> bool {
        // asked of every call: those of today have everything
        self >= LATER[LATER.len() - 1].0
            || LATER.iter().all(|(first, exports)| self >= *first || !exports.contains(&export))
    }

    pub(crate) fn terminate_document(self) -> Option<&'static str> {
        self.row().terminate_document
    }

    fn row(self) -> &'static Row {
        ROWS.iter().find(|it| it.profile == self).expect("hcs-sim bug: every profile has a row")
    }
}

/// As people call it.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_exports_stand_in_the_order_of_their_builds() {
        assert!(LATER.is_sorted_by_key(|it| it.0));
        assert!(Profile::ALL.is_sorted());
    }
}
