package hcs

import (
	"encoding/json"
	"fmt"
	"time"
)

// How long HCS may take.
const (
	createLimit  = time.Minute // it looks at every layer
	startLimit   = 2 * time.Minute
	requestLimit = 10 * time.Second // everything else
)

// withOperation makes a call that takes an operation and, if HCS accepts it, waits for its outcome. The operation is closed in
// any case; that does not stop a request that is under way.
func withOperation(doing string, call func(operation handle) HRESULT, wait func(operation handle, document **uint16) HRESULT) (string, error) {
	operation := hcsCreateOperation()
	if operation == 0 {
		return "", failure(doing, ErrOutOfMemory, "")
	}
	defer hcsCloseOperation(operation)
	if code := call(operation); code.failed() {
		return "", failure(doing, code, "")
	}
	var document *uint16
	code := wait(operation, &document)
	return outcome(doing, code, document)
}

// request asks for something, and answers the document that came of it, "" if none did.
func request(doing string, limit time.Duration, call func(operation handle) HRESULT) (string, error) {
	return withOperation(doing, call, func(operation handle, document **uint16) HRESULT {
		return hcsWaitForOperationResult(operation, milliseconds(limit), document)
	})
}

// outcome takes the document, which may come with a success, with a failure, or not at all.
func outcome(doing string, code HRESULT, document *uint16) (string, error) {
	text := take(document)
	if code.failed() {
		return "", failure(doing, code, text)
	}
	return text, nil
}

// parse reads a document; that there is none is an error.
func parse(doing, document string, into any) error {
	if err := json.Unmarshal([]byte(document), into); err != nil {
		return fmt.Errorf("hcs: %s: read the document %q: %w", doing, document, err)
	}
	return nil
}

// document writes what HCS is to read.
func document(of any) *uint16 {
	text, err := json.Marshal(of)
	if err != nil {
		panic(err) // types of this package, which can be written
	}
	return wide(string(text))
}
