package hcs

import (
	"io"
	"os"
	"syscall"
	"unsafe"
)

// A DLL beside the program is found before that of system32, which is how tests bring theirs. A program that must not load one from
// there takes NewLazySystemDLL of golang.org/x/sys/windows.
var (
	computecore = syscall.NewLazyDLL("computecore.dll")

	procCreateOperation                      = computecore.NewProc("HcsCreateOperation")
	procCloseOperation                       = computecore.NewProc("HcsCloseOperation")
	procWaitForOperationResult               = computecore.NewProc("HcsWaitForOperationResult")
	procWaitForOperationResultAndProcessInfo = computecore.NewProc("HcsWaitForOperationResultAndProcessInfo")
	procCreateComputeSystem                  = computecore.NewProc("HcsCreateComputeSystem")
	procCloseComputeSystem                   = computecore.NewProc("HcsCloseComputeSystem")
	procSetComputeSystemCallback             = computecore.NewProc("HcsSetComputeSystemCallback")
	procStartComputeSystem                   = computecore.NewProc("HcsStartComputeSystem")
	procTerminateComputeSystem               = computecore.NewProc("HcsTerminateComputeSystem")
	procGetComputeSystemProperties           = computecore.NewProc("HcsGetComputeSystemProperties")
	procCreateProcess                        = computecore.NewProc("HcsCreateProcess")
	procCloseProcess                         = computecore.NewProc("HcsCloseProcess")
	procWaitForProcessExit                   = computecore.NewProc("HcsWaitForProcessExit")
)

// hcsEvent has the layout of HCS_EVENT.
type hcsEvent struct {
	kind      int32
	data      *uint16
	operation handle
}

// There is one callback for all systems: Go never frees one, and has room for some thousand.
var eventCallback = syscall.NewCallback(func(event *hcsEvent, number uintptr) uintptr {
	onEvent(event.kind, read(event.data), number)
	return 0
})

func hcsCreateOperation() handle {
	operation, _, _ := procCreateOperation.Call(0, 0)
	return operation
}

func hcsCloseOperation(operation handle) {
	procCloseOperation.Call(operation)
}

func hcsWaitForOperationResult(operation handle, milliseconds uint32, document **uint16) HRESULT {
	code, _, _ := procWaitForOperationResult.Call(operation, uintptr(milliseconds), uintptr(unsafe.Pointer(document)))
	return HRESULT(code)
}

func hcsWaitForOperationResultAndProcessInfo(operation handle, milliseconds uint32, information *processInformation, document **uint16) HRESULT {
	code, _, _ := procWaitForOperationResultAndProcessInfo.Call(operation, uintptr(milliseconds),
		uintptr(unsafe.Pointer(information)), uintptr(unsafe.Pointer(document)))
	return HRESULT(code)
}

func hcsCreateComputeSystem(id, configuration *uint16, operation handle, system *handle) HRESULT {
	code, _, _ := procCreateComputeSystem.Call(uintptr(unsafe.Pointer(id)), uintptr(unsafe.Pointer(configuration)),
		operation, 0, uintptr(unsafe.Pointer(system)))
	return HRESULT(code)
}

func hcsCloseComputeSystem(system handle) {
	procCloseComputeSystem.Call(system)
}

func hcsSetComputeSystemCallback(system handle, number uintptr) HRESULT {
	code, _, _ := procSetComputeSystemCallback.Call(system, 0, number, eventCallback)
	return HRESULT(code)
}

func hcsStartComputeSystem(system, operation handle) HRESULT {
	code, _, _ := procStartComputeSystem.Call(system, operation, 0)
	return HRESULT(code)
}

func hcsTerminateComputeSystem(system, operation handle) HRESULT {
	code, _, _ := procTerminateComputeSystem.Call(system, operation, 0)
	return HRESULT(code)
}

func hcsGetComputeSystemProperties(system, operation handle) HRESULT {
	code, _, _ := procGetComputeSystemProperties.Call(system, operation, 0)
	return HRESULT(code)
}

func hcsCreateProcess(system handle, parameters *uint16, operation handle, process *handle) HRESULT {
	code, _, _ := procCreateProcess.Call(system, uintptr(unsafe.Pointer(parameters)), operation, 0, uintptr(unsafe.Pointer(process)))
	return HRESULT(code)
}

func hcsCloseProcess(process handle) {
	procCloseProcess.Call(process)
}

func hcsWaitForProcessExit(process handle, milliseconds uint32, document **uint16) HRESULT {
	code, _, _ := procWaitForProcessExit.Call(process, uintptr(milliseconds), uintptr(unsafe.Pointer(document)))
	return HRESULT(code)
}

func localFree(document *uint16) {
	syscall.LocalFree(syscall.Handle(unsafe.Pointer(document)))
}

// newPipe owns one end of a pipe. HCS opens it for overlapped input and output, which os.File finds out by itself.
func newPipe(pipe handle) io.ReadCloser {
	return os.NewFile(pipe, "stdout")
}
