// Package hcs runs commands in containers, by the Host Compute System API (computecore.dll).
//
// system.go a container from its creation to its exit; process.go a command in it; events.go what HCS tells without being asked;
// request.go calls that take an operation; error.go failures. What differs from platform to platform is in hcs_windows.go and
// hcs_linux.go alone: the former is for the product, the latter lets the tests run where there is no Windows.
package hcs

import (
	"time"
	"unicode/utf16"
	"unsafe"
)

// handle is an operation, a system or a process: a number, which is not to be followed.
type handle = uintptr

// processInformation has the layout of HCS_PROCESS_INFORMATION.
type processInformation struct {
	processID uint32
	_         uint32
	stdInput  handle
	stdOutput handle
	stdError  handle
}

// infinite is the wait without a limit.
const infinite = ^uint32(0)

func milliseconds(limit time.Duration) uint32 { return uint32(limit.Milliseconds()) }

// wide gives text the form in which HCS takes it.
func wide(text string) *uint16 {
	units := append(utf16.Encode([]rune(text)), 0)
	return &units[0]
}

// read copies a text of HCS, which may be none.
func read(text *uint16) string {
	if text == nil {
		return ""
	}
	length := 0
	for *(*uint16)(unsafe.Add(unsafe.Pointer(text), 2*length)) != 0 {
		length++
	}
	return string(utf16.Decode(unsafe.Slice(text, length)))
}

// take copies a document of HCS and frees it.
func take(document *uint16) string {
	if document == nil {
		return ""
	}
	defer localFree(document)
	return read(document)
}
