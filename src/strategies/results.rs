//! The documents that HCS writes: results of failures, exits, properties.
//! Not here: what a host asks for (`configuration`).

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::failure;
use crate::document::error_event::{ErrorEvent, EventDataType};
use crate::document::exit::{ExitType, SystemExitStatus};
use crate::document::process::ProcessStatus;
use crate::document::properties::Properties;
use crate::document::result_error::{AttributionRecord, ResultError};
use crate::hresult::{Hresult, S_OK};
use crate::schema::any::{Documents, by_the_schema, guid, text};
use crate::schema::{Type, Version, table};

/// A `ResultError` as HCS writes it: with or without events and attribution, its code in the `0x8037....` or the `0xC037....` form,
/// its message in any language, or none.
///
/// ```
/// use hcs_sim::{ResultError, strategies};
/// use proptest::prelude::*;
/// # mod my_crate {
/// #     pub fn code_of(json: &str) -> i32 {
/// #         serde_json::from_str::<hcs_sim::ResultError>(json).unwrap().code().hresult_form().as_i32()
/// #     }
/// # }
///
/// proptest!(|(error in strategies::result_error())| {
///     prop_assert_eq!(my_crate::code_of(&error.to_json()), error.code().hresult_form().as_i32());
/// });
/// ```
pub fn result_error() -> impl Strategy<Value = ResultError> {
    let code = (failure(), any::<bool>()).prop_map(|(code, is_nt)| if is_nt { code.nt_form() } else { code });
    (code, message_of_any_code(), vec(event(), 0..=3), vec(attribution(), 0..=2)).prop_map(
        |(code, message, events, attribution)| {
            let message = message.unwrap_or_else(|| code.message().to_owned());
            let document = ResultError::new().error(code).message(message);
            let document = events.into_iter().fold(document, ResultError::event);
            attribution.into_iter().fold(document, ResultError::attribution)
        },
    )
}

/// None: the usual message of the code.
fn message_of_any_code() -> impl Strategy<Value = Option<String>> {
    prop_oneof![1 => Just(Some(String::new())), 2 => Just(None), 2 => error_message().prop_map(Some)]
}

/// What a host that speaks any language says in an `ErrorMessage`. Clients must not look for words in it.
///
/// ```
/// use hcs_sim::{Host, ResultError, call, hresult::*, strategies};
/// use proptest::prelude::*;
///
/// proptest!(|(message in strategies::error_message())| {
///     let host = Host::new();
///     host.when(call::start()).fail(E_ACCESSDENIED).document(ResultError::new().message(message)).optional();
///     // .. the client tells what is wrong by the code ..
/// #   host.verify().unwrap();
/// });
/// ```
pub fn error_message() -> impl Strategy<Value = String> {
    const MESSAGES: &[&str] = &[
        "Access is denied.",
        "Für diesen Vorgang ist nicht genügend Arbeitsspeicher verfügbar.",
        "L’accès est refusé à l’ordinateur virtuel.\r\n",
        "Не удалось найти виртуальную машину.",
        "仮想マシンが見つかりません。",
        "找不到虚拟机。",
        "לא ניתן היה למצוא את המחשב הווירטואלי.",
        r#"The file "C:\disks\web.vhdx" is in use. (0x80070020)"#,
    ];
    prop_oneof![3 => select(MESSAGES).prop_map(str::to_owned), 1 => text()]
}

/// An event of the compute service or of a worker.
fn event() -> impl Strategy<Value = ErrorEvent> {
    use EventDataType as Is;
    let id = select(vec![
        ErrorEvent::INVALID_CONFIGURATION,
        ErrorEvent::INVALID_REQUEST,
        ErrorEvent::HYPER_V_NOT_INSTALLED,
        ErrorEvent::POWER_ON_FAILED,
        ErrorEvent::START_FAILED,
    ]);
    let data_type =
        select(vec![Is::String, Is::UInt32, Is::Int64, Is::Boolean, Is::Guid, Is::Binary, Is::Empty]);
    let data = vec((data_type, text()), 0..=3);
    (id, error_message(), option::of(0u32..16), data, option::of(text())).prop_map(
        |(id, message, flags, data, source)| {
            let is_of_worker = id >= ErrorEvent::POWER_ON_FAILED;
            let provider =
                if is_of_worker { ErrorEvent::HYPER_V_WORKER } else { ErrorEvent::HYPER_V_COMPUTE };
            let mut event = ErrorEvent::new(provider, id, message);
            event = data.into_iter().fold(event, |event, (of, value)| event.typed_data(of, value));
            if let Some(flags) = flags.filter(|_| is_of_worker) {
                event = event.flags(flags); // those of the service have none
            }
            source.into_iter().fold(event, ErrorEvent::source)
        },
    )
}

