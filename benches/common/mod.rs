//! What the benchmarks share: one trait, the same calls through it, and the three that answer them.
//! Not here: measuring (`ratios`, `cycle`).

#![allow(dead_code)] // each benchmark uses a part

pub mod measure;

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::hint::black_box;
use std::ptr::{null, null_mut, with_exposed_provenance, with_exposed_provenance_mut};

use hcs_sim::computecore::*;
use hcs_sim::win32::LocalFree;
use mockall::automock;
use mockall::predicate::{always, eq};

/// A real configuration, as its file is written: a Linux machine with kernel, disks and sockets.
pub const CONFIGURATION: &str = include_str!("../../fixtures/linux-direct-boot.json");

/// The smallest configuration of a machine, for hosts with many.
pub const SMALL: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"VirtualMachine":{}}"#;

pub fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// The functions that the measured code calls, as a project declares them to have something to mock. Handles and pointers
/// are numbers, because an expectation has to be `Send`.
#[automock]
pub trait Computecore {
    fn create_operation(&self, context: usize, callback: usize) -> usize;
    fn close_operation(&self, operation: usize);
    fn wait_for_operation_result(&self, operation: usize, timeout_ms: u32, document: &mut usize) -> i32;
    fn local_free(&self, memory: usize) -> usize;
    fn get_compute_system_properties(&self, system: usize, operation: usize, query: usize) -> i32;
    fn create_compute_system(
        &self,
        id: usize,
        configuration: usize,
        operation: usize,
        security_descriptor: usize,
        system: &mut usize,
    ) -> i32;
    fn start_compute_system(&self, system: usize, operation: usize, options: usize) -> i32;
    fn terminate_compute_system(&self, system: usize, operation: usize, options: usize) -> i32;
    fn close_compute_system(&self, system: usize);
}

/// What is measured first: one operation, from create to close, with its document.
pub fn cycle(api: &impl Computecore, system: usize) {
    let operation = black_box(api.create_operation(0, 0));
    let mut document = 0;
    let called = api.get_compute_system_properties(system, operation, 0);
    let waited = api.wait_for_operation_result(operation, INFINITE, &mut document);
    assert!(called == 0 && waited == 0 && document != 0);
    assert_eq!(api.local_free(black_box(document)), 0);
    api.close_operation(operation);
}

/// What is measured second: a system is created, started, terminated, and its handle closed; one operation for each request.
pub fn life(api: &impl Computecore, id: &[u16], configuration: &[u16]) {
    let system = create(api, id, configuration);
    request(api, |operation| api.start_compute_system(system, operation, 0));
    request(api, |operation| api.terminate_compute_system(system, operation, 0));
    api.close_compute_system(system);
}

pub fn create(api: &impl Computecore, id: &[u16], configuration: &[u16]) -> usize {
    let mut system = 0;
    request(api, |operation| {
        let (id, configuration) = (address(id), address(configuration));
        api.create_compute_system(id, configuration, operation, 0, &mut system)
    });
    black_box(system)
}

/// One request that succeeds without a document.
pub fn request(api: &impl Computecore, call: impl FnOnce(usize) -> i32) {
    let operation = black_box(api.create_operation(0, 0));
    let mut document = 0;
    let called = call(operation);
    let waited = api.wait_for_operation_result(operation, INFINITE, &mut document);
    assert!(called == 0 && waited == 0 && document == 0);
    api.close_operation(operation);
}

fn address(text: &[u16]) -> usize {
    text.as_ptr().expose_provenance()
}

/// hcs-sim, through its exports.
pub struct Simulated;

impl Computecore for Simulated {
    fn create_operation(&self, context: usize, callback: usize) -> usize {
        assert_eq!(callback, 0);
        // SAFETY: no callback, so the context is only carried.
        unsafe { HcsCreateOperation(with_exposed_provenance(context), None) }.addr()
    }

    fn close_operation(&self, operation: usize) {
        // SAFETY: any value is recognised.
        unsafe { HcsCloseOperation(handle(operation)) }
    }

