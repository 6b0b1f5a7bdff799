package signin_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// Hashes of other programs, with other parameters, are read as they are.
func TestHashFormat(t *testing.T) {
	t.Parallel()
	s := signin.New(nil, nil, nil, nil)
	// A test vector of the reference implementation (phc-winner-argon2, src/test.c).
	const (
		salt = "c29tZXNhbHQ"
		ref  = "$argon2id$v=19$m=65536,t=2,p=1$" + salt + "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	)
	if ok, err := signin.Fits(s, ref, "password"); err != nil || !ok {
		t.Errorf("Fits = %v, %v; want true", ok, err)
	}
	if ok, err := signin.Fits(s, ref, "Password"); err != nil || ok {
		t.Errorf("Fits = %v, %v; want false", ok, err)
	}
	for _, bad := range []string{
		"", "x", "$2a$10$abc", strings.Replace(ref, "argon2id", "argon2i", 1), strings.Replace(ref, "v=19", "v=16", 1),
		strings.Replace(ref, "m=65536", "m=4194304", 1), strings.Replace(ref, "t=2", "t=0", 1),
		strings.Replace(ref, "t=2", "t=1000", 1), strings.Replace(ref, "p=1", "p=0", 1), strings.Replace(ref, "p=1", "p=1,x=2", 1),
		strings.Replace(ref, "p=1", "p=256", 1), strings.Replace(ref, salt, "", 1), strings.Replace(ref, salt, "!", 1),
		ref[:strings.LastIndex(ref, "$")+1], ref[:strings.LastIndex(ref, "$")+5], ref + "$", ref + "=",
	} {
		if ok, err := signin.Fits(s, bad, "password"); err == nil || ok {
			t.Errorf("Fits(%q) = %v, %v; want an error", bad, ok, err)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m := signin.NewMemory(time.Minute, 10)
	now := time.Unix(1, 0)
	for i := range 1000 {
		m.Learn("hash", fmt.Sprint(i), now)
		m.Learn("hash", fmt.Sprint(i), now)
	}
	if known, marks := m.Size(); known != 10 || marks != 10 {
		t.Errorf("%d known and %d marks, want 10", known, marks)
	}
	for i := range 1000 {
		if got, want := m.Knows("hash", fmt.Sprint(i), now), i >= 990; got != want {
			t.Errorf("Knows(%d) = %v, want %v", i, got, want)
		}
	}
	for _, c := range [][2]string{{"has", "h999"}, {"hash9", "99"}, {"", "hash999"}, {"other", "999"}} {
		if m.Knows(c[0], c[1], now) {
			t.Errorf("Knows(%q) = true", c)
		}
	}
	if m.Knows("hash", "999", now.Add(time.Minute)) {
		t.Error("it knows after its time")
	}
}
