package apikey_test

import (
	"bytes"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
)

// FuzzOpen wants nothing opened but what was sealed, for what it was sealed for.
func FuzzOpen(f *testing.F) {
	sealer, err := apikey.NewSealer(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "v1.", "v1.AAAA", "v2.AAAA", "AAAA", "v1.!"} {
		f.Add(seed, []byte("context"))
	}
	f.Fuzz(func(t *testing.T, text string, context []byte) {
		if plain, err := sealer.Open(text, context); err == nil || len(plain) != 0 {
			t.Fatalf("%q was opened", text)
		}
		sealed, err := sealer.Seal([]byte(text), context)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := sealer.Open(sealed, context); err != nil || string(plain) != text {
			t.Fatalf("%q came back as %q, %v", text, plain, err)
		}
		if _, err := sealer.Open(sealed, append(bytes.Clone(context), 'x')); err == nil {
			t.Fatal("opened for something else")
		}
	})
}
