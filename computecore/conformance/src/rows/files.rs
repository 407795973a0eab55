//! State files, and who may open which file. On a real Windows only files of the row's own are touched.
//! Not here: the rest of the service (`service`).

use hcs_sim::Export::{self, *};
use hcs_sim::hresult::*;

use crate::row::*;

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, export) in
        [("guest-state", HcsCreateEmptyGuestStateFile), ("runtime-state", HcsCreateEmptyRuntimeStateFile)]
    {
        let make = |case: &str, path: &'static str| {
            row(format!("{name}-{case}"), &["state-files"]).call(export, [Text(path)])
        };
        rows.push(make("file", "<temp>/made.vmgs"));
        rows.push(
            make("file-twice", "<temp>/made.vmgs")
                .call(export, [Text("<temp>/made.vmgs")])
                .gives(HRESULT_ERROR_FILE_EXISTS),
        );
        rows.push(make("file-that-exists", "<file>").gives(HRESULT_ERROR_FILE_EXISTS));
        rows.push(make("file-in-no-folder", "<temp>/none/made.vmgs").gives(HRESULT_ERROR_PATH_NOT_FOUND));
        rows.push(null(&format!("{name}-null"), export, vec![NULL]));
    }
    let compatibility = |case: &str, path: &'static str| {
        row(format!("compatibility-{case}"), &["processor-compatibility"])
            .call(HcsGetProcessorCompatibilityFromSavedState, [Text(path), DOCUMENT])
    };
    rows.extend([
        compatibility("of-nothing", "<temp>/nothing.vmrs").gives(HRESULT_ERROR_FILE_NOT_FOUND),
        compatibility("of-another-file", "<file>").gives(HRESULT_ERROR_INVALID_DATA),
        row("compatibility-of-a-saved-machine", &["processor-compatibility", "state-save"])
            .vm(State::Paused)
            .call(
                HcsSaveComputeSystem,
                [SYSTEM, OPERATION, Text(r#"{"SaveType":"ToFile","SaveStateFilePath":"<temp>/saved.vmrs"}"#)],
            )
            .succeeds()
            .call(HcsGetProcessorCompatibilityFromSavedState, [Text("<temp>/saved.vmrs"), DOCUMENT])
            .document(Doc::Has(&[("/ProcessorFeatures", "*")])),
        null("compatibility-null", HcsGetProcessorCompatibilityFromSavedState, vec![NULL, DOCUMENT]),
        null("compatibility-no-out", HcsGetProcessorCompatibilityFromSavedState, vec![Text("<file>"), NULL]),
    ]);
    rows.extend(access());
    rows
}

fn access() -> Vec<Row> {
    let cite = &["access-grants"];
    let id_and_file = [Text("<id>"), Text("<file>")];
    vec![
        row("grant", cite).call(HcsGrantVmAccess, id_and_file).call(HcsRevokeVmAccess, id_and_file),
        row("grant-twice", cite).call(HcsGrantVmAccess, id_and_file).call(HcsGrantVmAccess, id_and_file),
        row("grant-to-a-machine", cite).vm(State::Created).call(HcsGrantVmAccess, id_and_file),
        row("revoke-what-was-not-granted", cite).call(HcsRevokeVmAccess, id_and_file),
        row("grant-to-all", cite)
            .call(HcsGrantVmGroupAccess, [Text("<file>")])
            .call(HcsRevokeVmGroupAccess, [Text("<file>")]),
        row("revoke-from-all-what-was-not-granted", cite).call(HcsRevokeVmGroupAccess, [Text("<file>")]),
        null("grant-to-null", HcsGrantVmAccess, vec![NULL, Text("<file>")]),
        null("grant-no-path", HcsGrantVmAccess, vec![Text("<id>"), NULL]),
        null("revoke-no-path", HcsRevokeVmAccess, vec![Text("<id>"), NULL]),
        null("grant-to-all-no-path", HcsGrantVmGroupAccess, vec![NULL]),
        null("revoke-from-all-no-path", HcsRevokeVmGroupAccess, vec![NULL]),
    ]
}

fn null(name: &str, export: Export, arguments: Vec<Arg>) -> Row {
    row(name, &["null-argument"])
        .sim_only(super::misuse::NULL_ARGUMENT)
        .call(export, arguments)
        .gives(E_INVALIDARG)
}
