//! The headers say what the tables say: prototypes and codes are generated, control functions are compared with the source.
//! Not here: whether compilers take them (`clients`).

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use hcs_sim::hresult::TABLE;
use hcs_sim::{Export, ExportInfo};

fn include(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("include").join(name)
}

/// Holds a generated part of a header to what it should be. `HCS_SIM_BLESS=1` writes it.
fn hold_part(header: &str, part: &str, generated: &str) {
    let text = fs::read_to_string(include(header)).unwrap();
    let begin = format!("/* BEGIN {part}, generated from the table of hcs-sim */\n");
    let end = format!("/* END {part} */");
    let (before, rest) = text.split_once(&begin).expect("the part begins");
    let (found, after) = rest.split_once(&end).expect("the part ends");
    if found != generated && std::env::var_os("HCS_SIM_BLESS").is_some() {
        return fs::write(include(header), format!("{before}{begin}{generated}{end}{after}")).unwrap();
    }
    assert_eq!(
        found, generated,
        "{header} is not what the table says; HCS_SIM_BLESS=1 cargo test -p computecore --test header writes it"
    );
}

/// The type that a function returns, where it is not `HRESULT`.
fn returned(name: &str) -> &'static str {
    match name {
        "HcsCreateOperation" | "HcsCreateOperationWithNotifications" => "HCS_OPERATION",
        "HcsCloseOperation" | "HcsCloseComputeSystem" | "HcsCloseProcess" => "void",
        "HcsGetOperationContext" => "void *",
        "HcsGetComputeSystemFromOperation" => "HCS_SYSTEM",
        "HcsGetProcessFromOperation" => "HCS_PROCESS",
        "HcsGetOperationType" => "HCS_OPERATION_TYPE",
        "HcsGetOperationId" => "UINT64",
        _ => "HRESULT",
    }
}

/// The C type of a parameter: mostly its type in the table says it, else its name.
fn c_type(export: &ExportInfo, name: &str, ty: &str) -> &'static str {
    match (ty, name) {
        ("OperationHandle", _) => "HCS_OPERATION ",
        ("SystemHandle", _) => "HCS_SYSTEM ",
        ("ProcessHandle", _) => "HCS_PROCESS ",
        ("Text" | "Needed", _) => "PCWSTR ",
        ("Milliseconds" | "u32", _) => "DWORD ",
        ("Box<CreateOptions>", _) => "const HCS_CREATE_OPTIONS *",
        ("Out", "process_information") => "HCS_PROCESS_INFORMATION *",
        ("NeededOut", "compute_system") => "HCS_SYSTEM *",
        ("NeededOut", "process") => "HCS_PROCESS *",
        ("NeededOut", "processor_features") => "PCWSTR *",
        ("Out" | "NeededOut", _) => "PWSTR *",
        ("i32", "event_types") => "HCS_OPERATION_OPTIONS ",
        ("i32", "resource_type") => "HCS_RESOURCE_TYPE ",
        ("i32", "callback_options") => "HCS_EVENT_OPTIONS ",
        ("Pointer", "context") => "const void *",
        ("Pointer", "security_descriptor") => "const SECURITY_DESCRIPTOR *",
        ("Pointer", "identity" | "handle") => "HANDLE ",
        ("Pointer", "callback") => match export.name {
            "HcsCreateOperation" | "HcsSetOperationCallback" => "HCS_OPERATION_COMPLETION ",
            _ => "HCS_EVENT_CALLBACK ",
        },
        other => panic!("{}: no C type for {other:?}", export.name),
    }
}

fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + &part[..1].to_uppercase() + &part[1..])
}

fn prototype(export: &ExportInfo) -> String {
    let parameters: Vec<String> = export
        .parameters
        .iter()
        .map(|(name, ty)| format!("{}{}", c_type(export, name, ty), camel_case(name)))
        .collect();
    let parameters = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
    format!("{} WINAPI {}({parameters});\n", returned(export.name), export.name)
}

#[test]
fn the_prototypes_are_those_of_the_table() {
    let prototypes: String = Export::all().iter().map(prototype).collect();
    hold_part("computecore.h", "functions", &prototypes);
}

#[test]
fn the_codes_are_those_of_the_table() {
    let is_hcs = |name: &str| name == "S_OK" || name.starts_with("HCS_E_") || name.starts_with("E_");
    let codes: String = TABLE
        .iter()
        .filter(|it| is_hcs(it.name))
        .map(|it| {
            let (name, bits) = (it.name, it.value.bits());
            format!("#ifndef {name}\n#define {name} ((HRESULT)0x{bits:08X}) /* {} */\n#endif\n", it.meaning)
        })
        .collect();
    hold_part("computedefs.h", "codes", &codes);
}

/// The names between `marker` and an opening bracket in a text.
fn names_after<'a>(text: &'a str, marker: &str) -> BTreeSet<&'a str> {
    text.split(marker).skip(1).filter_map(|it| it.split_once('(')).map(|it| it.0.trim()).collect()
}

#[test]
fn the_control_functions_are_those_of_the_source() {
    let header = fs::read_to_string(include("hcs_sim.h")).unwrap();
    let control =
        fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/control.rs")).unwrap();
    let declared = names_after(&header, "HCS_SIM_CALL Hcs");
    let defined = names_after(&control, "extern \"system\" fn Hcs");
    assert_eq!(declared, defined);
    assert!(declared.contains("SimVerify"));
}
