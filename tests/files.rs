//! State files, what a saved state needs of a processor, and who may open which file.
//! Not here: saving and restoring systems (`saving`).

mod support;

use std::fs;
use std::path::PathBuf;
use std::ptr::{dangling_mut, null, null_mut};

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Export, Host, Hresult, call};
use serde_json::Value;
use support::states::*;
use support::*;

/// What a missing file in a missing folder of Windows is: elsewhere nothing is known of its folders.
const MISSING: Hresult =
    if cfg!(windows) { HRESULT_ERROR_PATH_NOT_FOUND } else { HRESULT_ERROR_FILE_NOT_FOUND };

/// A folder of this test alone, removed when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("hcs-sim-{}-{name}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn is_empty(&self) -> bool {
        fs::read_dir(&self.0).unwrap().next().is_none()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

type OnPath = unsafe extern "system" fn(PCWSTR) -> HRESULT;
type OnVmAndPath = unsafe extern "system" fn(PCWSTR, PCWSTR) -> HRESULT;

/// Both kinds of state files.
const MAKERS: [OnPath; 2] = [HcsCreateEmptyGuestStateFile, HcsCreateEmptyRuntimeStateFile];

fn on_path(function: OnPath, path: &str) -> Hresult {
    // SAFETY: the text is valid.
    unsafe { function(wide(path).as_ptr()) }.into()
}

fn guest_state_file(path: &str) -> Hresult {
    on_path(HcsCreateEmptyGuestStateFile, path)
}

fn runtime_state_file(path: &str) -> Hresult {
    on_path(HcsCreateEmptyRuntimeStateFile, path)
}

fn compatibility(path: &str) -> Fetched {
    let mut document: PCWSTR = dangling_mut::<u16>(); // it is written in any case
    // SAFETY: the text and the out pointer are valid.
    let code = unsafe { HcsGetProcessorCompatibilityFromSavedState(wide(path).as_ptr(), &mut document) };
    (code.into(), take(document.cast_mut()))
}

fn on_vm(function: OnVmAndPath, vm: &str, path: &str) -> Hresult {
    // SAFETY: the texts are valid.
    unsafe { function(wide(vm).as_ptr(), wide(path).as_ptr()) }.into()
}

fn grant(vm: &str, path: &str) -> Hresult {
    on_vm(HcsGrantVmAccess, vm, path)
}

fn revoke(vm: &str, path: &str) -> Hresult {
    on_vm(HcsRevokeVmAccess, vm, path)
}

fn grant_to_all(path: &str) -> Hresult {
    on_path(HcsGrantVmGroupAccess, path)
}

fn revoke_from_all(path: &str) -> Hresult {
    on_path(HcsRevokeVmGroupAccess, path)
}

/// A lone surrogate up to a zero.
const LONE: [u16; 3] = [0x43, 0xDC00, 0];

// State files

#[test]
fn a_state_file_is_made_where_it_is_asked_for() {
    let folder = Folder::new("made");
    Host::new().run(|_| {
        assert_eq!(guest_state_file(&folder.file("vm.vmgs")), S_OK);
        assert_eq!(runtime_state_file(&folder.file("vm.vmrs")), S_OK);
        // They are files, that say what they are, and not that they are Hyper-V's.
        let guest = fs::read_to_string(folder.file("vm.vmgs")).unwrap();
        assert!(guest.contains("not a Hyper-V one"), "{guest}");
        assert_ne!(guest, fs::read_to_string(folder.file("vm.vmrs")).unwrap());
    });
}

#[test]
fn a_state_file_that_exists_is_left_alone() {
    let folder = Folder::new("exists");
    Host::new().run(|_| {
        let path = folder.file("disk.vhdx");
        fs::write(&path, "somebody's").unwrap();
        for make in MAKERS {
            assert_eq!(on_path(make, &path), HRESULT_ERROR_FILE_EXISTS);
            assert_eq!(on_path(make, folder.0.to_str().unwrap()), HRESULT_ERROR_FILE_EXISTS); // a folder
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "somebody's");
        assert_eq!(guest_state_file(&folder.file("vm.vmgs")), S_OK);
        assert_eq!(guest_state_file(&folder.file("vm.vmgs")), HRESULT_ERROR_FILE_EXISTS);
    });
}

#[test]
fn a_state_file_needs_its_folder() {
    let folder = Folder::new("folder");
    Host::new().run(|_| {
        fs::write(folder.file("file"), "").unwrap();
        for make in MAKERS {
            assert_eq!(on_path(make, &folder.file("none/vm.vmgs")), HRESULT_ERROR_PATH_NOT_FOUND);
            assert_eq!(on_path(make, &folder.file("file/vm.vmgs")), HRESULT_ERROR_PATH_NOT_FOUND);
        }
    });
}

