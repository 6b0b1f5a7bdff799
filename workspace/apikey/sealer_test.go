package apikey_test

import (
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
)

func TestSealer(t *testing.T) {
	t.Parallel()
	s := sealer(t, 1)
	text, err := s.Seal([]byte("masupercle"), []byte("key 1"))
	if err != nil || !strings.HasPrefix(text, "v1.") || strings.Contains(text, "masupercle") {
		t.Fatalf("Seal = %q, %v", text, err)
	}
	again, err := s.Seal([]byte("masupercle"), []byte("key 1"))
	if err != nil || again == text {
		t.Errorf("sealed alike twice: %q, %v", again, err)
	}
	plain, err := s.Open(text, []byte("key 1"))
	if err != nil || string(plain) != "masupercle" {
		t.Errorf("Open = %q, %v", plain, err)
	}
	flipped := []byte(text)
	flipped[10] ^= 1
	for _, c := range []struct {
		name, text, context string
		s                   *apikey.Sealer
	}{
		{"another context", text, "key 2", s},
		{"another key", text, "key 1", sealer(t, 2)},
		{"changed", string(flipped), "key 1", s},
		{"cut", text[:20], "key 1", s},
		{"another version", "v2." + text[3:], "key 1", s},
		{"nothing", "", "key 1", s},
	} {
		if plain, err := c.s.Open(c.text, []byte(c.context)); err == nil || plain != nil {
			t.Errorf("%s: Open = %q, %v; want an error", c.name, plain, err)
		}
	}
	// The last letter holds bits that say nothing, so some others decode alike.
	for _, last := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		other := text[:len(text)-1] + string(last)
		if _, err := s.Open(other, []byte("key 1")); (err == nil) != (other == text) {
			t.Errorf("Open(%q), sealed as %q: %v", other, text, err)
		}
	}
	if _, err := apikey.NewSealer(make([]byte, 31)); err == nil {
		t.Error("a key of 31 bytes is taken")
	}
}
