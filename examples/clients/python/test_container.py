"""The client against the fake. Not here: the client (container.py), and how hosts are driven (sim.py)."""

import queue
import unittest

import hcs
import sim
from container import Container

CONFIGURATION = {
    "Owner": "bakery",
    "SchemaVersion": {"Major": 2, "Minor": 1},
    "ShouldTerminateOnLastHandleClosed": True,
    "Container": {},
}


class Containers(sim.TestCase):
    def test_it_starts_tells_its_state_and_ends(self):
        exits = queue.Queue()
        with Container("web", CONFIGURATION, exits.put) as web:
            self.assertEqual(web.properties()["State"], "Running")
            web.terminate()
            self.assertEqual(exits.get()["ExitType"], "ForcedExit")
            web.terminate()  # it has stopped already
        self.assertTrue(exits.empty())

    def test_a_failed_start_is_an_error_with_the_message_of_hcs(self):
        sim.load(
            rules=[
                {
                    "when": {"call": "start", "system": "web"},
                    "fail": "E_OUTOFMEMORY",
                    "result_error": {"ErrorMessage": "kein Brot übrig"},
                }
            ]
        )
        with self.assertRaises(hcs.HcsError) as caught:
            Container("web", CONFIGURATION)
        self.assertEqual(caught.exception.code, 0x8007000E)
        self.assertEqual(
            str(caught.exception), "HcsStartComputeSystem failed with 0x8007000E: kein Brot übrig"
        )

    def test_an_exit_of_its_own_is_told(self):
        sim.load(events=[{"at": "90s", "event": "worker_death", "system": "web"}])
        exits = queue.Queue()
        with Container("web", CONFIGURATION, exits.put):
            self.assertEqual(exits.get()["ExitType"], "UnexpectedExit")
        self.assertGreaterEqual(sim.now_ms(), 90_000)  # of the host's time; none of ours

    def test_a_command_runs_and_its_output_is_read_to_the_end(self):
        sim.load(
            programs=[{"command_line": "cmd /c ver", "prints": "Windows\r\n", "after": "2s", "exits_with": 3}]
        )
        with Container("web", CONFIGURATION) as web:
            self.assertEqual(web.run("cmd /c ver"), (b"Windows\r\n", 3))
            with self.assertRaisesRegex(hcs.HcsError, "0x80070002"):
                web.run("fdisk")

    def test_a_handle_that_is_left_open_is_found(self):
        web = Container("web", CONFIGURATION)
        self.assertIn('a handle of "web", was never closed', sim.findings())
        web.close()


if __name__ == "__main__":
    unittest.main()
