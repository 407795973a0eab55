//! What checking documents against the schema costs, beside reading them into a tree, and what it adds to a create.
//! `cargo bench --bench documents`. Not here: operations and events.

mod common;

use std::fmt::Write;
use std::hint::black_box;

use common::measure::*;
use common::*;
use hcs_sim::schema::{self, Version};
use hcs_sim::{DocumentChecks, Host};
use serde_json::Value;

fn main() {
    let scale = Scale::asked_for();
    large_documents(&scale);
    creating(&scale);
}

const MIB: usize = 1 << 20;

/// A machine with as many disks as make the document this long; each disk with the members that clients give.
fn many_disks(length: usize, member: &str) -> String {
    let mut text =
        r#"{"SchemaVersion":{"Major":2,"Minor":1},"VirtualMachine":{"Devices":{"Scsi":{"#.to_owned();
    for controller in 0.. {
        write!(text, r#""controller {controller}":{{"Attachments":{{"#).unwrap();
        for lun in 0..64 {
            let comma = if lun == 63 { "" } else { "," };
            write!(
                text,
                r#""{lun}":{{"Type":"VirtualDisk","Path":"C:\\disks\\{controller}-{lun}.vhdx","{member}":"Uncached","ReadOnly":true}}{comma}"#
            )
            .unwrap();
        }
        text.push_str("}}");
        if text.len() >= length {
            break;
        }
        text.push(',');
    }
    text.push_str("}}}}");
    text
}

/// A machine with one long text in it.
fn one_long_text(length: usize) -> String {
    format!(r#"{{"Owner":"{}","VirtualMachine":{{}}}}"#, "x".repeat(length))
}

/// Goal: 1 MiB in milliseconds, at most twice what `serde_json` takes to build a tree of it.
fn large_documents(scale: &Scale) {
    let scale = Scale { rounds: scale.rounds.min(51), ..*scale };
    let documents = [
        ("1 MiB of disks, in order", many_disks(MIB, "CachingMode")),
        ("1 MiB of disks, each with an unknown member", many_disks(MIB, "CacheMode")),
        ("one text of 1 MiB", one_long_text(MIB)),
        ("a usual configuration", CONFIGURATION.to_owned()),
    ];
    for (name, text) in &documents {
        let contestants: Vec<Contestant<'_>> = vec![
            contestant("serde_json, a tree", || {
                black_box(serde_json::from_str::<Value>(black_box(text)).unwrap());
            }),
            contestant("schema::check", || {
                black_box(schema::check("ComputeSystem", black_box(text), Version::V2_6));
            }),
        ];
        side_by_side(&format!("{name} ({} bytes)", text.len()), &scale, 8, contestants);
    }
}

/// What the check adds to a create; with checks off it adds nothing.
fn creating(scale: &Scale) {
    let hosts = [DocumentChecks::Off, DocumentChecks::Refuse]
        .map(|checks| (checks, Host::builder().behavior(|it| it.document_checks = checks).build()));
    let contestants = hosts.iter().map(|(checks, host)| {
        let (id, configuration) = (wide("web"), wide(CONFIGURATION));
        on_host(host, format!("checks {checks:?}"), move || {
            let system = create(&Simulated, &id, &configuration);
            request(&Simulated, |operation| Simulated.terminate_compute_system(system, operation, 0));
            Simulated.close_compute_system(system);
        })
    });
    let title = format!("Create and terminate, a configuration of {} bytes", CONFIGURATION.len());
    side_by_side(&title, scale, scale.batch, contestants.collect());
    for (_, host) in &hosts {
        end(host, &[]);
    }
}
