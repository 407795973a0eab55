package hcs

// Go must not keep a number in a pointer, which is what C takes handles for: they change their type on the way.

/*
#cgo CFLAGS: -I${SRCDIR}/../../../../computecore/include
#cgo LDFLAGS: -lcomputecore
#include "computecore.h"

// In callback_linux.go.
extern void goOnEvent(int32_t kind, WCHAR *data, uintptr_t number);

static void on_event(HCS_EVENT *event, void *number) {
	goOnEvent(event->Type, (WCHAR *)event->EventData, (uintptr_t)number);
}

static uintptr_t create_operation(void) {
	return (uintptr_t)HcsCreateOperation(NULL, NULL);
}
static void close_operation(uintptr_t operation) {
	HcsCloseOperation((HCS_OPERATION)operation);
}
static HRESULT wait_for_operation(uintptr_t operation, DWORD milliseconds, PWSTR *document) {
	return HcsWaitForOperationResult((HCS_OPERATION)operation, milliseconds, document);
}
static HRESULT wait_for_process_info(uintptr_t operation, DWORD milliseconds, void *information, PWSTR *document) {
	return HcsWaitForOperationResultAndProcessInfo((HCS_OPERATION)operation, milliseconds, information, document);
}
static HRESULT create_system(PCWSTR id, PCWSTR configuration, uintptr_t operation, uintptr_t *system) {
	return HcsCreateComputeSystem(id, configuration, (HCS_OPERATION)operation, NULL, (HCS_SYSTEM *)system);
}
static void close_system(uintptr_t system) {
	HcsCloseComputeSystem((HCS_SYSTEM)system);
}
static HRESULT listen(uintptr_t system, uintptr_t number) {
	return HcsSetComputeSystemCallback((HCS_SYSTEM)system, HcsEventOptionNone, (void *)number, on_event);
}
static HRESULT start_system(uintptr_t system, uintptr_t operation) {
	return HcsStartComputeSystem((HCS_SYSTEM)system, (HCS_OPERATION)operation, NULL);
}
static HRESULT terminate_system(uintptr_t system, uintptr_t operation) {
	return HcsTerminateComputeSystem((HCS_SYSTEM)system, (HCS_OPERATION)operation, NULL);
}
static HRESULT query_system(uintptr_t system, uintptr_t operation) {
	return HcsGetComputeSystemProperties((HCS_SYSTEM)system, (HCS_OPERATION)operation, NULL);
}
static HRESULT create_process(uintptr_t system, PCWSTR parameters, uintptr_t operation, uintptr_t *process) {
	return HcsCreateProcess((HCS_SYSTEM)system, parameters, (HCS_OPERATION)operation, NULL, (HCS_PROCESS *)process);
}
static void close_process(uintptr_t process) {
	HcsCloseProcess((HCS_PROCESS)process);
}
static HRESULT wait_for_process(uintptr_t process, DWORD milliseconds, PWSTR *document) {
	return HcsWaitForProcessExit((HCS_PROCESS)process, milliseconds, document);
}
// The error belongs to the thread, on which Go may not come back.
static DWORD read_pipe(uintptr_t pipe, void *buffer, DWORD size, DWORD *length) {
	return ReadFile((HANDLE)pipe, buffer, size, length, NULL) ? ERROR_SUCCESS : GetLastError();
}
static void close_pipe(uintptr_t pipe) {
	CloseHandle((HANDLE)pipe);
}
*/
import "C"

import (
	"fmt"
	"io"
	"unsafe"
)

func text(it *uint16) C.PCWSTR             { return C.PCWSTR(unsafe.Pointer(it)) }
func documentOf(it **uint16) *C.PWSTR      { return (*C.PWSTR)(unsafe.Pointer(it)) }
func numberOf(handle *handle) *C.uintptr_t { return (*C.uintptr_t)(unsafe.Pointer(handle)) }

func hcsCreateOperation() handle { return handle(C.create_operation()) }

func hcsCloseOperation(operation handle) { C.close_operation(C.uintptr_t(operation)) }

func hcsWaitForOperationResult(operation handle, milliseconds uint32, document **uint16) HRESULT {
	return HRESULT(C.wait_for_operation(C.uintptr_t(operation), C.DWORD(milliseconds), documentOf(document)))
}

func hcsWaitForOperationResultAndProcessInfo(operation handle, milliseconds uint32, information *processInformation, document **uint16) HRESULT {
	return HRESULT(C.wait_for_process_info(C.uintptr_t(operation), C.DWORD(milliseconds), unsafe.Pointer(information), documentOf(document)))
}

func hcsCreateComputeSystem(id, configuration *uint16, operation handle, system *handle) HRESULT {
	return HRESULT(C.create_system(text(id), text(configuration), C.uintptr_t(operation), numberOf(system)))
}

func hcsCloseComputeSystem(system handle) { C.close_system(C.uintptr_t(system)) }

func hcsSetComputeSystemCallback(system handle, number uintptr) HRESULT {
	return HRESULT(C.listen(C.uintptr_t(system), C.uintptr_t(number)))
}

func hcsStartComputeSystem(system, operation handle) HRESULT {
	return HRESULT(C.start_system(C.uintptr_t(system), C.uintptr_t(operation)))
}

func hcsTerminateComputeSystem(system, operation handle) HRESULT {
	return HRESULT(C.terminate_system(C.uintptr_t(system), C.uintptr_t(operation)))
}

func hcsGetComputeSystemProperties(system, operation handle) HRESULT {
	return HRESULT(C.query_system(C.uintptr_t(system), C.uintptr_t(operation)))
}

func hcsCreateProcess(system handle, parameters *uint16, operation handle, process *handle) HRESULT {
	return HRESULT(C.create_process(C.uintptr_t(system), text(parameters), C.uintptr_t(operation), numberOf(process)))
}

func hcsCloseProcess(process handle) { C.close_process(C.uintptr_t(process)) }

func hcsWaitForProcessExit(process handle, milliseconds uint32, document **uint16) HRESULT {
	return HRESULT(C.wait_for_process(C.uintptr_t(process), C.DWORD(milliseconds), documentOf(document)))
}

func localFree(document *uint16) { C.LocalFree(C.HLOCAL(unsafe.Pointer(document))) }

// pipe is one end of a pipe, which is none of the operating system's here.
type pipe struct{ handle handle }

func newPipe(handle handle) io.ReadCloser { return &pipe{handle} }

func (p *pipe) Read(buffer []byte) (int, error) {
	if len(buffer) == 0 {
		return 0, nil
	}
	var length C.DWORD
	switch code := C.read_pipe(C.uintptr_t(p.handle), unsafe.Pointer(&buffer[0]), C.DWORD(len(buffer)), &length); code {
	case C.ERROR_SUCCESS:
		return int(length), nil
	case C.ERROR_BROKEN_PIPE:
		return 0, io.EOF
	default:
		return 0, fmt.Errorf("hcs: read a pipe: error %d", code)
	}
}

func (p *pipe) Close() error {
	C.close_pipe(C.uintptr_t(p.handle))
	return nil
}
