package hcssim

import (
	"runtime"
	"syscall"
	"unsafe"
)

var (
	computecore = syscall.NewLazyDLL("computecore.dll")

	procReset        = computecore.NewProc("HcsSimReset")
	procLoadScenario = computecore.NewProc("HcsSimLoadScenario")
	procRaiseEvent   = computecore.NewProc("HcsSimRaiseEvent")
	procAdvance      = computecore.NewProc("HcsSimAdvance")
	procVerify       = computecore.NewProc("HcsSimVerify")
	procFree         = computecore.NewProc("HcsSimFree")
	procProblem      = computecore.NewProc("HcsSimProblem")
)

func reset() string { return call(procReset, 0) }

func loadScenario(scenario string) string { return callWithText(procLoadScenario, scenario) }

func raiseEvent(event string) string { return callWithText(procRaiseEvent, event) }

func advance(milliseconds uint64) string { return call(procAdvance, uintptr(milliseconds)) }

func verify() string {
	var report *byte
	procVerify.Call(uintptr(unsafe.Pointer(&report)))
	defer procFree.Call(uintptr(unsafe.Pointer(report)))
	return read(report)
}

func callWithText(proc *syscall.LazyProc, text string) string {
	bytes, err := syscall.BytePtrFromString(text)
	if err != nil {
		return err.Error()
	}
	defer runtime.KeepAlive(bytes)
	return call(proc, uintptr(unsafe.Pointer(bytes)))
}

// call answers what was wrong, which the host remembers by thread.
//
//go:uintptrescapes
func call(proc *syscall.LazyProc, argument uintptr) string {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	code, _, _ := proc.Call(argument)
	if int32(code) >= 0 {
		return ""
	}
	problem, _, _ := procProblem.Call()
	return read(*(**byte)(unsafe.Pointer(&problem)))
}

func read(text *byte) string {
	if text == nil {
		return ""
	}
	length := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(text), length)) != 0 {
		length++
	}
	return string(unsafe.Slice(text, length))
}
