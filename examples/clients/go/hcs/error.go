package hcs

import (
	"encoding/json"
	"fmt"
	"strings"
)

// HRESULT is a code that HCS answers with. It is an error, so that errors.Is(err, hcs.ErrSystemNotFound) works.
type HRESULT uint32

// The codes that callers of this package may want to know.
const (
	ErrInvalidArgument       HRESULT = 0x80070057
	ErrOutOfMemory           HRESULT = 0x8007000E
	ErrSystemNotFound        HRESULT = 0x8037010E
	ErrSystemAlreadyExists   HRESULT = 0x8037010F
	ErrSystemAlreadyStopped  HRESULT = 0x80370110
	ErrOperationTimeout      HRESULT = 0x80370118
	ErrServiceDisconnect     HRESULT = 0x8037011E
	ErrProcessAlreadyStopped HRESULT = 0x8037011F
)

func (code HRESULT) Error() string { return fmt.Sprintf("HRESULT 0x%08X", uint32(code)) }

func (code HRESULT) failed() bool { return int32(code) < 0 }

// Error is a request that HCS did not fulfil.
type Error struct {
	// Doing is what was asked for.
	Doing string
	// Code is what HCS answered.
	Code HRESULT
	// Result is what HCS said about it. Often it says nothing.
	Result *ResultError
}

// ResultError is the document of a failure.
type ResultError struct {
	// Error is the code once more, sometimes as an NTSTATUS: compare Code of Error instead.
	Error        int32
	ErrorMessage string
	ErrorEvents  []ErrorEvent
}

// ErrorEvent is one cause of a failure.
type ErrorEvent struct {
	Message  string
	Provider string
	EventID  uint16 `json:"EventId"`
}

func (e *Error) Error() string {
	said := []string{}
	if e.Result != nil {
		said = append(said, e.Result.ErrorMessage)
		for _, event := range e.Result.ErrorEvents {
			said = append(said, event.Message)
		}
	}
	text := "hcs: " + e.Doing + ": "
	for _, it := range said {
		if it = strings.TrimSpace(it); it != "" {
			text += it + ": "
		}
	}
	return text + e.Code.Error()
}

// Unwrap lets errors.Is find the code.
func (e *Error) Unwrap() error { return e.Code }

// failure is the error for a code, with the document if there is one. A document that cannot be read is as good as none.
func failure(doing string, code HRESULT, document string) error {
	err := &Error{Doing: doing, Code: code}
	var result ResultError
	if json.Unmarshal([]byte(document), &result) == nil {
		err.Result = &result
	}
	return err
}