#[test]
fn what_is_no_path_makes_no_file() {
    Host::new().run(|_| {
        for make in MAKERS {
            assert_eq!(on_path(make, ""), E_INVALIDARG);
            // SAFETY: a text up to a zero, and NULL.
            unsafe {
                assert_eq!(make(LONE.as_ptr()), E_INVALIDARG);
                assert_eq!(make(null()), E_INVALIDARG);
            }
        }
    });
}

#[cfg(not(windows))]
#[test]
fn a_path_of_windows_is_remembered_elsewhere_and_makes_no_file() {
    Host::new().run(|_| {
        for path in [r"C:\vms\one.vmgs", "c:/vms/two.vmgs", r"\\server\share\three.vmgs", r"\\?\D:\four.vmgs"]
        {
            assert_eq!(guest_state_file(path), S_OK);
            assert!(!PathBuf::from(path).exists(), "{path}");
            // As Windows compares: without case, with either slash.
            let same = path.to_uppercase().replace('/', r"\");
            assert_eq!(runtime_state_file(&same), HRESULT_ERROR_FILE_EXISTS, "{path}");
        }
    });
    // Of one host only.
    Host::new().run(|_| assert_eq!(guest_state_file(r"C:\vms\one.vmgs"), S_OK));
}

// What a saved state needs of a processor

/// `VmProcessorRequirements`, in the order of the type.
fn assert_requirements((code, document): Fetched) {
    assert_eq!(code, S_OK);
    let document = document.unwrap();
    assert!(document.starts_with(r#"{"ProcessorFeatures":["Sse3","#), "{document}");
    let requirements: Value = serde_json::from_str(&document).unwrap();
    assert!(requirements["XsaveProcessorFeatures"].as_array().is_some_and(|it| !it.is_empty()));
    assert_eq!(requirements["CacheLineFlushSize"], 8);
    assert_eq!(requirements["NonArchitecturalCoreSharing"], "Unreported");
}

#[test]
fn a_runtime_state_file_tells_what_it_needs_of_a_processor() {
    let folder = Folder::new("compatible");
    Host::new().run(|_| {
        let path = folder.file("vm.vmrs");
        assert_eq!(runtime_state_file(&path), S_OK);
        assert_requirements(compatibility(&path));
    });
    // It is a file, and so another host reads it too.
    Host::new().run(|_| assert_requirements(compatibility(&folder.file("vm.vmrs"))));
}

#[cfg(not(windows))]
#[test]
fn a_remembered_runtime_state_file_tells_it_too() {
    Host::new().run(|_| {
        assert_eq!(runtime_state_file(r"C:\vms\one.vmrs"), S_OK);
        assert_requirements(compatibility("c:/VMS/one.vmrs"));
        assert_eq!(guest_state_file(r"C:\vms\one.vmgs"), S_OK);
        assert_eq!(compatibility(r"C:\vms\one.vmgs"), (HRESULT_ERROR_INVALID_DATA, None));
    });
}

#[test]
fn the_saved_state_of_a_system_tells_what_it_needs_of_a_processor() {
    Host::new().run(|host| {
        let system = system_in(State::Paused);
        assert_eq!(compatibility(r"C:\vms\one.vmrs"), (MISSING, None));
        assert_eq!(ask(HcsSaveComputeSystem, system, Some(SAVE)).0, S_OK);
        assert_requirements(compatibility(r"C:\vms\one.vmrs"));
        assert_requirements(compatibility("C:/VMs/One.vmrs"));
        host.add_saved_state("/srv/vms/elsewhere.vmrs");
        assert_requirements(compatibility("/srv/vms/elsewhere.vmrs"));
        close_system(system);
    });
}

#[test]
fn a_missing_saved_state_is_not_found() {
    let folder = Folder::new("missing");
    Host::new().run(|_| {
        assert_eq!(compatibility(&folder.file("none.vmrs")), (HRESULT_ERROR_FILE_NOT_FOUND, None));
        assert_eq!(compatibility(&folder.file("none/vm.vmrs")), (HRESULT_ERROR_PATH_NOT_FOUND, None));
        assert_eq!(compatibility("none.vmrs"), (HRESULT_ERROR_FILE_NOT_FOUND, None));
        assert_eq!(compatibility(r"C:\vms\none.vmrs"), (MISSING, None));
        assert_eq!(compatibility("C:/vms/none.vmrs"), (MISSING, None));
        assert!(folder.is_empty());
    });
}

#[test]
fn a_file_that_is_no_runtime_state_is_invalid_data() {
    let folder = Folder::new("foreign");
    Host::new().run(|host| {
        assert_eq!(guest_state_file(&folder.file("vm.vmgs")), S_OK);
        for (name, content) in
            [("empty", &b""[..]), ("binary", &[0xFF, 0xFE, 0x00, 0xD8]), ("text", b"kind: runtime state\n")]
        {
            fs::write(folder.file(name), content).unwrap();
            assert_eq!(compatibility(&folder.file(name)), (HRESULT_ERROR_INVALID_DATA, None), "{name}");
        }
        assert_eq!(compatibility(&folder.file("vm.vmgs")), (HRESULT_ERROR_INVALID_DATA, None));
        assert_eq!(compatibility(folder.0.to_str().unwrap()), (E_ACCESSDENIED, None)); // a folder
        let journal = host.journal().to_string();
        assert!(journal.contains("no runtime state file of hcs-sim"), "{journal}");
    });
}

#[test]
fn what_is_no_path_has_no_saved_state() {
    Host::new().run(|_| {
        assert_eq!(compatibility(""), (E_INVALIDARG, None));
        let mut document = null();
        // SAFETY: the texts end with a zero or are NULL; so is the out pointer, or it is valid.
        unsafe {
            let get = HcsGetProcessorCompatibilityFromSavedState;
            assert_eq!(get(LONE.as_ptr(), &mut document), E_INVALIDARG);
            assert_eq!(get(null(), &mut document), E_INVALIDARG);
            assert_eq!(get(wide("vm.vmrs").as_ptr(), null_mut()), E_INVALIDARG);
        }
        assert!(document.is_null());
    });
}

#[test]
fn rules_fail_the_calls_on_files_and_no_file_is_made() {
    let folder = Folder::new("rules");
    Host::new().run(|host| {
        let path = folder.file("vm.vmgs");
        host.when(call::to(Export::HcsCreateEmptyGuestStateFile)).fail(E_ACCESSDENIED);
        host.when(call::to(Export::HcsCreateEmptyRuntimeStateFile)).acknowledge();
        let reads = call::to(Export::HcsGetProcessorCompatibilityFromSavedState);
        host.when(reads).refuse(HRESULT_ERROR_SHARING_VIOLATION).then().succeed().document("{}");
        host.when(call::to(Export::HcsGrantVmAccess).system("web")).fail(HRESULT_ERROR_FILE_NOT_FOUND);
        assert_eq!(guest_state_file(&path), E_ACCESSDENIED);
        assert_eq!(runtime_state_file(&path), S_OK);
        assert!(folder.is_empty());
        assert_eq!(compatibility(&path), (HRESULT_ERROR_SHARING_VIOLATION, None));
        assert_eq!(compatibility(&path), (S_OK, Some("{}".to_owned())));
        assert_eq!(grant("WEB", &path), HRESULT_ERROR_FILE_NOT_FOUND);
        assert_eq!(grant("other", &path), S_OK);
    });
}

#[test]
fn a_rule_that_lets_a_file_be_made_makes_it() {
    let folder = Folder::new("succeeds");
    Host::new().run(|host| {
        host.when(call::to(Export::HcsCreateEmptyGuestStateFile)).succeed();
        assert_eq!(guest_state_file(&folder.file("vm.vmgs")), S_OK);
        assert!(!folder.is_empty());
        assert_eq!(guest_state_file(&folder.file("vm.vmgs")), S_OK); // whatever the model says
    });
}

// Access

/// A machine with two disks and a file of persistent memory.
const DISKS: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"tests","VirtualMachine":{"Devices":{
    "Scsi":{"Primary":{"Attachments":{
        "0":{"Type":"VirtualDisk","Path":"C:\\vms\\system.vhdx"},
        "1":{"Type":"VirtualDisk","Path":"C:\\vms\\data.vhdx"},
        "2":{"Type":"Iso","Path":""}}}},
    "VirtualPMem":{"Devices":{"0":{"HostPath":"C:\\vms\\root.vhd","ReadOnly":true}}}}}}"#;
const FILES: [&str; 3] = [r"C:\vms\system.vhdx", r"C:\vms\data.vhdx", r"C:\vms\root.vhd"];

/// A host that lets a system start only if its files were granted to it.
fn strict() -> Host {
    Host::builder().behavior(|it| it.enforce_access = true).build()
}

/// Starts a machine with disks under an id, and closes it; answers the outcome of the start.
fn start_with_disks(id: &str) -> Hresult {
    let system = create(id, DISKS);
    let code = ask(HcsStartComputeSystem, system, None).0;
    assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
    close_system(system);
    code
}

#[test]
fn no_access_is_checked_unless_the_test_says_so() {
    Host::new().run(|_| assert_eq!(start_with_disks("vm"), S_OK));
}

#[test]
fn a_start_without_access_to_the_files_fails_through_the_operation_until_it_is_granted() {
    strict().run(|host| {
        let system = create("vm", DISKS); // the create does not look at files
        for path in FILES {
            let (code, document) = ask(HcsStartComputeSystem, system, None);
            assert_eq!(code, E_ACCESSDENIED);
            assert_eq!(json(document)["Error"], E_ACCESSDENIED.as_i32());
            let note = format!("{path} was never granted to vm: HcsGrantVmAccess");
            let journal = host.journal().to_string();
            assert!(journal.contains(&note), "{note}: {journal}");
            assert_eq!(state_of(system), State::Created);
            assert_eq!(grant("vm", path), S_OK);
        }
        start(system);
        close_system(system);
    });
}

#[test]
fn access_is_granted_before_the_system_exists_and_outlives_it() {
    strict().run(|_| {
        assert!(FILES.iter().all(|it| grant("vm", it) == S_OK));
        assert_eq!(start_with_disks("vm"), S_OK);
        assert_eq!(start_with_disks("vm"), S_OK);
        assert_eq!(start_with_disks("other"), E_ACCESSDENIED);
    });
}

#[test]
fn grants_do_not_mind_case_and_slashes() {
    strict().run(|_| {
        assert_eq!(grant("VM", "c:/VMs/System.vhdx"), S_OK);
        assert_eq!(grant("Vm", r"C:\vms/data.VHDX"), S_OK);
        assert_eq!(grant("vm", r"C:\VMS\ROOT.VHD"), S_OK);
        assert_eq!(start_with_disks("vM"), S_OK);
        assert_eq!(revoke("vM", "C:/vms/DATA.vhdx"), S_OK);
        assert_eq!(start_with_disks("vm"), E_ACCESSDENIED);
    });
}

#[test]
fn a_group_grant_is_for_every_virtual_machine() {
    strict().run(|_| {
        assert!(FILES.iter().all(|it| grant_to_all(it) == S_OK));
        assert_eq!(start_with_disks("one"), S_OK);
        assert_eq!(start_with_disks("two"), S_OK);
        assert_eq!(revoke_from_all(&FILES[1].to_uppercase()), S_OK);
        assert_eq!(start_with_disks("one"), E_ACCESSDENIED);
        assert_eq!(grant("two", FILES[1]), S_OK); // both kinds together
        assert_eq!(start_with_disks("one"), E_ACCESSDENIED);
        assert_eq!(start_with_disks("two"), S_OK);
    });
}

#[test]
fn what_is_revoked_is_the_one_grant() {
    strict().run(|_| {
        for path in FILES {
            assert_eq!((grant("vm", path), grant("other", path), grant_to_all(path)), (S_OK, S_OK, S_OK));
        }
        assert_eq!(revoke("vm", FILES[0]), S_OK);
        assert_eq!(start_with_disks("vm"), S_OK); // as one of all
        assert_eq!(revoke_from_all(FILES[0]), S_OK);
        assert_eq!(start_with_disks("vm"), E_ACCESSDENIED);
        assert_eq!(start_with_disks("other"), S_OK);
        assert_eq!(revoke("vm", FILES[0]), S_OK); // there is none any more
        assert_eq!(revoke_from_all("never granted"), S_OK);
    });
}

#[test]
fn a_machine_without_files_needs_no_access() {
    strict().run(|_| {
        for configuration in [VM, FULL, CONTAINER] {
            let system = create("box", configuration);
            start(system);
            assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
            close_system(system);
        }
    });
}

#[test]
fn a_rule_lets_a_start_succeed_without_access() {
    strict().run(|host| {
        host.when(call::start().system("vm")).succeed();
        assert_eq!(start_with_disks("vm"), S_OK);
    });
}

#[test]
fn grants_need_an_id_and_a_path() {
    Host::new().run(|_| {
        for function in [HcsGrantVmAccess as OnVmAndPath, HcsRevokeVmAccess] {
            assert_eq!(on_vm(function, "", "file"), E_INVALIDARG);
            assert_eq!(on_vm(function, "vm", ""), E_INVALIDARG);
            let (vm, path) = (wide("vm"), wide("file"));
            // SAFETY: the texts end with a zero, or are NULL.
            unsafe {
                assert_eq!(function(null(), path.as_ptr()), E_INVALIDARG);
                assert_eq!(function(vm.as_ptr(), null()), E_INVALIDARG);
                assert_eq!(function(LONE.as_ptr(), path.as_ptr()), E_INVALIDARG);
                assert_eq!(function(vm.as_ptr(), LONE.as_ptr()), E_INVALIDARG);
            }
        }
        for function in [HcsGrantVmGroupAccess as OnPath, HcsRevokeVmGroupAccess] {
            assert_eq!(on_path(function, ""), E_INVALIDARG);
            // SAFETY: a text up to a zero, and NULL.
            unsafe {
                assert_eq!(function(LONE.as_ptr()), E_INVALIDARG);
                assert_eq!(function(null()), E_INVALIDARG);
            }
        }
    });
}
