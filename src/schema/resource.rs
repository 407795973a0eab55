//! The resource paths of modify requests: what each names, its settings, and which requests it takes.
//! Not here: what a request changes (`model::modify`).

use super::nearest::nearest;
use super::table;
use super::types::{Shape, Type};

/// A row: one kind of resource. (fidelity: `modify-paths`)
#[derive(Debug)]
pub(crate) struct Resource {
    /// Segments; `{..}` stands for a key.
    pattern: &'static str,
    /// The type of its settings; none for what takes none at all.
    pub(super) settings: Option<&'static Type>,
    pub(crate) requests: &'static [RequestType],
    pub(crate) target: Target,
}

/// What a resource path names in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// One value, which is set.
    Value,
    /// Members of the object around it, which are set.
    Members,
    /// An entry of a map: it is added once, and exists when it is changed.
    Entry,
    /// An entry of a map in a device that has to be there.
    EntryOfDevice,
    /// An entry of a map that an update adds too.
    Upserted,
    /// An element of a list, known by these members.
    Element(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestType {
    Add,
    Remove,
    Update,
}

use RequestType::{Add, Remove, Update};

impl RequestType {
    pub(crate) fn of(name: &str) -> Option<RequestType> {
        Some(match name {
            "Add" => Add,
            "Remove" => Remove,
            "Update" => Update,
            _ => return None,
        })
    }
}

const ANY: &[RequestType] = &[Add, Remove, Update];

const fn row(
    pattern: &'static str,
    settings: &'static Type,
    requests: &'static [RequestType],
    target: Target,
) -> Resource {
    Resource { pattern, settings: Some(settings), requests, target }
}

#[rustfmt::skip]
static RESOURCES: &[Resource] = &[
    row("VirtualMachine/ComputeTopology/Memory/SizeInMB", &table::uint64, ANY, Target::Value),
    row("VirtualMachine/ComputeTopology/Processor/CpuGroup", &table::CpuGroup, ANY, Target::Value),
    row("VirtualMachine/ComputeTopology/Processor/IdledProcessors", &table::IdleProcessorsRequest, &[Update], Target::Value),
    row("VirtualMachine/ComputeTopology/Processor/CpuFrequencyPowerCap", &table::uint32, ANY, Target::Value),
    row("VirtualMachine/ComputeTopology/Processor/Limits", &table::ProcessorLimits, &[Update], Target::Members),
    row("VirtualMachine/ComputeTopology/Gpu", &table::GpuConfiguration, &[Update], Target::Value),
    row("VirtualMachine/Devices/FlexibleIov/{string}", &table::FlexibleIoDevice, &[Add], Target::Entry),
    Resource {
        pattern: "VirtualMachine/Devices/MappedPipes/{string}",
        settings: None,
        requests: &[Add, Remove],
        target: Target::Entry,
    },
    row("VirtualMachine/Devices/Licensing", &table::Licensing, &[Update], Target::Value),
    row("VirtualMachine/Devices/NetworkAdapters/{string}", &table::NetworkAdapter, ANY, Target::Entry),
    row("VirtualMachine/Devices/Plan9/Shares", &table::Plan9Share, ANY, Target::Element(&["AccessName", "Port"])),
    row("VirtualMachine/Devices/Scsi/{string}/Attachments/{uint32}", &table::Attachment, ANY, Target::EntryOfDevice),
    row("VirtualMachine/Devices/ComPorts/{port}", &table::ComPort, ANY, Target::Entry),
    row("VirtualMachine/Devices/SharedMemory/Regions", &table::SharedMemoryRegion, ANY, Target::Element(&["SectionName"])),
    row("VirtualMachine/Devices/VirtualPMem/Devices/{uint8}", &table::VirtualPMemDevice, &[Add, Remove], Target::Entry),
    row("VirtualMachine/Devices/VirtualPMem/Devices/{uint8}/Mappings/{uint64}", &table::VirtualPMemMapping, &[Add, Remove], Target::EntryOfDevice),
    row("VirtualMachine/Devices/VirtualSmb/Shares", &table::VirtualSmbShare, ANY, Target::Element(&["Name"])),
    row("VirtualMachine/Devices/VirtualPci/{string}", &table::VirtualPciDevice, &[Add, Remove], Target::Entry),
    row("VirtualMachine/Devices/HvSocket/HvSocketConfig/ServiceTable/{Guid}", &table::HvSocketServiceConfig, &[Update, Remove], Target::Upserted),
    row("Container/Memory/SizeInMB", &table::uint64, ANY, Target::Value),
    row("Container/Processor", &table::Container_Processor, ANY, Target::Value),
    row("Container/MappedDirectories", &table::MappedDirectory, ANY, Target::Element(&["ContainerPath"])),
    row("Container/MappedPipes", &table::MappedPipe, ANY, Target::Element(&["ContainerPipeName"])),
    row("Container/Devices/Generic", &table::Any, ANY, Target::Value),
    row("Container/RegistryFlushState", &table::RegistryFlushState, ANY, Target::Value),
];

/// The row of a path. Segments that are no keys are compared without case.
pub(crate) fn find(path: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|it| it.names(path))
}

/// Longer paths name nothing, and are cut where they are shown.
const LONGEST: usize = 256;

