package hcs

import (
	"context"
	"errors"
	"time"
)

// exitLimit is how long a terminated container may take to be gone.
const exitLimit = 30 * time.Second

// Configuration is what a container is made of.
type Configuration struct {
	Owner    string
	HostName string
}

// System is a container. Close it.
type System struct {
	id     string
	handle handle
	watch  *watch
}

// Properties is what HCS knows of a system.
type Properties struct {
	ID         string `json:"Id"`
	SystemType string
	// State is empty until the first start, and after the exit.
	State   string
	Stopped bool
}

// ExitStatus is how a system exited.
type ExitStatus struct {
	Status int32
	// ExitType is GracefulExit, ForcedExit, UnexpectedExit or a newer word.
	ExitType string
}

// Create creates a container, which is to be started.
func Create(id string, configuration Configuration) (*System, error) {
	doing := "create " + id
	system := &System{id: id, watch: newWatch()}
	_, err := request(doing, createLimit, func(operation handle) HRESULT {
		return hcsCreateComputeSystem(wide(id), document(configuration.document()), operation, &system.handle)
	})
	if err == nil {
		// Before the start, so that no event is missed.
		if code := hcsSetComputeSystemCallback(system.handle, system.watch.number); code.failed() {
			err = failure("listen to "+id, code, "")
		}
	}
	if err != nil {
		system.release() // there is a handle even if the create failed later on
		return nil, err
	}
	return system, nil
}

func (c Configuration) document() any {
	type version struct{ Major, Minor int }
	type guestOS struct{ HostName string }
	type container struct{ GuestOs guestOS }
	return struct {
		Owner                             string
		SchemaVersion                     version
		ShouldTerminateOnLastHandleClosed bool
		Container                         container
	}{c.Owner, version{2, 1}, true, container{guestOS{c.HostName}}}
}

// Start starts the container, and waits until it runs.
func (s *System) Start() error {
	_, err := request("start "+s.id, startLimit, func(operation handle) HRESULT {
		return hcsStartComputeSystem(s.handle, operation)
	})
	return err
}

// Properties asks HCS what it knows of the container.
func (s *System) Properties() (Properties, error) {
	doing := "query " + s.id
	var properties Properties
	text, err := request(doing, requestLimit, func(operation handle) HRESULT {
		return hcsGetComputeSystemProperties(s.handle, operation)
	})
	if err == nil {
		err = parse(doing, text, &properties)
	}
	return properties, err
}

// Terminate ends the container, and waits until it has exited. One that has exited already is as good.
func (s *System) Terminate() error {
	_, err := request("terminate "+s.id, requestLimit, func(operation handle) HRESULT {
		return hcsTerminateComputeSystem(s.handle, operation)
	})
	if err != nil && !errors.Is(err, ErrSystemAlreadyStopped) {
		return err
	}
	// The exit is told after the terminate is done, and only as long as the handle is open.
	limit, cancel := context.WithTimeout(context.Background(), exitLimit)
	defer cancel()
	_, err = s.Wait(limit)
	return err
}

// Wait waits until the container has exited, whatever made it, and answers how.
func (s *System) Wait(ctx context.Context) (ExitStatus, error) {
	doing := "wait for the exit of " + s.id
	var status ExitStatus
	select {
	case <-ctx.Done():
		return status, ctx.Err()
	case <-s.watch.done:
	}
	if s.watch.lost {
		return status, failure(doing, ErrServiceDisconnect, "")
	}
	return status, parse(doing, s.watch.document, &status)
}

// Close terminates a container that has not exited, and lets go of it.
func (s *System) Close() error {
	if s.handle == 0 {
		return nil
	}
	var err error
	select {
	case <-s.watch.done:
	default:
		err = s.Terminate()
	}
	s.release()
	return err
}

func (s *System) release() {
	if s.handle != 0 {
		hcsCloseComputeSystem(s.handle)
		s.handle = 0
	}
	s.watch.forget()
}
