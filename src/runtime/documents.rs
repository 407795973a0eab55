//! The documents that were handed out: which are still to be freed, which were freed already.
//! Not here: their memory (`abi::memory`).

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::call::Export;

/// Documents of a host, by address.
#[derive(Default)]
pub(crate) struct Documents {
    live: HashMap<usize, Document, BuildHasherDefault<AddressHasher>>,
    /// Freed, but their memory is not given back yet, so that a second free is told from a first. What is given back may
    /// belong to anybody at once, so no older address is remembered.
    quarantine: VecDeque<(usize, usize)>,
    quarantined: usize,
}

pub(crate) struct Document {
    /// Size in bytes.
    pub(crate) size: usize,
    /// The export that handed it out.
    pub(crate) export: Export,
    /// The journal entry of that call.
    pub(crate) entry: u64,
    pub(crate) text: Arc<str>,
}

/// What freeing an address means.
pub(crate) enum Freeing {
    /// Freed; the memory of these (address, size) can be given back.
    Freed(Option<(usize, usize)>),
    Twice,
    Unknown,
}

/// Documents kept in quarantine, by number and by bytes.
const KEPT: usize = 32;
const KEPT_BYTES: usize = 256 << 10;

impl Documents {
    pub(crate) fn handed_out(&mut self, address: usize, document: Document) {
        self.live.insert(address, document);
    }

    /// Which export handed out a document that is still to be freed, and the journal entry of that call.
    pub(crate) fn origin(&self, address: usize) -> Option<(Export, u64)> {
        self.live.get(&address).map(|it| (it.export, it.entry))
    }

    pub(crate) fn free(&mut self, address: usize) -> Freeing {
        let Some(document) = self.live.remove(&address) else {
            let twice = self.quarantine.iter().any(|it| it.0 == address);
            return if twice { Freeing::Twice } else { Freeing::Unknown };
        };
        self.quarantine.push_back((address, document.size));
        self.quarantined += document.size;
        if self.quarantine.len() <= KEPT && self.quarantined <= KEPT_BYTES {
            return Freeing::Freed(None);
        }
        let oldest = self.quarantine.pop_front();
        if let Some((_, size)) = oldest {
            self.quarantined -= size;
        }
        Freeing::Freed(oldest)
    }

    /// Documents that nobody freed, in the order in which they were handed out. `is_there`: whether one is still at its address.
    pub(crate) fn leaked(&self, is_there: fn(usize, &str) -> bool) -> Vec<&Document> {
        let there = self.live.iter().filter(|(address, it)| is_there(**address, &it.text));
        let mut leaked: Vec<&Document> = there.map(|it| it.1).collect();
        leaked.sort_by_key(|it| it.entry);
        leaked
    }

    /// Everything whose memory can be given back when the host ends: what was freed. What leaked stays readable.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (usize, usize)> {
        self.quarantined = 0;
        self.quarantine.drain(..)
    }
}

/// Addresses are spread well enough by one multiplication.
#[derive(Default)]
pub(crate) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }

    fn write_usize(&mut self, value: usize) {
        self.0 = (value as u64 >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(20);
    }
}