    fn wait_for_operation_result(&self, operation: usize, timeout_ms: u32, document: &mut usize) -> i32 {
        let mut out = null_mut();
        // SAFETY: the out pointer is valid.
        let code = unsafe { HcsWaitForOperationResult(handle(operation), timeout_ms, &mut out) };
        *document = out.expose_provenance();
        code
    }

    fn local_free(&self, memory: usize) -> usize {
        // SAFETY: a document, not used any more.
        unsafe { LocalFree(with_exposed_provenance_mut(memory)) }.addr()
    }

    fn get_compute_system_properties(&self, system: usize, operation: usize, query: usize) -> i32 {
        // SAFETY: the query is NULL or a text with its zero.
        unsafe {
            HcsGetComputeSystemProperties(handle(system), handle(operation), with_exposed_provenance(query))
        }
    }

    fn create_compute_system(
        &self,
        id: usize,
        configuration: usize,
        operation: usize,
        security_descriptor: usize,
        system: &mut usize,
    ) -> i32 {
        assert_eq!(security_descriptor, 0);
        let mut out = null_mut();
        let (id, configuration) = (with_exposed_provenance(id), with_exposed_provenance(configuration));
        // SAFETY: both texts end with a zero, and the out pointer is valid.
        let code = unsafe { HcsCreateComputeSystem(id, configuration, handle(operation), null(), &mut out) };
        *system = out.addr();
        code
    }

    fn start_compute_system(&self, system: usize, operation: usize, options: usize) -> i32 {
        // SAFETY: the options are NULL or a text with its zero.
        unsafe { HcsStartComputeSystem(handle(system), handle(operation), with_exposed_provenance(options)) }
    }

    fn terminate_compute_system(&self, system: usize, operation: usize, options: usize) -> i32 {
        // SAFETY: the options are NULL or a text with its zero.
        unsafe {
            HcsTerminateComputeSystem(handle(system), handle(operation), with_exposed_provenance(options))
        }
    }

    fn close_compute_system(&self, system: usize) {
        // SAFETY: any value is recognised.
        unsafe { HcsCloseComputeSystem(handle(system)) }
    }
}

fn handle(value: usize) -> *mut c_void {
    std::ptr::without_provenance_mut(value)
}

/// The document that the current host gives for a system: the others give the same.
pub fn document_of(system: usize) -> String {
    let api = Simulated;
    let operation = api.create_operation(0, 0);
    assert_eq!(api.get_compute_system_properties(system, operation, 0), 0);
    let mut document = 0;
    assert_eq!(api.wait_for_operation_result(operation, INFINITE, &mut document), 0);
    let start: *const u16 = with_exposed_provenance(document);
    // SAFETY: a document is 16-bit units up to a zero.
    let length = (0..).take_while(|at| unsafe { *start.add(*at) } != 0).count();
    // SAFETY: as above.
    let text = String::from_utf16(unsafe { std::slice::from_raw_parts(start, length) });
    api.local_free(document);
    api.close_operation(operation);
    text.expect("documents are UTF-16")
}

const OPERATION: usize = 0x0F00;
const SYSTEM: usize = 0x0500;

/// How a mock comes by the memory of its document.
#[derive(Clone, Copy)]
pub enum Document {
    /// It encodes the text in every call, as mocks in the field do.
    Encoded,
    /// It copies units that were encoded beforehand: as cheap as memory of the caller's own can be.
    Copied,
}

/// A mock for [`cycle`], set up as one does by hand: each function once, arguments checked, calls counted.
pub fn mock_cycle(text: &str, document: Document) -> (MockComputecore, usize) {
    let mut mock = MockComputecore::new();
    mock_operations(&mut mock);
    mock.expect_get_compute_system_properties()
        .with(eq(SYSTEM), eq(OPERATION), eq(0))
        .times(1..)
        .return_const(0);
    let (text, units) = (text.to_owned(), wide(text));
    let length = units.len();
    mock.expect_wait_for_operation_result().with(eq(OPERATION), eq(INFINITE), always()).times(1..).returning(
        move |_, _, out| {
            let units = match document {
                Document::Encoded => wide(&text),
                Document::Copied => units.clone(),
            };
            *out = give(units);
            0
        },
    );
    mock.expect_local_free().times(1..).returning(move |memory| {
        take_back(memory, length);
        0
    });
    (mock, SYSTEM)
}

