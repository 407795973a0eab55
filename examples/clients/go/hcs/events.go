package hcs

import "sync"

// The events that are listened for.
const (
	eventSystemExited      = 0x1
	eventServiceDisconnect = 0x02000000
)

// watch is what HCS has told of a system. HCS is given its number, as it must not keep pointers into Go's memory.
type watch struct {
	number uintptr
	once   sync.Once
	// done is closed when there will be nothing more to tell.
	done chan struct{}
	// document says how the system exited, and lost that the service went away. Read them after done.
	document string
	lost     bool
}

var watches struct {
	sync.Mutex
	last uintptr
	live map[uintptr]*watch
}

func newWatch() *watch {
	watches.Lock()
	defer watches.Unlock()
	if watches.live == nil {
		watches.live = map[uintptr]*watch{}
	}
	watches.last++
	it := &watch{number: watches.last, done: make(chan struct{})}
	watches.live[it.number] = it
	return it
}

// forget ends a watch. The handle is closed before: its close waits for a callback that is running, and none comes later.
func (w *watch) forget() {
	watches.Lock()
	defer watches.Unlock()
	delete(watches.live, w.number)
}

// onEvent is called by HCS on a thread of its own, with what it was given at the registration. It must not wait: a close waits for it.
func onEvent(kind int32, data string, number uintptr) {
	watches.Lock()
	it := watches.live[number]
	watches.Unlock()
	if it == nil {
		return
	}
	switch kind {
	case eventSystemExited:
		it.once.Do(func() {
			it.document = data
			close(it.done)
		})
	case eventServiceDisconnect:
		it.once.Do(func() {
			it.lost = true
			close(it.done)
		})
	}
}
