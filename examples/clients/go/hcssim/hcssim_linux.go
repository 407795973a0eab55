package hcssim

// Not a test file, though only tests import it: cgo is for packages alone.

/*
#cgo CFLAGS: -I${SRCDIR}/../../../../computecore/include
#cgo LDFLAGS: -lcomputecore
#include <stdlib.h>
#include "hcs_sim.h"

static const char *problem(int32_t code) { return code < 0 ? HcsSimProblem() : ""; }
static const char *reset(void) { return problem(HcsSimReset()); }
static const char *load_scenario(const char *scenario) { return problem(HcsSimLoadScenario(scenario)); }
static const char *raise_event(const char *event) { return problem(HcsSimRaiseEvent(event)); }
static const char *advance(uint64_t milliseconds) { return problem(HcsSimAdvance(milliseconds)); }
*/
import "C"

import (
	"runtime"
	"unsafe"
)

func reset() string { return call(func() *C.char { return C.reset() }) }

func loadScenario(scenario string) string {
	return callWithText(scenario, func(text *C.char) *C.char { return C.load_scenario(text) })
}

func raiseEvent(event string) string {
	return callWithText(event, func(text *C.char) *C.char { return C.raise_event(text) })
}

func advance(milliseconds uint64) string {
	return call(func() *C.char { return C.advance(C.uint64_t(milliseconds)) })
}

func verify() string {
	var report *C.char
	C.HcsSimVerify(&report)
	defer C.HcsSimFree(report)
	return C.GoString(report)
}

func callWithText(text string, function func(text *C.char) *C.char) string {
	copied := C.CString(text)
	defer C.free(unsafe.Pointer(copied))
	return call(func() *C.char { return function(copied) })
}

// call answers what was wrong, which is the thread's and valid until its next call.
func call(function func() *C.char) string {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return C.GoString(function())
}
