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
    growth(&scale);
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

/// Goal: no shape of document takes time that grows faster than its size.
fn growth(scale: &Scale) {
    let rounds = scale.rounds.min(11);
    type Shape = (&'static str, fn(usize) -> String);
    let shapes: [Shape; 6] = [
        ("disks, in order", |length| many_disks(length, "CachingMode")),
        ("disks, each with an unknown member", |length| many_disks(length, "CacheMode")),
        ("one unknown member with a long name", |length| format!(r#"{{"{}":1}}"#, "k".repeat(length))),
        ("the same member again and again", |length| {
            format!(r#"{{{}"Owner":""}}"#, r#""Owner":"","#.repeat(length / 11))
        }),
        ("the same key again and again", |length| {
            let keys = r#""a":{},"#.repeat(length / 7);
            format!(r#"{{"VirtualMachine":{{"Devices":{{"Scsi":{{{keys}"z":{{}}}}}}}}}}"#)
        }),
        ("as deep as it goes, again and again", |length| {
            let deep = format!("{}{},", "[".repeat(100), "]".repeat(100));
            format!(r#"{{"HostedSystem":[{}0]}}"#, deep.repeat(length / deep.len()))
        }),
    ];
    println!("\n| ns a byte | 256 KiB | 1 MiB | 4 MiB |");
    println!("|---|--:|--:|--:|");
    for (name, shape) in shapes {
        let cells = [MIB / 4, MIB, 4 * MIB].map(|length| {
            let text = shape(length);
            let times: Vec<f64> = (0..rounds)
                .map(|_| {
                    let started = std::time::Instant::now();
                    black_box(schema::check("ComputeSystem", black_box(&text), Version::V2_6));
                    started.elapsed().as_secs_f64() * 1e9 / text.len() as f64
                })
                .collect();
            format!("{:.2}", quantile(&times, 0.5))
        });
        println!("| {name} | {} |", cells.join(" | "));
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
