"""What tests tell the fake and ask of it: hcs_sim.h by ctypes.

Not here: the functions of HCS (hcs.py).
"""

import ctypes
import json
import unittest
from ctypes import POINTER, byref, c_char_p, c_int, c_int32, c_uint64, c_void_p

from hcs import library

library.HcsSimLoadScenario.argtypes = library.HcsSimEnterHost.argtypes = [c_char_p]
library.HcsSimLoadScenario.restype = library.HcsSimEnterHost.restype = c_int32
library.HcsSimProblem.restype = c_char_p
library.HcsSimNow.restype = c_uint64
library.HcsSimVerify.argtypes, library.HcsSimVerify.restype = [POINTER(c_void_p)], c_int
library.HcsSimFree.argtypes, library.HcsSimFree.restype = [c_void_p], None


def _check(code):
    if code < 0:
        raise ValueError((library.HcsSimProblem() or b"").decode())
    return code


def load(**scenario):
    """Adds a scenario: its members as in docs/scenario-files.md."""
    _check(library.HcsSimLoadScenario(json.dumps(scenario).encode()))


def now_ms():
    return library.HcsSimNow()


def findings():
    """The report of what is wrong; "" if nothing is. Each is told once."""
    report = c_void_p()
    _check(library.HcsSimVerify(byref(report)))
    text = ctypes.string_at(report.value).decode() if report else ""
    library.HcsSimFree(report)
    return text


class TestCase(unittest.TestCase):
    """Each test has a host of its own, and fails for what is wrong with it."""

    def setUp(self):
        _check(library.HcsSimEnterHost(self.id().encode()))
        self.addCleanup(library.HcsSimEnterHost, None)
        self.addCleanup(lambda: self.assertEqual(findings(), ""))