/// A value of an enumeration, by the schema's table.
fn value_of(ty: &'static Type) -> impl Strategy<Value = std::borrow::Cow<'static, str>> {
    let known = ty.values().filter(|it| it.is_documented() && it.since() <= Version::V2_6);
    select(known.map(|it| it.name()).collect::<Vec<_>>()).prop_map(Into::into)
}

fn attribution() -> impl Strategy<Value = AttributionRecord> {
    use AttributionRecord as Record;
    prop_oneof![
        value_of(&table::OperationFailureDetail).prop_map(|detail| Record::OperationFailure { detail }),
        (value_of(&table::SystemExitDetail), value_of(&table::ExitInitiator))
            .prop_map(|(detail, initiator)| Record::SystemExit { detail, initiator }),
        (
            any::<u32>(),
            option::of(value_of(&table::WorkerExitType)),
            value_of(&table::WorkerExitDetail),
            option::of(value_of(&table::ExitInitiator)),
        )
            .prop_map(|(exit_code, r#type, detail, initiator)| Record::WorkerExit {
                exit_code,
                r#type,
                detail,
                initiator,
            }),
        vec(any::<u64>(), 5).prop_map(|crash_parameters| Record::GuestCrash { crash_parameters }),
        any::<u64>().prop_map(|error_type| Record::TripleFault { error_type }),
        Just(Record::InjectNonMaskableInterrupt {}),
        (value_of(&table::VirtualDeviceFailureDetail), text(), guid(), option::of(guid())).prop_map(
            |(detail, name, device_id, instance_id)| Record::VirtualDeviceFailure {
                detail,
                name,
                device_id,
                instance_id,
            }
        ),
    ]
}

/// How a compute system may have ended: a graceful or forced exit with success, an unexpected one with a failure.
///
/// ```
/// use hcs_sim::{ExitType, strategies};
/// use proptest::prelude::*;
///
/// proptest!(|(status in strategies::exit_status())| {
///     prop_assert_eq!(status.exit_type == ExitType::UnexpectedExit, !status.status.is_success());
/// });
/// ```
pub fn exit_status() -> impl Strategy<Value = SystemExitStatus> {
    let ends = prop_oneof![
        Just((ExitType::GracefulExit, S_OK)),
        Just((ExitType::ForcedExit, S_OK)),
        failure().prop_map(|code: Hresult| (ExitType::UnexpectedExit, code)),
    ];
    (ends, vec(attribution(), 0..=2)).prop_map(|((exit_type, status), attribution)| {
        let document = SystemExitStatus::new(exit_type).status(status);
        attribution.into_iter().fold(document, SystemExitStatus::attribution)
    })
}

/// How a process ended, or that it has not.
///
/// ```
/// use hcs_sim::strategies;
/// use proptest::prelude::*;
///
/// proptest!(|(status in strategies::process_status())| {
///     prop_assert!(status.exited || status.exit_code == 0);
/// });
/// ```
pub fn process_status() -> impl Strategy<Value = ProcessStatus> {
    let exit_code = prop_oneof![3 => 0u32..=255, 1 => any::<u32>()];
    (4u32..100_000, option::of(exit_code)).prop_map(|(process_id, exit_code)| match exit_code {
        Some(code) => ProcessStatus::exited(process_id, code),
        None => ProcessStatus::running(process_id),
    })
}

/// What HCS may tell of a compute system: its state, memory, statistics, processes, of any kind and in any combination.
///
/// ```
/// use hcs_sim::documents::Properties;
/// use hcs_sim::strategies;
/// use proptest::prelude::*;
///
/// proptest!(|(properties in strategies::properties())| {
///     let read: Properties = serde_json::from_str(&properties.to_json()).unwrap();
///     prop_assert_eq!(read, properties);
/// });
/// ```
pub fn properties() -> impl Strategy<Value = Properties> {
    // Answers to queries, which came with 2.5, hold any JSON.
    let of = |fullness| Documents::new(Version::V2_4, fullness, by_the_schema).of(&table::Properties);
    prop_oneof![3 => of(0.2), 1 => of(0.6)].prop_map(|it| {
        let mut told: Properties =
            serde_json::from_value(it).expect("hcs-sim bug: properties are read as the table has them");
        // HCS always tells since when a process runs.
        for process in told.process_list.iter_mut().flatten().filter(|it| it.create_timestamp.is_empty()) {
            process.create_timestamp = "2026-01-31T08:30:00.0000000Z".to_owned();
        }
        told
    })
}
