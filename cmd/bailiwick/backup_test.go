package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// TestProven writes what is kept, and nothing of anything else: what was there
// stays.
func TestProven(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("a backup"))
	want := hex.EncodeToString(sum[:])
	into := intoFlag{File: filepath.Join(t.TempDir(), "file")}
	if err := os.WriteFile(into.File, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "a back", "a backup and more"} {
		if err := into.write(streams{}, &proven{from: iotest.OneByteReader(strings.NewReader(text)), sum: sha256.New(), want: want}); err == nil {
			t.Errorf("%q passes", text)
		}
	}
	left, err := filepath.Glob(into.File + "*")
	if err != nil || len(left) != 1 {
		t.Errorf("there are %v (%v)", left, err)
	}
	if text, err := os.ReadFile(into.File); string(text) != "before" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	for _, reader := range []*proven{
		{from: strings.NewReader("a backup"), sum: sha256.New(), want: want},
		{from: iotest.DataErrReader(strings.NewReader("a backup")), sum: sha256.New(), want: want},
	} {
		if err := into.write(streams{}, reader); err != nil {
			t.Error(err)
		}
	}
	if text, err := os.ReadFile(into.File); string(text) != "a backup" || err != nil {
		t.Errorf("%q %v", text, err)
	}
}
