//! The command line: what each subcommand prints, its exit codes, the standard input, JSON; and the page about it, word by word.
//! Not here: the check of documents (`schema`), the drawings (`views`, `html_view`).

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use hcs_sim::Host;
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_hcs-sim");
const JOURNAL: &str = r#"{"hcs_sim_journal":1}
{"at":"0.000s","thread":"main","call":"HcsCreateOperation","arguments":{"context":false,"callback":false},"returned":"operation#1"}
{"at":"0.040s","thread":"main","call":"HcsCloseOperation","arguments":{"operation":"operation#1"},"returned":"returned"}
"#;

/// What a run told: exit code, standard output, standard error.
type Told = (i32, String, String);

fn told(output: Output) -> Told {
    let text = |bytes| String::from_utf8(bytes).expect("the command line writes UTF-8");
    (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn run(arguments: &[&str]) -> Told {
    told(command(arguments).stdin(Stdio::null()).output().unwrap())
}

/// A run with a text on its standard input.
fn feed(arguments: &[&str], input: impl AsRef<[u8]>) -> Told {
    let mut command = command(arguments);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let fed = child.stdin.take().unwrap().write_all(input.as_ref());
    drop(fed); // it may end before it has read everything
    told(child.wait_with_output().unwrap())
}

/// A run that answers, and what it prints.
#[track_caller]
fn good(arguments: &[&str], input: &str) -> String {
    let (code, out, error) = feed(arguments, input);
    assert_eq!((code, &*error), (0, ""), "{arguments:?}");
    out
}

/// A run that answers in JSON.
#[track_caller]
fn json_of(arguments: &[&str], input: &str, code: i32) -> Value {
    let (told, out, error) = feed(arguments, input);
    assert_eq!((told, &*error), (code, ""), "{arguments:?}");
    assert_eq!(out.matches('\n').count(), 1);
    serde_json::from_str(&out).unwrap()
}

/// A run without an answer, and why.
#[track_caller]
fn failed(arguments: &[&str]) -> String {
    let (code, out, error) = run(arguments);
    assert_eq!((code, &*out), (2, ""), "{arguments:?}");
    error
}

/// A folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_document_in_order_is_no_output() {
    for file in ["fixtures/uefi-full-vm.json", "fixtures/schema1-container.json"] {
        assert_eq!(run(&["check", "ComputeSystem", file]), (0, String::new(), String::new()));
    }
}

#[test]
fn each_problem_is_a_line_with_its_place() {
    let document = "{\n  \"Owner\": 3,\n  \"VirtualMachine\": {\n    \"Ärger\": {}, \"Memory\": {}\n  }\n}";
    let (code, out, error) = feed(&["check", "ComputeSystem", "-"], document);
    assert_eq!((code, &*error), (1, ""));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "<stdin>:2:12: /Owner: expected a text, found the number 3");
    assert!(
        lines[1].starts_with("<stdin>:4:5: /VirtualMachine/Ärger: VirtualMachine has no member"),
        "{out}"
    );
    assert!(
        lines[2].starts_with("<stdin>:4:18: /VirtualMachine/Memory: VirtualMachine has no member"),
        "{out}"
    );
    assert_eq!(lines.len(), 3);
}

#[test]
fn a_document_that_breaks_off_is_told_where() {
    let place = |document: &[u8]| {
        let (code, out, _) = feed(&["check", "ComputeSystem", "-"], document);
        assert_eq!(code, 1);
        out.lines().next().unwrap().to_owned()
    };
    assert_eq!(place(b"{\n\"VirtualMachine\": {},\n}"), "<stdin>:3:1: not JSON: trailing comma");
    assert_eq!(place(b"{\"a\xff"), "<stdin>:1:4: not JSON: not UTF-8 from byte 3 on");
    assert_eq!(
        place("{\"Owner\": \"é\", \"a\": \"C:\\x\"}".as_bytes()),
        r"<stdin>:1:25: not JSON: invalid escape; a backslash in a text is written \\"
    );
    assert!(place(b"").starts_with("<stdin>:1:1: not JSON: EOF"));
}

#[test]
fn the_host_may_be_older() {
    let document = r#"{"VirtualMachine":{"Services":{"Heartbeat":{}}}}"#;
    let code = |arguments: &[&str]| feed(&[&["check", "ComputeSystem", "-"], arguments].concat(), document).0;
    assert_eq!(code(&[]), 0);
    assert_eq!(code(&["--schema", "2.5"]), 0);
    assert_eq!(code(&["--schema", "2.4"]), 1);
    assert_eq!(code(&["--profile", "WindowsServer2022"]), 0);
    assert_eq!(code(&["--profile", "windows10v2004"]), 1);
}

