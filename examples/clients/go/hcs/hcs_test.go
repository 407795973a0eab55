package hcs_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"hcsclient/hcs"
	"hcsclient/hcssim"
)

func TestAContainerFromItsCreationToItsExit(t *testing.T) {
	hcssim.Begin(t, "")
	system := start(t, "web")

	properties, err := system.Properties()
	if err != nil || properties.ID != "web" || properties.State != "Running" {
		t.Errorf("got %+v, %v", properties, err)
	}
	if err := system.Terminate(); err != nil {
		t.Error(err)
	}
	if exit := wait(t, system); exit.ExitType != "ForcedExit" {
		t.Errorf("got %+v", exit)
	}
	if err := system.Terminate(); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func TestAFailureTellsWhatHCSSaid(t *testing.T) {
	hcssim.Begin(t, `{ "rules": [{
		"when": { "call": "start", "system": "web" },
		"fail": "HCS_E_TERMINATED_DURING_START",
		"result_error": { "ErrorMessage": "the worker process died" },
		"after": "2s"
	}] }`)
	system := create(t, "web")

	err := system.Start()
	var failure *hcs.Error
	if !errors.As(err, &failure) || failure.Code != 0x80370100 || failure.Result == nil {
		t.Fatalf("got %v", err)
	}
	if want := "hcs: start web: the worker process died: HRESULT 0x80370100"; err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestAFailedCreateLeavesNothingBehind(t *testing.T) {
	hcssim.Begin(t, `{ "systems": [{ "id": "web" }] }`)
	if _, err := hcs.Create("web", hcs.Configuration{}); !errors.Is(err, hcs.ErrSystemAlreadyExists) {
		t.Errorf("got %v", err)
	}
}

func TestAnExitComesUnasked(t *testing.T) {
	hcssim.Begin(t, "")
	system := start(t, "web")

	hcssim.Raise(t, `{ "event": "worker_death", "system": "web" }`)
	if exit := wait(t, system); exit.ExitType != "UnexpectedExit" {
		t.Errorf("got %+v", exit)
	}
}

func TestALostServiceEndsTheWait(t *testing.T) {
	hcssim.Begin(t, "")
	system := start(t, "web")

	hcssim.Raise(t, `{ "event": "service_disconnect" }`)
	if _, err := system.Wait(context.Background()); !errors.Is(err, hcs.ErrServiceDisconnect) {
		t.Errorf("got %v", err)
	}
}

func TestAWaitCanBeGivenUp(t *testing.T) {
	hcssim.Begin(t, "")
	system := start(t, "web")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := system.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestACommandIsReadToItsEnd(t *testing.T) {
	long := strings.Repeat("all work and no play\n", 10_000) // more than a pipe holds
	hcssim.Begin(t, `{ "programs": [{ "command_line": "type long.txt", "prints": "`+strings.ReplaceAll(long, "\n", `\n`)+`", "exits_with": 7 }] }`)
	process, err := start(t, "web").Run("type long.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()

	output, err := io.ReadAll(process.Stdout)
	if err != nil || string(output) != long {
		t.Errorf("got %d bytes, %v", len(output), err)
	}
	if code, err := process.Wait(); code != 7 || err != nil {
		t.Errorf("got %d, %v", code, err)
	}
}

func TestALeakIsFound(t *testing.T) {
	hcssim.Begin(t, "")
	system, err := hcs.Create("web", hcs.Configuration{})
	if err != nil {
		t.Fatal(err)
	}

	report := hcssim.Verify()
	if !strings.Contains(report, `"web"`) || !strings.Contains(report, "HcsCloseComputeSystem") {
		t.Errorf("got %q", report)
	}
	if err := system.Close(); err != nil {
		t.Error(err)
	}
}

// create answers a container that is closed at the end of the test, before the host is asked whether it was.
func create(t *testing.T, id string) *hcs.System {
	t.Helper()
	system, err := hcs.Create(id, hcs.Configuration{Owner: "test", HostName: id})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := system.Close(); err != nil {
			t.Error(err)
		}
	})
	return system
}

func start(t *testing.T, id string) *hcs.System {
	t.Helper()
	system := create(t, id)
	if err := system.Start(); err != nil {
		t.Fatal(err)
	}
	return system
}

func wait(t *testing.T, system *hcs.System) hcs.ExitStatus {
	t.Helper()
	exit, err := system.Wait(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return exit
}