/// A mock for [`life`].
pub fn mock_life() -> MockComputecore {
    let mut mock = MockComputecore::new();
    mock_operations(&mut mock);
    mock.expect_wait_for_operation_result()
        .with(eq(OPERATION), eq(INFINITE), always())
        .times(1..)
        .return_const(0);
    mock.expect_create_compute_system()
        .with(always(), always(), eq(OPERATION), eq(0), always())
        .times(1..)
        .returning(|_, _, _, _, system| {
            *system = SYSTEM;
            0
        });
    mock.expect_start_compute_system().with(eq(SYSTEM), eq(OPERATION), eq(0)).times(1..).return_const(0);
    mock.expect_terminate_compute_system().with(eq(SYSTEM), eq(OPERATION), eq(0)).times(1..).return_const(0);
    mock.expect_close_compute_system().with(eq(SYSTEM)).times(1..).return_const(());
    mock
}

fn mock_operations(mock: &mut MockComputecore) {
    mock.expect_create_operation().with(eq(0), eq(0)).times(1..).return_const(OPERATION);
    mock.expect_close_operation().with(eq(OPERATION)).times(1..).return_const(());
}

fn give(units: Vec<u16>) -> usize {
    Box::into_raw(units.into_boxed_slice()).cast::<u16>().expose_provenance()
}

fn take_back(memory: usize, length: usize) {
    let units = std::ptr::slice_from_raw_parts_mut(with_exposed_provenance_mut::<u16>(memory), length);
    // SAFETY: it came from `give`, with this length, and is given back once.
    drop(unsafe { Box::from_raw(units) });
}

/// The least that can answer: open operations in a list, calls in a counter, a copy of the document.
pub struct Stub {
    document: Vec<u16>,
    open: RefCell<Vec<usize>>,
    calls: Cell<u64>,
    /// The last request gives a document.
    gives: Cell<bool>,
}

impl Stub {
    pub fn new(text: &str) -> (Stub, usize) {
        let stub = Stub {
            document: wide(text),
            open: RefCell::default(),
            calls: Cell::new(0),
            gives: Cell::new(false),
        };
        (stub, SYSTEM)
    }

    fn called(&self) -> i32 {
        self.calls.set(self.calls.get() + 1);
        0
    }

    fn requested(&self, gives: bool) -> i32 {
        self.gives.set(gives);
        self.called()
    }
}

impl Computecore for Stub {
    fn create_operation(&self, _: usize, _: usize) -> usize {
        self.called();
        let mut open = self.open.borrow_mut();
        let operation = OPERATION + open.len();
        open.push(operation);
        operation
    }

    fn close_operation(&self, operation: usize) {
        self.called();
        self.open.borrow_mut().retain(|it| *it != operation);
    }

    fn wait_for_operation_result(&self, _: usize, _: u32, document: &mut usize) -> i32 {
        if self.gives.get() {
            *document = give(self.document.clone());
        }
        self.called()
    }

    fn local_free(&self, memory: usize) -> usize {
        self.called();
        take_back(memory, self.document.len());
        0
    }

    fn get_compute_system_properties(&self, _: usize, _: usize, _: usize) -> i32 {
        self.requested(true)
    }

    fn create_compute_system(&self, _: usize, _: usize, _: usize, _: usize, system: &mut usize) -> i32 {
        *system = SYSTEM;
        self.requested(false)
    }

    fn start_compute_system(&self, _: usize, _: usize, _: usize) -> i32 {
        self.requested(false)
    }

    fn terminate_compute_system(&self, _: usize, _: usize, _: usize) -> i32 {
        self.requested(false)
    }

    fn close_compute_system(&self, _: usize) {
        self.called();
    }
}
