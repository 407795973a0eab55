//! `hcs-sim explain`: a code, or a `ResultError` document, in words.
//! Not here: what the library knows of codes (`hcs_sim::hresult`), how one is written (`code`).

use std::fmt::{self, Write};
use std::path::Path;

use clap::Args;
use hcs_sim::schema::{self, Version};
use hcs_sim::{AttributionRecord, ErrorEvent, Hresult, ResultError, faults};
use serde::Serialize;

use crate::answer::{Answer, Failure, read_text, shown};
use crate::code;

/// Explain an HRESULT or a ResultError document
///
/// A code is a name of the headers, hexadecimal, or decimal with or without sign; sign-extended to 64 bits and the 0xC037 form of documents will
/// do, and a small number is a Win32 error. A document is its text, a file, or - for the standard input.
#[derive(Args)]
#[command(after_help = "\
Examples:
  hcs-sim explain 0x8037010E
  hcs-sim explain -2147024809
  hcs-sim explain HCS_E_INVALID_STATE --json
  hcs-sim explain - < result.json")]
pub(crate) struct Explain {
    /// The code, the document, or the file that has it; - for the standard input
    #[arg(allow_negative_numbers = true)]
    what: String,
    /// Print the explanation as one JSON object
    #[arg(long)]
    json: bool,
}

/// What is known of a code.
#[derive(Serialize)]
struct Code {
    name: Option<&'static str>,
    hex: String,
    signed: i32,
    unsigned: u32,
    is_failure: bool,
    /// With the typical cause.
    meaning: Option<&'static str>,
    /// What stands in `ErrorMessage`, in words of the library.
    message: Option<&'static str>,
    twin: Option<Twin>,
    facility: u32,
    facility_name: Option<&'static str>,
    /// What stands in the lower half.
    number: u32,
    known_failures: Vec<KnownFailure>,
}

/// The same failure in its other form.
#[derive(Serialize)]
struct Twin {
    name: &'static str,
    hex: String,
}

/// A failure that was seen in the field.
#[derive(Serialize)]
struct KnownFailure {
    fault: &'static str,
    export: &'static str,
}

#[derive(Serialize)]
struct Document<'a> {
    error: Code,
    message: &'a str,
    events: Vec<Event<'a>>,
    attribution: Vec<Cause<'a>>,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Event<'a> {
    id: u16,
    says: Option<&'static str>,
    provider: &'a str,
    provider_name: Option<&'static str>,
    message: &'a str,
    data: Vec<&'a str>,
}

#[derive(Serialize)]
struct Cause<'a> {
    says: String,
    record: &'a AttributionRecord,
}

impl Explain {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        if self.what.trim_start().starts_with('{') {
            return self.document(&self.what, "the document");
        }
        if let Some(code) = code::read(&self.what) {
            return self.code(code);
        }
        if self.what != "-" && !Path::new(&self.what).is_file() {
            let near = code::near(&self.what).map_or(String::new(), |it| format!("; did you mean {it}?"));
            return Err(Failure(format!(
                "{:?} is no code that is known, no document and no file{near}",
                self.what
            )));
        }
        let text = read_text(&self.what)?;
        match code::read(&text) {
            Some(code) => self.code(code),
            None => self.document(&text, shown(&self.what)),
        }
    }

    fn code(&self, code: Hresult) -> Result<Answer, Failure> {
        let code = Code::of(code);
        let is_known = code.name.is_some();
        if self.json { Answer::json(&code, is_known) } else { Ok(Answer::lines(&code.to_string(), is_known)) }
    }

    fn document(&self, text: &str, name: &str) -> Result<Answer, Failure> {
        let told: ResultError = match serde_json::from_str(text) {
            Ok(told) => told,
            Err(error) => return Err(Failure(format!("{name} is no ResultError: {error}"))),
        };
        let has_error =
            serde_json::from_str::<serde_json::Value>(text).is_ok_and(|it| !it["Error"].is_null());
        if !has_error {
            return Err(Failure(format!("{name} is no ResultError: it has no \"Error\"")));
        }
        let problems = schema::check("ResultError", text, Version::V2_6);
        let document = Document {
            error: Code::of(told.code()),
            message: told.text(),
            events: told.events().iter().map(Event::of).collect(),
            attribution: told.attributions().iter().map(Cause::of).collect(),
            problems: problems.iter().map(ToString::to_string).collect(),
        };
        if self.json { Answer::json(&document, true) } else { Ok(Answer::lines(&document.to_string(), true)) }
    }
}

/// What tells an NTSTATUS of the service from its HRESULT.
const NT_BIT: u32 = 0x4000_0000;

impl Code {
    fn of(code: Hresult) -> Code {
        let bits = code.bits();
        let twin = [code.nt_form(), code.hresult_form(), Hresult::from_bits(bits ^ NT_BIT)];
        let twin = twin.into_iter().filter(|it| *it != code).find_map(|it| it.entry());
        let faults = faults::all();
        let faults = faults.iter().filter(|it| it.hresult() == code || it.hresult() == code.hresult_form());
        let facility = bits >> 16 & 0xFFF;
        Code {
            name: code.name(),
            hex: hex(code),
            signed: code.as_i32(),
            unsigned: bits,
            is_failure: code.is_failure(),
            meaning: code.meaning(),
            message: Some(code.message()).filter(|it| !it.is_empty()),
            twin: twin.map(|it| Twin { name: it.name, hex: hex(it.value) }),
            facility,
            facility_name: facility_name(facility),
            number: bits & 0xFFFF,
            known_failures: faults
                .map(|it| KnownFailure { fault: it.name(), export: it.export().name() })
                .collect(),
        }
    }
}