#[test]
fn the_problems_as_json() {
    let told = json_of(
        &["check", "ComputeSystem", "-", "--schema", "2.1", "--json"],
        "{\"VirtualMachine\":\n {\"Services\":{}, \"a\":1}}",
        1,
    );
    assert_eq!(
        (&told["file"], &told["type"], &told["schema"]),
        (&json!("<stdin>"), &json!("ComputeSystem"), &json!("2.1"))
    );
    let problems = told["problems"].as_array().unwrap();
    let new = problems.iter().find(|it| it["kind"] == "TooNew").unwrap();
    assert_eq!(
        new,
        &json!({
            "line": 2, "column": 3, "pointer": "/VirtualMachine/Services", "kind": "TooNew",
            "message": "/VirtualMachine/Services: \"Services\" is not known to schema 2.1; it came with schema 2.5 (Windows Server 2022)",
            "nearest": null, "since": "2.5"
        })
    );
    let told = json_of(&["check", "ShutdownOptions", "-", "--json"], "{}", 0);
    assert_eq!(told["problems"], json!([]));
}

#[test]
fn what_cannot_be_checked_is_no_answer() {
    assert_eq!(
        failed(&["check", "ComputSystem", "-"]),
        "hcs-sim: the schema has no type \"ComputSystem\"; did you mean \"ComputeSystem\"?\n"
    );
    assert!(failed(&["check", "ComputeSystem", "no/such/file"]).starts_with("hcs-sim: no/such/file: "));
    assert!(failed(&["check", "ComputeSystem"]).contains("<FILE>"));
    assert!(failed(&["check", "ComputeSystem", "-", "--schema", "two"]).contains("such as 2.5"));
    assert!(failed(&["check", "ComputeSystem", "-", "--profile", "Windows95"]).contains("Windows11V21H2"));
    let both = ["check", "ComputeSystem", "-", "--profile", "Newest", "--schema", "2.1"];
    assert!(failed(&both).contains("cannot be used with"));
}

#[test]
fn a_code_is_explained_in_every_form() {
    let named = good(&["explain", "HCS_E_SYSTEM_NOT_FOUND"], "");
    assert!(named.starts_with("HCS_E_SYSTEM_NOT_FOUND\n  hex       0x8037010E\n"), "{named}");
    for form in
        ["0x8037010E", "8037010e", "-2143878898", "2151088398", "0xFFFFFFFF8037010E", "18446744071565672718"]
    {
        assert_eq!(good(&["explain", form], ""), named, "{form}");
    }
    assert_eq!(good(&["explain", "-"], "0x8037010E\r\n"), named);
    assert!(
        good(&["explain", "0xC037010E"], "").contains("  twin      HCS_E_SYSTEM_NOT_FOUND (0x8037010E)\n")
    );
    assert!(good(&["explain", "1168"], "").starts_with("ERROR_NOT_FOUND\n  hex       0x80070490\n"));
}

#[test]
fn of_an_unknown_code_its_parts_are_told() {
    let (code, out, error) = run(&["explain", "0x8004ABCD"]);
    assert_eq!((code, &*error), (1, ""));
    assert_eq!(
        out,
        "0x8004ABCD\n  hex       0x8004ABCD\n  decimal   -2147177523, unsigned 2147789773\n  kind      failure\n  \
         facility  0x4 (interface)\n  number    43981\n  meaning   not in the table of hcs-sim\n"
    );
    let told = json_of(&["explain", "0x8004ABCD", "--json"], "", 1);
    assert_eq!((&told["name"], &told["facility"], &told["number"]), (&Value::Null, &json!(4), &json!(43981)));
    // a code that only looks like the twin of a known one
    assert!(run(&["explain", "0xC0370117"]).1.contains("  twin      HCS_E_OPERATION_PENDING (0x80370117)\n"));
}

#[test]
fn a_result_document_is_explained_part_by_part() {
    let file = "fixtures/documents/result-start-failure.json";
    let told = good(&["explain", file], "");
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    assert_eq!(good(&["explain", "-"], &document), told);
    assert_eq!(good(&["explain", &document], ""), told);
    for part in [
        "E_ACCESSDENIED\n",
        "\nmessage\n  The rights for this are lacking.\n",
        "\nevent 12030 of Microsoft-Windows-Hyper-V-Worker\n  a virtual machine could not be started\n",
        "  data      orchard-build-1\n",
    ] {
        assert!(told.contains(part), "{part:?} in {told}");
    }
    let json = json_of(&["explain", "-", "--json"], &document, 0);
    assert_eq!(json["error"]["name"], "E_ACCESSDENIED");
    assert_eq!(json["events"][1]["id"], 12010);
    assert_eq!(json["events"][1]["provider_name"], "Microsoft-Windows-Hyper-V-Worker");
    assert_eq!(json["problems"], json!([]));
}

