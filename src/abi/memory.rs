//! Memory that the caller frees: documents, and what `LocalAlloc` gives.
//! Not here: which documents are live (`runtime::documents`).

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::collections::HashMap;
use std::ptr;
use std::sync::LazyLock;

use parking_lot::Mutex;

/// What `LocalAlloc` gives is aligned like this.
const ALIGNMENT: usize = 16;

/// Freed documents are filled with this, so that reading one after its end shows.
const POISON: u8 = 0xDD;

/// Blocks of `LocalAlloc` that are no documents, by address.
static BLOCKS: LazyLock<Mutex<HashMap<usize, usize>>> = LazyLock::new(Mutex::default);

/// Copies a text as UTF-16 with a NUL into memory of its own. Answers address and size in bytes; address 0 if there is no
/// memory.
pub(crate) fn publish(text: &str) -> (usize, usize) {
    let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
    let size = 2 * (units + 1);
    // SAFETY: the size is not 0.
    let start = unsafe { alloc(layout(size)) }.cast::<u16>();
    if start.is_null() {
        return (0, 0);
    }
    let put = |at: usize, unit: u16| {
        // SAFETY: `at` is at most `units`, so the unit lies within the block, which is aligned for it.
        unsafe { start.add(at).write(unit) }
    };
    if units == text.len() {
        text.bytes().enumerate().for_each(|(at, byte)| put(at, u16::from(byte)));
    } else {
        text.encode_utf16().enumerate().for_each(|(at, unit)| put(at, unit));
    }
    put(units, 0);
    (start.expose_provenance(), size)
}

/// Gives a block of `publish` or `allocate` back.
pub(crate) fn take_back(address: usize, size: usize) {
    let start = ptr::with_exposed_provenance_mut::<u8>(address);
    // SAFETY: the tables of documents and blocks name each block once, with the size it was made with, until it is freed.
    unsafe {
        start.write_bytes(POISON, size);
        dealloc(start, layout(size));
    }
}

/// A block for `LocalAlloc`; NULL if there is no memory.
pub(crate) fn allocate(size: usize, zeroed: bool) -> *mut u8 {
    let size = size.max(1);
    let Ok(layout) = Layout::from_size_align(size, ALIGNMENT) else { return ptr::null_mut() };
    // SAFETY: the size is not 0.
    let start = unsafe { if zeroed { alloc_zeroed(layout) } else { alloc(layout) } };
    if !start.is_null() {
        BLOCKS.lock().insert(start.expose_provenance(), size);
    }
    start
}

/// Frees a block of `allocate`. Answers whether the address is one.
pub(crate) fn free_block(address: usize) -> bool {
    let size = BLOCKS.lock().remove(&address);
    size.map(|size| take_back(address, size)).is_some()
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, ALIGNMENT).expect("hcs-sim bug: a block larger than the address space")
}