/// The path that was probably meant: with other slashes, another spelling, or a segment more; the keys are those of the path.
pub(crate) fn nearest_path(path: &str) -> Option<String> {
    if path.len() > LONGEST {
        return None;
    }
    let path = path.replace('\\', "/");
    let given: Vec<&str> = path.trim_matches('/').split('/').collect();
    let straight = given.join("/");
    if find(&straight).is_some() {
        return Some(straight);
    }
    let alike = RESOURCES
        .iter()
        .map(|it| it.pattern.split('/').collect::<Vec<_>>())
        .filter(|it| it.len() == given.len());
    // What is compared is what is no key.
    let words = |pattern: &[&str], of: &[&str]| {
        let words = pattern.iter().zip(of).filter(|(part, _)| key_of(part).is_none());
        words.map(|it| *it.1).collect::<Vec<_>>().join("/")
    };
    let spelled = alike.into_iter().find_map(|pattern| {
        let meant = words(&pattern, &pattern);
        nearest(&words(&pattern, &given), std::iter::once(meant.as_str()))?;
        let filled =
            pattern.iter().zip(&given).map(|(part, it)| if key_of(part).is_some() { it } else { part });
        let filled = filled.copied().collect::<Vec<_>>().join("/");
        find(&filled).map(|_| filled)
    });
    // A segment that was left out, if there is no doubt about which.
    let longer = || {
        let mut longer = RESOURCES.iter().filter_map(|it| it.with_a_segment_more(&given));
        longer.next().filter(|_| longer.next().is_none())
    };
    spelled.or_else(longer)
}

/// A path as it is shown.
pub(crate) fn shortened(path: &str) -> &str {
    let end = path.char_indices().nth(LONGEST).map_or(path.len(), |it| it.0);
    &path[..end]
}

/// `{type}` is the place of a key.
fn key_of(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

impl Resource {
    /// What a request asks for that does not say: to add, or else what the resource takes.
    pub(crate) fn usual_request(&self) -> RequestType {
        if self.requests.contains(&Add) { Add } else { self.requests[0] }
    }

    /// Whether virtual machines have it; containers have the others.
    pub(crate) fn is_of_machines(&self) -> bool {
        self.pattern.starts_with("VirtualMachine")
    }

    /// Whether its key has to be a GUID.
    pub(crate) fn is_keyed_by_guid(&self) -> bool {
        self.pattern.ends_with("{Guid}")
    }

    /// Whether its settings name a file that is opened.
    pub(crate) fn opens_a_file(&self) -> bool {
        self.pattern.contains("/Scsi/") || self.pattern.contains("/VirtualPMem/")
    }

    /// Whether it takes no settings.
    pub(crate) fn is_empty(&self) -> bool {
        self.settings.is_none()
    }

    fn names(&self, path: &str) -> bool {
        let mut given = path.split('/');
        self.pattern.split('/').all(|part| {
            given.next().is_some_and(|it| match key_of(part) {
                Some(key) => is_key(key, it),
                None => it.eq_ignore_ascii_case(part),
            })
        }) && given.next().is_none()
    }

    /// A path that lacks one word of this one.
    fn with_a_segment_more(&self, given: &[&str]) -> Option<String> {
        let parts: Vec<&str> = self.pattern.split('/').collect();
        let words = parts.iter().enumerate().filter(|(_, it)| key_of(it).is_none());
        words.map(|it| it.0).find_map(|left_out| {
            let mut filled = given.to_vec();
            (left_out <= filled.len()).then(|| filled.insert(left_out, parts[left_out]))?;
            let filled = filled.join("/");
            self.names(&filled).then_some(filled)
        })
    }

    /// The path as the configuration spells it.
    pub(crate) fn spelled(&self, path: &str) -> Vec<String> {
        let parts = self.pattern.split('/').zip(path.split('/'));
        parts.map(|(part, given)| if key_of(part).is_some() { given } else { part }.to_owned()).collect()
    }
}

fn is_key(type_name: &str, key: &str) -> bool {
    match table::find(type_name).map(|it| &it.shape) {
        Some(Shape::Integer(_, most)) => {
            // without leading zeros: one place has one name
            key.parse::<u64>().is_ok_and(|it| it <= *most && it.to_string() == key)
        }
        Some(Shape::Form(has_form, _)) => has_form(key),
        _ => !key.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_finds_its_row_and_its_keys() {
        let found = find("VirtualMachine/devices/Scsi/disks/Attachments/12").unwrap();
        assert_eq!(
            found.spelled("VirtualMachine/devices/Scsi/disks/Attachments/12")[2..],
            ["Scsi", "disks", "Attachments", "12"]
        );
        for bad in [
            "",
            "VirtualMachine",
            "VirtualMachine/Devices/ComPorts/2",
            "VirtualMachine/Devices/ComPorts/0/",
            "VirtualMachine/Devices/NetworkAdapters/",
            "VirtualMachine/Devices/HvSocket/HvSocketConfig/ServiceTable/x",
            "VirtualMachine/Devices/VirtualPMem/Devices/256",
        ] {
            assert!(find(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_nearest_path_has_the_same_keys() {
        assert_eq!(
            nearest_path("VirtualMachine/Devices/NetworkAdaptors/eth0").as_deref(),
            Some("VirtualMachine/Devices/NetworkAdapters/eth0")
        );
        assert_eq!(nearest_path("Nothing/Like/It"), None);
    }

    #[test]
    fn every_key_is_of_a_type() {
        let keys = RESOURCES.iter().flat_map(|it| it.pattern.split('/')).filter_map(key_of);
        for key in keys {
            assert!(table::find(key).is_some(), "{key}");
        }
    }
}
