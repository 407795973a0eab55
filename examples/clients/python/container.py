"""Containers of the Host Compute Service.

Not here: how functions are called (hcs.py), and what a container is made of; the caller brings its configuration.
"""

import ctypes
import json
from ctypes import byref, c_void_p

import hcs

START_MS = 120_000  # a start is over when the guest is ready
REQUEST_MS = 10_000


class Container:
    """A container that runs. Leaving its block closes the handle.

    `on_exit` is told the SystemExitStatus once, on a thread of HCS. It must not close the container: that waits for it.
    """

    def __init__(self, name, configuration, on_exit=None):
        self._on_exit = on_exit
        self._callback = hcs.EventCallback(self._event)  # HCS has its address: it lives as long as the handle
        self._system = c_void_p()
        try:
            self._start(name, json.dumps(configuration))
        except BaseException:
            self.close()
            raise

    def _start(self, name, configuration):
        with hcs.Operation() as operation:
            code = hcs.create_system(
                hcs.wide(name), hcs.wide(configuration), operation.handle, None, byref(self._system)
            )
            hcs.check("HcsCreateComputeSystem", code)
            operation.result("HcsCreateComputeSystem", REQUEST_MS)
        # Before the start, so that no exit is missed.
        hcs.check("HcsSetComputeSystemCallback", hcs.set_callback(self._system, 0, None, self._callback))
        self._request("HcsStartComputeSystem", hcs.start_system, START_MS)

    def _request(self, call, function, timeout_ms=REQUEST_MS):
        with hcs.Operation() as operation:
            hcs.check(call, function(self._system, operation.handle, None))
            return operation.result(call, timeout_ms)

    def _event(self, event, _context):
        if event.contents.type == hcs.EVENT_SYSTEM_EXITED and self._on_exit:
            self._on_exit(json.loads(hcs.copied(event.contents.data)))

    def properties(self):
        return json.loads(self._request("HcsGetComputeSystemProperties", hcs.get_properties))

    def run(self, command_line):
        """Runs a command to its end: what it wrote, as bytes, and its exit code."""
        parameters = {"CommandLine": command_line, "CreateStdOutPipe": True}
        process = c_void_p()
        try:
            with hcs.Operation() as operation:
                code = hcs.create_process(
                    self._system, hcs.wide(json.dumps(parameters)), operation.handle, None, byref(process)
                )
                hcs.check("HcsCreateProcess", code)
                info = operation.process_result("HcsCreateProcess", REQUEST_MS)
            try:
                output = _read_all(info.stdout)
            finally:
                for pipe in filter(None, (info.stdin, info.stdout, info.stderr)):
                    hcs.close_handle(pipe)
            return output, _exit_code(process)
        finally:
            if process:
                hcs.close_process(process)

    def terminate(self):
        """Ends it. One that has ended by itself is ended as well."""
        try:
            self._request("HcsTerminateComputeSystem", hcs.terminate_system)
        except hcs.HcsError as error:
            if error.code != hcs.SYSTEM_ALREADY_STOPPED:
                raise

    def close(self):
        """Closes the handle, after the last callback."""
        if self._system:
            hcs.close_system(self._system)
            self._system = c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _read_all(pipe):
    buffer, got, output = ctypes.create_string_buffer(4096), ctypes.c_uint32(), b""
    while hcs.read_file(pipe, buffer, len(buffer), byref(got), None):
        output += buffer.raw[: got.value]
    return output  # the read that fails is the end


def _exit_code(process):
    status = c_void_p()
    code = hcs.wait_for_exit(process, hcs.INFINITE, byref(status))
    text = hcs.taken(status)
    hcs.check("HcsWaitForProcessExit", code)
    return json.loads(text)["ExitCode"]
