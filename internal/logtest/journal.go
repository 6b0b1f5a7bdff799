// Package logtest keeps what servers and programs write, for tests that read it.
package logtest

import (
	"bytes"
	"sync"
)

// A Journal keeps what is written to it, from anywhere and at any time. The zero
// value is empty.
type Journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps more of it.
func (j *Journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// String returns what was written since it was taken last.
func (j *Journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// Take returns what String does, and begins anew.
func (j *Journal) Take() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	text := j.text.String()
	j.text.Reset()
	return text
}
