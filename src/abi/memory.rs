//! Memory that the caller frees: documents, and what `LocalAlloc` gives.
//! Not here: which documents are live (`runtime::documents`).

use std::collections::HashMap;
use std::ptr;
use std::sync::LazyLock;

use parking_lot::Mutex;

/// Freed documents are filled with this, so that reading one after its end shows.
const POISON: u8 = 0xDD;

/// Blocks of `LocalAlloc` that are no documents, by address.
static BLOCKS: LazyLock<Mutex<HashMap<usize, usize>>> = LazyLock::new(Mutex::default);

/// Copies a text as UTF-16 with a NUL into memory of its own. Answers address and size in bytes; address 0 if there is no
/// memory.
pub(crate) fn publish(text: &str) -> (usize, usize) {
    let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
    let size = 2 * (units + 1);
    let start = imp::allocate(size, false).cast::<u16>();
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
        imp::free(start, size);
    }
}

/// A block for `LocalAlloc`; NULL if there is no memory.
pub(crate) fn allocate(size: usize, zeroed: bool) -> *mut u8 {
    let size = size.max(1);
    let start = imp::allocate(size, zeroed);
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

/// Whether a document is still where it was put, though nobody has told us of its end. Where clients free documents through the system
/// it may be gone.
pub(crate) fn is_there(address: usize, text: &str) -> bool {
    imp::is_there(address, text)
}

#[cfg(not(windows))]
mod imp {
    use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
    use std::ptr;

    /// What `LocalAlloc` gives is aligned like this.
    const ALIGNMENT: usize = 16;

    /// A block of at least one byte; NULL if there is no memory.
    pub(super) fn allocate(size: usize, zeroed: bool) -> *mut u8 {
        let Ok(layout) = Layout::from_size_align(size, ALIGNMENT) else { return ptr::null_mut() };
        // SAFETY: the size is not 0.
        unsafe { if zeroed { alloc_zeroed(layout) } else { alloc(layout) } }
    }

    /// # Safety
    ///
    /// The block came from `allocate` with this size, and is not used any more.
    pub(super) unsafe fn free(block: *mut u8, size: usize) {
        let layout = Layout::from_size_align(size, ALIGNMENT);
        // SAFETY: the caller promises it.
        unsafe { dealloc(block, layout.expect("hcs-sim bug: a block larger than the address space")) }
    }

    /// Every end is told us: `LocalFree` is ours.
    pub(super) fn is_there(_: usize, _: &str) -> bool {
        true
    }
}

/// Clients of the DLL call the `LocalFree` of the system, so documents are its memory. (fidelity: `documents-local`)
#[cfg(windows)]
mod imp {
    use std::ffi::c_void;
    use std::ptr;

    const LMEM_ZEROINIT: u32 = 0x40;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn LocalAlloc(flags: u32, size: usize) -> *mut c_void;
        fn LocalFree(memory: *mut c_void) -> *mut c_void;
        fn GetProcessHeap() -> *mut c_void;
        fn HeapValidate(heap: *mut c_void, flags: u32, block: *const c_void) -> i32;
        fn HeapSize(heap: *mut c_void, flags: u32, block: *const c_void) -> usize;
    }

    pub(super) fn allocate(size: usize, zeroed: bool) -> *mut u8 {
        // SAFETY: any size is answered, with NULL if there is no memory.
        unsafe { LocalAlloc(if zeroed { LMEM_ZEROINIT } else { 0 }, size) }.cast()
    }

    /// # Safety
    ///
    /// The block came from `allocate` and is not used any more.
    pub(super) unsafe fn free(block: *mut u8, _: usize) {
        // SAFETY: the caller promises it.
        unsafe { LocalFree(block.cast()) };
    }

    /// The heap says whether a block is in use, and how large it is; what is in it tells a document from a block that somebody else has
    /// got at the same place.
    pub(super) fn is_there(address: usize, text: &str) -> bool {
        let block = ptr::with_exposed_provenance::<u8>(address);
        let size = 2 * (text.encode_utf16().count() + 1);
        // SAFETY: the heap looks for the block, and does not trust the address.
        let is_in_use = unsafe {
            HeapValidate(GetProcessHeap(), 0, block.cast()) != 0
                && HeapSize(GetProcessHeap(), 0, block.cast()) == size
        };
        is_in_use
            && text.encode_utf16().chain([0]).enumerate().all(|(at, unit)| {
                // SAFETY: `at` lies within the size of a block that is in use.
                unit == unsafe { block.cast::<u16>().add(at).read_unaligned() }
            })
    }
}
