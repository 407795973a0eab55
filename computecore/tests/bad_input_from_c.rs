//! Any argument of any export from C gets an answer: the program, and that it has every export with every parameter.
//! Not here: which values are tried, and what is expected of each (`c/bad_input.c`).

#![cfg(target_os = "linux")] // elsewhere scripts run the program

mod support;

use std::fs;

use hcs_sim::{Delivery, Export, ExportInfo};
use support::programs::{compiled, file, run};

/// How the answer of an export is judged: a macro of the program.
fn returns(export: &ExportInfo) -> &'static str {
    match export.name {
        "HcsCreateOperation" | "HcsCreateOperationWithNotifications" => "a_handle",
        "HcsGetOperationContext" | "HcsGetComputeSystemFromOperation" | "HcsGetProcessFromOperation" => {
            "a_handle"
        }
        "HcsGetOperationType" => "a_type",
        "HcsGetOperationId" => "an_id",
        _ => match export.delivery {
            Delivery::ThroughOperation => "a_request",
            Delivery::Nothing => "nothing",
            _ => "a_code",
        },
    }
}

/// What is tried for a parameter: a list of values of the program.
fn kind(export: &ExportInfo, name: &str, ty: &str) -> &'static str {
    match (ty, name) {
        ("OperationHandle", _) => "operation",
        ("SystemHandle", _) => "system",
        ("ProcessHandle", _) => "process",
        ("Text", _) => "text",
        ("Needed", _) => "needed_text",
        ("Milliseconds", _) => "milliseconds",
        ("u32", _) => "number",
        ("i32", "event_types") => "operation_options",
        ("i32", "resource_type") => "resource_type",
        ("i32", "callback_options") => "event_options",
        ("Box<CreateOptions>", _) => "create_options",
        ("Out", "process_information") => "information",
        ("Out", _) => "document",
        ("NeededOut", "compute_system") => "new_system",
        ("NeededOut", "process") => "new_process",
        ("NeededOut", "processor_features") => "features",
        ("NeededOut", _) => "needed_document",
        ("Pointer", "callback") => match export.name {
            "HcsCreateOperation" | "HcsSetOperationCallback" => "completion",
            _ => "event_callback",
        },
        ("Pointer", _) => "carried",
        other => panic!("{}: no values for {other:?}", export.name),
    }
}

fn row(export: &ExportInfo) -> String {
    let parameters = export.parameters;
    let listed: String =
        parameters.iter().map(|(name, ty)| format!(", {}, {name}", kind(export, name, ty))).collect();
    format!("EXPORT{}({}, {}{listed})\n", parameters.len(), returns(export), export.name)
}

#[test]
fn the_program_has_a_row_for_every_export_and_parameter() {
    let rows: String = Export::all().iter().map(row).collect();
    let generated = format!("/* Generated from the table of hcs-sim by bad_input_from_c.rs. */\n{rows}");
    let path = file("tests/c/exports.def");
    let found = fs::read_to_string(&path).unwrap_or_default();
    if found != generated && std::env::var_os("HCS_SIM_BLESS").is_some() {
        return fs::write(&path, generated).unwrap();
    }
    assert_eq!(
        found, generated,
        "HCS_SIM_BLESS=1 cargo test -p computecore --test bad_input_from_c writes tests/c/exports.def"
    );
}

#[test]
fn any_argument_of_any_export_gets_an_answer() {
    let program = compiled("cc", "bad_input.c", &["world.c", "-std=c11"]);
    let (printed, _) = run(&program, &[]);
    let tried = Export::all().iter().map(|it| it.parameters.len()).sum::<usize>();
    assert!(printed.contains(&format!("{tried} parameters of {} exports", Export::all().len())), "{printed}");
}
