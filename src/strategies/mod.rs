//! Strategies of `proptest`, with which users test the properties of their own clients: configurations, result documents, and
//! whole plans of faults. Not here: the check of documents ([`schema`]), the scenarios that plans are ([`Scenario`](crate::Scenario)).
//!
//! Only with the feature `proptest`.
//!
//! ```
//! use hcs_sim::{Host, strategies};
//! use proptest::prelude::*;
//! # mod my_crate { pub fn boot(_: &str) -> Result<(), i32> { Ok(()) } }
//!
//! proptest! {
//!     // #[test]
//!     fn whatever_happens_nothing_leaks(plan in strategies::fault_plan("web")) {
//!         let host = Host::new();
//!         host.play(&plan).unwrap();
//!         host.run(|_| {
//!             let _ = my_crate::boot("web"); // may fail, but leaves nothing behind and does not hang
//!         });
//!     }
//! }
//! # whatever_happens_nothing_leaks();
//! ```
//!
//! A test that fails shows the smallest plan that makes it fail, as the file of a scenario: paste it into a test of its own, where
//! [`Host::from_scenario`](crate::Host::from_scenario) plays it.

mod configuration;
mod faults;
mod results;

use proptest::prelude::*;
use proptest::sample::select;

use crate::hresult::{
    ERROR_VMCOMPUTE_OPERATION_PENDING, HCS_E_OPERATION_ALREADY_STARTED, HCS_E_OPERATION_NOT_STARTED,
    HCS_E_OPERATION_PENDING, HCS_E_OPERATION_TIMEOUT, Hresult, TABLE,
};
use crate::schema::{self, Version, any};

pub use configuration::{broken_configuration, configuration};
pub use faults::fault_plan;
pub use results::{error_message, exit_status, process_status, properties, result_error};

/// Any document of a type of the schema, by its name: in order for a host whose newest schema is `version`.
///
/// It holds what the schema's reference has ([`Type::is_documented`](schema::Type::is_documented)).
///
/// ```
/// use hcs_sim::schema::{self, Version};
/// use hcs_sim::strategies;
/// use proptest::prelude::*;
///
/// proptest!(|(json in strategies::document("ProcessParameters", Version::V2_1))| {
///     prop_assert!(schema::check("ProcessParameters", &json, Version::V2_1).is_empty());
/// });
/// ```
///
/// # Panics
///
/// If the schema has no such type, or one of which the table alone does not say what is in order: requests whose settings depend on
/// their resource path or on what they ask for.
#[track_caller]
pub fn document(ty: &str, version: Version) -> impl Strategy<Value = String> + use<> {
    let found = schema::find(ty).filter(|it| any::stands_alone(it));
    let Some(ty) = found else { panic!("{}", crate::journal::report::files::no_such_document(ty)) };
    let of = |fullness| any::Documents::new(version, fullness, any::by_the_schema).of(ty);
    prop_oneof![3 => of(0.2), 1 => of(0.6)].prop_map(|it| it.to_string())
}

/// Codes about the operation's own handle: no request fails with them, and a client may well take them for a reason to go on waiting.
const OF_HANDLES: [Hresult; 5] = [
    HCS_E_OPERATION_NOT_STARTED,
    HCS_E_OPERATION_ALREADY_STARTED,
    HCS_E_OPERATION_PENDING,
    HCS_E_OPERATION_TIMEOUT,
    ERROR_VMCOMPUTE_OPERATION_PENDING,
];

/// An HRESULT with which a request may fail: any one that hcs-sim knows, in the form in which calls return it. Codes about the handle
/// of the operation itself, such as `HCS_E_OPERATION_PENDING`, are not among them.
///
/// ```
/// use hcs_sim::strategies;
/// use proptest::prelude::*;
///
/// proptest!(|(code in strategies::failure())| {
///     prop_assert!(!code.is_success());
/// });
/// ```
pub fn failure() -> impl Strategy<Value = Hresult> {
    let is_one = |it: &Hresult| !it.is_success() && it.hresult_form() == *it && !OF_HANDLES.contains(it);
    select(TABLE.iter().map(|it| it.value).filter(is_one).collect::<Vec<_>>())
}
