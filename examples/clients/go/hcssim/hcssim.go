// Package hcssim tells the simulated Host Compute Service of hcs-sim what to do, in tests: it stands in for computecore.dll.
//
// Tests that use it share the one host of the process, so they must not be parallel. Hosts of their own (HcsSimEnterHost) belong to
// threads, and a goroutine keeps none: new ones that the code under test starts would find the host of the process.
package hcssim

import (
	"testing"
	"time"
)

// Begin begins the host anew and plays a scenario (docs/scenario-files.md of hcs-sim). At the end of the test everything that the
// test did wrong, such as handles that were not closed, is an error.
func Begin(t testing.TB, scenario string) {
	t.Helper()
	check(t, reset())
	if scenario != "" {
		check(t, loadScenario(scenario))
	}
	t.Cleanup(func() {
		if report := Verify(); report != "" {
			t.Errorf("%s", report)
		}
	})
}

// Raise lets an event happen, such as {"event": "worker_death", "system": "web"}.
func Raise(t testing.TB, event string) {
	t.Helper()
	check(t, raiseEvent(event))
}

// Advance moves the host's clock.
func Advance(t testing.TB, by time.Duration) {
	t.Helper()
	check(t, advance(uint64(by.Milliseconds())))
}

// Verify answers the report of what was done wrong, each finding told once, and "" if there is none.
func Verify() string { return verify() }

func check(t testing.TB, problem string) {
	t.Helper()
	if problem != "" {
		t.Fatal(problem)
	}
}
