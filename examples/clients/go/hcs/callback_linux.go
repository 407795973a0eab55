package hcs

// A file of its own: beside an export, cgo takes declarations only.

/*
#include "computedefs.h"
*/
import "C"

import "unsafe"

//export goOnEvent
func goOnEvent(kind C.int32_t, data *C.WCHAR, number C.uintptr_t) {
	onEvent(int32(kind), read((*uint16)(unsafe.Pointer(data))), uintptr(number))
}
