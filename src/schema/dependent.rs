//! Parts of a document whose type depends on another member: settings by their resource path or their property type.
//! Not here: everything whose type the table has (`reader`).

use serde_json::Value;

use super::problem::{Problem, ProblemKind};
use super::reader::Reader;
use super::resource::{self, RequestType, Target};
use super::table;
use super::types::{Ref, Type};
use super::words::Place;

/// Checks such parts of a document of a type; the rest of it was found in order, or merely too new.
pub(super) fn check(ty: &Type, document: &Value, reader: &mut Reader) {
    let root = Place::Root;
    let settings = Place::Member(&root, "Settings");
    match ty.name {
        "ModifySettingRequest" => settings_of_resource(document, reader, settings),
        "ModificationRequest" => {
            let of = match document["PropertyType"].as_str() {
                Some("CpuGroup") => &table::HostProcessorModificationRequest,
                Some("ContainerCredentialGuard") => &table::ContainerCredentialGuardOperationRequest,
                _ => return,
            };
            if is_in_order(reader, of, settings, &document["Settings"]) {
                details(&document["Settings"], reader, settings);
            }
        }
        "HostProcessorModificationRequest" | "ContainerCredentialGuardOperationRequest" => {
            details(document, reader, root);
        }
        _ => {}
    }
}

fn details(request: &Value, reader: &mut Reader, place: Place<'_>) {
    let of = match request["Operation"].as_str() {
        Some("CreateGroup") => &table::CreateGroupOperation,
        Some("DeleteGroup") => &table::DeleteGroupOperation,
        Some("SetProperty") => &table::SetPropertyOperation,
        Some("AddInstance") => &table::ContainerCredentialGuardAddInstanceRequest,
        Some("RemoveInstance") => &table::ContainerCredentialGuardRemoveInstanceRequest,
        _ => return,
    };
    is_in_order(reader, of, Place::Member(&place, "OperationDetails"), &request["OperationDetails"]);
}

/// (fidelity: `modify-paths`, `modify-settings`)
fn settings_of_resource(document: &Value, reader: &mut Reader, place: Place<'_>) {
    let Some(path) = document["ResourcePath"].as_str() else { return };
    let Some(resource) = resource::find(path) else {
        reader.problems.push(Problem {
            pointer: "/ResourcePath".to_owned(),
            kind: ProblemKind::BadResource,
            expected: "no resource has this path".to_owned(),
            found: format!("{:?}", resource::shortened(path)),
            nearest: resource::nearest_path(path),
            since: None,
            hint: None,
        });
        return;
    };
    let request = document["RequestType"].as_str().and_then(RequestType::of);
    let request = request.unwrap_or_else(|| resource.usual_request());
    if !resource.requests.contains(&request) {
        let takes: Vec<String> = resource.requests.iter().map(|it| format!("{it:?}")).collect();
        reader.problems.push(Problem {
            pointer: "/RequestType".to_owned(),
            kind: ProblemKind::BadResource,
            expected: format!("this resource takes {} only", takes.join(" and ")),
            found: format!("{request:?}"),
            nearest: None,
            since: None,
            hint: None,
        });
        return;
    }
    let Some(of) = resource.settings else { return };
    match (request, resource.target) {
        (RequestType::Remove, Target::Element(keys)) => {
            // What is not needed to know the element is ignored.
            if is_in_order(reader, of, place, &document["Settings"]) {
                for key in keys.iter().filter(|it| document["Settings"][**it].is_null()) {
                    reader.missing(Place::Member(&place, key), key);
                }
            }
        }
        (RequestType::Remove, _) => {}
        _ => {
            is_in_order(reader, of, place, &document["Settings"]);
        }
    }
}

/// Reads a part by its type, which may not miss. What is merely too new is told, and does not keep the rest from being looked at.
fn is_in_order(reader: &mut Reader, of: &'static Type, place: Place<'_>, part: &Value) -> bool {
    let before = reader.problems.len();
    if part.is_null() {
        reader.is_not(Ref::One(of), place, "nothing");
    } else {
        // A tree has no errors of its own but its depth, which was looked at when it was built.
        let _ = reader.read(Ref::One(of), place, part);
    }
    reader.problems[before..].iter().all(|it| it.kind == ProblemKind::TooNew)
}
