package hcs

import "io"

// Process is a command that was started in a container. Close it; that does not end the command.
type Process struct {
	// ID is the process id in the container.
	ID uint32
	// Stdout is what the command writes, up to its end.
	Stdout io.ReadCloser
	handle handle
	doing  string
}

// Run starts a command line in the container.
func (s *System) Run(commandLine string) (*Process, error) {
	doing := "run " + commandLine + " in " + s.id
	parameters := document(struct {
		CommandLine      string
		CreateStdOutPipe bool
	}{commandLine, true})
	process := &Process{doing: doing}
	var information processInformation
	_, err := withOperation(doing, func(operation handle) HRESULT {
		return hcsCreateProcess(s.handle, parameters, operation, &process.handle)
	}, func(operation handle, document **uint16) HRESULT {
		return hcsWaitForOperationResultAndProcessInfo(operation, milliseconds(requestLimit), &information, document)
	})
	if err != nil {
		process.Close() // as with a system: there may be a handle
		return nil, err
	}
	process.ID = information.processID
	process.Stdout = newPipe(information.stdOutput)
	return process, nil
}

// Wait waits until the command has exited, and answers its exit code.
func (p *Process) Wait() (uint32, error) {
	var status struct{ ExitCode uint32 }
	var document *uint16
	code := hcsWaitForProcessExit(p.handle, infinite, &document)
	text, err := outcome("wait for: "+p.doing, code, document)
	if err == nil {
		err = parse(p.doing, text, &status)
	}
	return status.ExitCode, err
}

// Close lets go of the process, and of what it has not been read of.
func (p *Process) Close() error {
	var err error
	if p.Stdout != nil {
		err = p.Stdout.Close()
		p.Stdout = nil
	}
	if p.handle != 0 {
		hcsCloseProcess(p.handle)
		p.handle = 0
	}
	return err
}
