"""The functions of computecore.dll that a container needs, by ctypes: prototypes, texts, errors.

Not here: what a container is (container.py).
"""

import ctypes
import json
import os
import sys
from ctypes import POINTER, Structure, byref, c_int, c_int32, c_uint32, c_void_p

WINDOWS = sys.platform == "win32"
INFINITE = 0xFFFFFFFF
EVENT_SYSTEM_EXITED = 1
SYSTEM_ALREADY_STOPPED = 0x80370110

if WINDOWS:
    library = ctypes.WinDLL("computecore.dll")
    kernel = ctypes.WinDLL("kernel32")
    FUNCTION = ctypes.WINFUNCTYPE
else:
    library = kernel = ctypes.CDLL(os.environ.get("COMPUTECORE", "libcomputecore.so"))
    FUNCTION = ctypes.CFUNCTYPE


class Event(Structure):
    _fields_ = [("type", c_int), ("data", c_void_p), ("operation", c_void_p)]


class ProcessInformation(Structure):
    _fields_ = [
        ("process_id", c_uint32),
        ("reserved", c_uint32),
        ("stdin", c_void_p),
        ("stdout", c_void_p),
        ("stderr", c_void_p),
    ]


EventCallback = FUNCTION(None, POINTER(Event), c_void_p)


def _declare(owner, name, result, *parameters):
    # Attributes are kept; owner[name] would be a new function each time, without these types.
    function = getattr(owner, name)
    function.restype, function.argtypes = result, parameters
    return function


# A handle is c_void_p everywhere: the default, c_int, cuts it to 32 bits.
HANDLE, OUT, TEXT = c_void_p, POINTER(c_void_p), c_void_p
create_operation = _declare(library, "HcsCreateOperation", HANDLE, c_void_p, c_void_p)
close_operation = _declare(library, "HcsCloseOperation", None, HANDLE)
wait_for_result = _declare(library, "HcsWaitForOperationResult", c_int32, HANDLE, c_uint32, OUT)
wait_for_process_info = _declare(
    library, "HcsWaitForOperationResultAndProcessInfo", c_int32, HANDLE, c_uint32, POINTER(ProcessInformation), OUT
)
create_system = _declare(library, "HcsCreateComputeSystem", c_int32, TEXT, TEXT, HANDLE, c_void_p, OUT)
close_system = _declare(library, "HcsCloseComputeSystem", None, HANDLE)
start_system = _declare(library, "HcsStartComputeSystem", c_int32, HANDLE, HANDLE, TEXT)
terminate_system = _declare(library, "HcsTerminateComputeSystem", c_int32, HANDLE, HANDLE, TEXT)
get_properties = _declare(library, "HcsGetComputeSystemProperties", c_int32, HANDLE, HANDLE, TEXT)
set_callback = _declare(library, "HcsSetComputeSystemCallback", c_int32, HANDLE, c_int, c_void_p, EventCallback)
create_process = _declare(library, "HcsCreateProcess", c_int32, HANDLE, TEXT, HANDLE, c_void_p, OUT)
close_process = _declare(library, "HcsCloseProcess", None, HANDLE)
wait_for_exit = _declare(library, "HcsWaitForProcessExit", c_int32, HANDLE, c_uint32, OUT)
local_free = _declare(kernel, "LocalFree", HANDLE, HANDLE)
close_handle = _declare(kernel, "CloseHandle", c_int, HANDLE)
read_file = _declare(kernel, "ReadFile", c_int, HANDLE, c_void_p, c_uint32, POINTER(c_uint32), c_void_p)


class HcsError(Exception):
    """A call that failed: its name, its code, and what HCS said about it."""

    def __init__(self, call, code, document=None):
        self.call = call
        self.code = code & 0xFFFFFFFF
        self.document = document
        self.message = _message(document)
        said = f": {self.message}" if self.message else ""
        super().__init__(f"{call} failed with 0x{self.code:08X}{said}")


def _message(document):
    try:
        return json.loads(document)["ErrorMessage"]
    except (TypeError, KeyError, ValueError):  # there is none, or not in this form
        return None


def check(call, code, document=None):
    if code < 0:
        raise HcsError(call, code, document)


def wide(text):
    """UTF-16 with its zero. ctypes' own wide texts are UTF-32 outside of Windows."""
    return None if text is None else ctypes.create_string_buffer(text.encode("utf-16-le") + b"\0\0")


def copied(address):
    """A text that somebody else owns."""
    if not address:
        return None
    length = 0
    units = ctypes.cast(address, POINTER(ctypes.c_uint16))
    while units[length]:
        length += 1
    return ctypes.string_at(address, 2 * length).decode("utf-16-le")


def taken(document):
    """A document that was given to us: copied and freed."""
    text = copied(document.value)
    local_free(document)
    return text


class Operation:
    """An operation for one request, closed at the end of its block."""

    def __enter__(self):
        self.handle = create_operation(None, None)
        return self

    def __exit__(self, *_):
        close_operation(self.handle)

    def result(self, call, timeout_ms):
        document = c_void_p()
        code = wait_for_result(self.handle, timeout_ms, byref(document))
        text = taken(document)
        check(call, code, text)
        return text

    def process_result(self, call, timeout_ms):
        document, info = c_void_p(), ProcessInformation()
        code = wait_for_process_info(self.handle, timeout_ms, byref(info), byref(document))
        check(call, code, taken(document))
        return info