#[test]
fn an_attribution_is_told_in_words() {
    let of = |record: &str| {
        let told = good(&["explain", "-"], &format!(r#"{{"Error":-2147467259,"Attribution":[{record}]}}"#));
        told.split_once("\nattribution\n  ").unwrap().1.trim_end().to_owned()
    };
    assert_eq!(
        of(r#"{"WorkerExit":{"ExitCode":255,"Type":"None","Detail":"ProcessUnexpectedExit"}}"#),
        "the worker process of the virtual machine ended with exit code 255: type None, detail ProcessUnexpectedExit"
    );
    assert_eq!(
        of(r#"{"OperationFailure":{"Detail":"Construct"}}"#),
        "an operation failed: operation Construct"
    );
    assert_eq!(
        of(r#"{"GuestCrash":{"CrashParameters":[1,255]}}"#),
        "the guest reported a crash: parameters 0x1 0xFF"
    );
    assert_eq!(of(r#"{"InjectNonMaskableInterrupt":{}}"#), "a non-maskable interrupt was injected");
}

#[test]
fn what_the_schema_says_against_a_document_is_told_too() {
    let told = good(&["explain", "-"], r#"{"Error":-2147467259,"ErorMessage":"x"}"#);
    assert!(told.contains("\nnot as the schema has it\n  /ErorMessage: ResultError has no member"), "{told}");
}

#[test]
fn what_cannot_be_explained_is_no_answer() {
    assert!(
        failed(&["explain", "HCS_E_SYSTEM_NOTFOUND"]).ends_with("; did you mean HCS_E_SYSTEM_NOT_FOUND?\n")
    );
    assert!(failed(&["explain", "0x18037010E"]).contains("is no code that is known"));
    assert_eq!(
        failed(&["explain", r#"{"Status":0}"#]),
        "hcs-sim: the document is no ResultError: it has no \"Error\"\n"
    );
    let (code, out, error) = feed(&["explain", "-"], "nonsense");
    assert_eq!((code, &*out), (2, ""));
    assert!(error.starts_with("hcs-sim: <stdin> is no ResultError: "), "{error}");
    assert!(failed(&["explain"]).contains("<WHAT>"));
}

#[test]
fn a_journal_is_shown_in_each_of_its_forms() {
    let journal = hcs_sim::Journal::load(JOURNAL).unwrap();
    assert_eq!(good(&["timeline", "-"], JOURNAL), journal.to_string());
    assert_eq!(good(&["timeline", "-", "--mermaid"], JOURNAL), journal.to_mermaid());
    assert_eq!(good(&["timeline", "-", "--html", "-"], JOURNAL), journal.to_html());
    assert_eq!(json_of(&["timeline", "-", "--json"], JOURNAL, 0), serde_json::to_value(&journal).unwrap());
}

#[test]
fn a_journal_that_a_host_saved_becomes_a_page() {
    let folder = folder("page");
    let (saved, page) = (folder.join("journal.jsonl"), folder.join("journal.html"));
    let journal = Host::new().run(|host| host.journal());
    journal.save(&saved).unwrap();
    let arguments = ["timeline", saved.to_str().unwrap(), "--html", page.to_str().unwrap()];
    assert_eq!(good(&arguments, ""), "");
    assert_eq!(fs::read_to_string(&page).unwrap(), journal.to_html());
}

#[test]
fn a_journal_that_cannot_be_used_is_no_answer() {
    let (code, out, error) =
        feed(&["timeline", "-"], JOURNAL.replace("HcsCloseOperation", "HcsCloseOperatoin"));
    assert_eq!((code, &*out), (2, ""));
    assert!(error.starts_with("hcs-sim: <stdin>:3:"), "{error}");
    assert!(failed(&["timeline", "no/such/file"]).starts_with("hcs-sim: no/such/file: "));
    assert!(failed(&["timeline", "-", "--html", "a", "--mermaid"]).contains("cannot be used with"));
    let (code, _, error) = feed(&["timeline", "-", "--html", "no/such/folder/a.html"], JOURNAL);
    assert_eq!(code, 2);
    assert!(error.starts_with("hcs-sim: no/such/folder/a.html: "), "{error}");
}

#[test]
fn a_scenario_is_checked_with_all_that_is_wrong() {
    for name in ["container-host", "everything", "flaky-start", "service-outage"] {
        let file = format!("fixtures/scenarios/{name}.json");
        assert_eq!(run(&["scenario", "check", &file]), (0, String::new(), String::new()));
    }
    let scenario = "{\"allow\": [\"leaked-opration\"],\n \"sistems\": []}";
    let (code, out, error) = feed(&["scenario", "check", "-"], scenario);
    assert_eq!((code, &*error), (1, ""));
    assert_eq!(
        out,
        "<stdin>:1:12: \"leaked-opration\" is not a kind of finding; did you mean \"leaked-operation\"?\n\
         <stdin>:2:2: a scenario has no \"sistems\"; did you mean \"systems\"?\n"
    );
    let told = json_of(&["scenario", "check", "-", "--json"], scenario, 1);
    assert_eq!((&told["problems"][1]["line"], &told["problems"][1]["column"]), (&json!(2), &json!(2)));
    let (code, out, _) = feed(&["scenario", "check", "-"], r#"{"systems":[{"id":"a"},{"id":"a"}]}"#);
    assert_eq!(
        (code, &*out),
        (1, "<stdin>: system \"a\" cannot be there already: there is a system \"a\" already\n")
    );
    assert!(failed(&["scenario", "check", "no/such/file"]).starts_with("hcs-sim: no/such/file: "));
    assert!(failed(&["scenario"]).contains("Usage: hcs-sim scenario"));
}

#[test]
fn what_a_scenario_lets_happen_in_days_takes_no_time_to_check() {
    let scenario = r#"{"host":{"time":"Real"},"systems":[{"id":"a"}],"events":[{"at":"1d","event":"reset","system":"a"}],
        "programs":[{"command_line":"cmd.exe","runs_until_terminated":true}],
        "processes":[{"system":"a","command_line":"cmd.exe","process_id":5120}]}"#;
    assert_eq!(feed(&["scenario", "check", "-"], scenario), (0, String::new(), String::new()));
}

#[test]
fn completions_name_the_subcommands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = good(&["completions", shell], "");
        for name in ["check", "explain", "timeline", "scenario", "completions"] {
            assert!(script.contains(name), "{name} in {shell}");
        }
    }
    assert!(
        failed(&["completions", "cmd"]).contains("[possible values: bash, elvish, fish, powershell, zsh]")
    );
}

#[test]
fn help_goes_to_the_standard_output_and_has_no_colour() {
    for arguments in [&["--help"][..], &["check", "--help"], &["explain", "--help"], &["timeline", "--help"]]
    {
        let help = good(arguments, "");
        assert!(help.contains("Usage: hcs-sim") && !help.contains('\u{1b}'), "{help}");
    }
    assert!(good(&["--help"], "").contains("Exit codes: 0"));
    assert!(good(&["check", "--help"], "").contains("Examples:\n  hcs-sim check ComputeSystem vm.json\n"));
    assert_eq!(good(&["--version"], ""), format!("hcs-sim {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn nothing_of_a_document_commands_the_terminal() {
    let (code, out, _) = feed(&["check", "ShutdownOptions", "-"], r#"{"\u001b[31mred":1}"#);
    assert_eq!(code, 1);
    assert!(out.contains(r"/\u{1b}[31mred") && !out.contains('\u{1b}'), "{out}");
    let error = failed(&["explain", "\u{1b}[31m"]);
    assert!(!error.contains('\u{1b}'), "{error}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child =
        command(&["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let (code, _, error) = told(child.wait_with_output().unwrap());
    assert_eq!((code, &*error), (0, ""));
}

/// Each command of the page prints what stands below it, in the folder of the crate.
#[cfg(unix)]
#[test]
fn the_schema_of_scenario_files_is_printed_as_it_stands_in_the_docs() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_hcs-sim"))
        .args(["scenario", "schema"])
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), include_str!("../docs/scenario.schema.json"));
}

#[test]
fn the_page_shows_what_is_printed() {
    let page =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/command-line.md")).unwrap();
    let folder = folder("docs");
    let linked = folder.join("fixtures");
    if !linked.exists() {
        std::os::unix::fs::symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), &linked).unwrap();
    }
    fs::write(folder.join("journal.jsonl"), JOURNAL).unwrap();
    let bin = Path::new(BINARY).parent().unwrap().to_str().unwrap();
    let mut count = 0;
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for example in block.strip_prefix("$ ").unwrap().split("\n$ ") {
            let (line, expected) = example.split_once('\n').unwrap_or((example, ""));
            let script = format!("exec 2>&1; PATH='{bin}':$PATH; {line}");
            let output = Command::new("sh").args(["-c", &script]).current_dir(&folder).output().unwrap();
            assert_eq!(told(output).1.trim_end(), expected.trim_end(), "{line}");
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}
