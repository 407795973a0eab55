package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMain lets the test program be the program that is tested, unchanged: hcs-sim is told by the environment alone.
func TestMain(m *testing.M) {
	if os.Getenv("HCSCLIENT_IS_THE_PROGRAM") != "" {
		main()
	}
	os.Exit(m.Run())
}

func TestTheUnchangedProgramRuns(t *testing.T) {
	stdout, stderr, code := runProgram(t, "web", "cmd /c ver")
	if stdout != "Windows\r\n" || stderr != "" || code != 3 {
		t.Errorf("got %q, %q and %d", stdout, stderr, code)
	}
}

func TestTheUnchangedProgramTellsWhatWentWrong(t *testing.T) {
	_, stderr, code := runProgram(t, "web", "unknown.exe")
	if !strings.Contains(stderr, "run unknown.exe in web") || !strings.Contains(stderr, "0x80070002") || code != 1 {
		t.Errorf("got %q and %d", stderr, code)
	}
}

func runProgram(t *testing.T, arguments ...string) (stdout, stderr string, code int) {
	t.Helper()
	program := exec.Command(os.Args[0], arguments...)
	program.Env = append(os.Environ(), "HCSCLIENT_IS_THE_PROGRAM=1", "HCS_SIM_SCENARIO=testdata/ver.json", "HCS_SIM_VERIFY=1")
	output, err := program.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(output), string(exit.Stderr), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(output), "", 0
}