fn hex(code: Hresult) -> String {
    format!("0x{:08X}", code.bits())
}

/// The facilities that an HCS client meets.
fn facility_name(facility: u32) -> Option<&'static str> {
    Some(match facility {
        0 => "none",
        1 => "RPC",
        4 => "interface",
        7 => "Win32",
        0x37 => "virtualization and compute service",
        0x3A => "virtual disk",
        0x3B => "network service",
        _ => return None,
    })
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.name.unwrap_or(&self.hex))?;
        let mut row = |name: &str, value: &dyn fmt::Display| writeln!(f, "  {name:<9} {value}");
        row("hex", &self.hex)?;
        row("decimal", &format_args!("{}, unsigned {}", self.signed, self.unsigned))?;
        if self.name.is_none() {
            row("kind", &if self.is_failure { "failure" } else { "success" })?;
            let name = self.facility_name.map_or(String::new(), |it| format!(" ({it})"));
            row("facility", &format_args!("0x{:X}{name}", self.facility))?;
            row("number", &self.number)?;
        }
        row("meaning", &self.meaning.unwrap_or("not in the table of hcs-sim"))?;
        if let Some(message) = self.message {
            row("HCS says", &message)?;
        }
        if let Some(Twin { name, hex }) = &self.twin {
            row("twin", &format_args!("{name} ({hex})"))?;
        }
        for KnownFailure { fault, export } in &self.known_failures {
            row("seen from", &format_args!("{export} (faults::{fault})"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        if !self.message.is_empty() {
            writeln!(f, "\nmessage\n  {}", self.message)?;
        }
        for event in &self.events {
            writeln!(f, "\nevent {} of {}", event.id, event.provider_name.unwrap_or(event.provider))?;
            let said = event.says.into_iter().chain(Some(event.message).filter(|it| !it.is_empty()));
            said.into_iter().try_for_each(|it| writeln!(f, "  {it}"))?;
            event.data.iter().try_for_each(|it| writeln!(f, "  data      {it}"))?;
        }
        for cause in &self.attribution {
            writeln!(f, "\nattribution\n  {}", cause.says)?;
        }
        if !self.problems.is_empty() {
            writeln!(f, "\nnot as the schema has it")?;
            self.problems.iter().try_for_each(|it| writeln!(f, "  {it}"))?;
        }
        Ok(())
    }
}

impl<'a> Event<'a> {
    fn of(event: &'a ErrorEvent) -> Event<'a> {
        let provider = event.provider();
        let is = |known: &str| provider.trim_matches(['{', '}']).eq_ignore_ascii_case(known);
        let provider_name = if is(ErrorEvent::HYPER_V_COMPUTE) {
            Some("Microsoft-Windows-Hyper-V-Compute")
        } else if is(ErrorEvent::HYPER_V_WORKER) {
            Some("Microsoft-Windows-Hyper-V-Worker")
        } else {
            None
        };
        let says = provider_name.and(match event.event_id() {
            ErrorEvent::INVALID_CONFIGURATION => Some("the compute service refused a configuration"),
            ErrorEvent::INVALID_REQUEST => Some("the compute service refused a query or options"),
            ErrorEvent::HYPER_V_NOT_INSTALLED => Some("a system cannot be created without Hyper-V"),
            ErrorEvent::POWER_ON_FAILED => Some("a device of a virtual machine could not be powered on"),
            ErrorEvent::START_FAILED => Some("a virtual machine could not be started"),
            _ => None,
        });
        Event {
            id: event.event_id(),
            says,
            provider,
            provider_name,
            message: event.message(),
            data: event.values().collect(),
        }
    }
}

impl<'a> Cause<'a> {
    fn of(record: &'a AttributionRecord) -> Cause<'a> {
        let mut says = String::new();
        let mut also = Vec::new();
        let mut add = |name: &str, value: &str| {
            if !value.is_empty() {
                also.push(format!("{name} {value}"));
            }
        };
        match record {
            AttributionRecord::WorkerExit { exit_code, r#type, detail, initiator } => {
                let _ = write!(
                    says,
                    "the worker process of the virtual machine ended with exit code {exit_code}"
                );
                add("type", r#type.as_deref().unwrap_or_default());
                add("detail", detail);
                add("initiator", initiator.as_deref().unwrap_or_default());
            }
            AttributionRecord::GuestCrash { crash_parameters } => {
                says.push_str("the guest reported a crash");
                let parameters: Vec<String> = crash_parameters.iter().map(|it| format!("0x{it:X}")).collect();
                add("parameters", &parameters.join(" "));
            }
            AttributionRecord::TripleFault { error_type } => {
                says.push_str("the guest ran into a triple fault");
                add("error type", &error_type.to_string());
            }
            AttributionRecord::InjectNonMaskableInterrupt {} => {
                says.push_str("a non-maskable interrupt was injected");
            }
            AttributionRecord::OperationFailure { detail } => {
                says.push_str("an operation failed");
                add("operation", detail);
            }
            AttributionRecord::SystemExit { detail, initiator } => {
                says.push_str("the system exited");
                add("detail", detail);
                add("initiator", initiator);
            }
            AttributionRecord::VirtualDeviceFailure { detail, name, device_id, instance_id } => {
                says.push_str("a virtual device failed");
                add("detail", detail);
                add("name", name);
                add("device", device_id);
                add("instance", instance_id.as_deref().unwrap_or_default());
            }
            other => {
                let _ = write!(says, "{other:?}");
            }
        }
        if !also.is_empty() {
            let _ = write!(says, ": {}", also.join(", "));
        }
        Cause { says, record }
    }
}
