package signin

import (
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

// A Gauge counts the passwords that a service computes.
type Gauge struct {
	Computed atomic.Int64
	running  atomic.Int64
	Peak     atomic.Int64
}

// Watch counts what a service computes, and calls within while it does.
func Watch(s *Service, within func()) *Gauge {
	g := &Gauge{}
	compute := s.derive
	s.derive = func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte {
		running := g.running.Add(1)
		defer g.running.Add(-1)
		for peak := g.Peak.Load(); running > peak && !g.Peak.CompareAndSwap(peak, running); peak = g.Peak.Load() {
		}
		g.Computed.Add(1)
		if within != nil {
			within()
		}
		return compute(password, salt, time, memory, threads, keyLen)
	}
	return g
}

// Cheapen has a service compute nothing, so that all passwords are wrong, and
// Restore computes again.
func Cheapen(s *Service) {
	s.derive = func(_, _ []byte, _, _ uint32, _ uint8, keyLen uint32) []byte { return make([]byte, keyLen) }
}

// Restore is described at Cheapen.
func Restore(s *Service) { s.derive = argon2.IDKey }

// Fits reports whether a password fits a hash.
func Fits(s *Service, hash, password string) (bool, error) {
	d, err := parseDigest(hash)
	if err != nil {
		return false, err
	}
	return d.fits(s.derive, password), nil
}

// A Memory is what remembers passwords.
type Memory = memory

// NewMemory makes one of a size.
func NewMemory(life time.Duration, size int) *Memory { return newMemory(life, size) }

// Knows and Learn ask and tell it.
func (m *Memory) Knows(hash, password string, now time.Time) bool {
	return m.knows(hash, password, now)
}

// Learn is described at Knows.
func (m *Memory) Learn(hash, password string, now time.Time) { m.learn(hash, password, now) }

// Size returns how much it holds.
func (m *Memory) Size() (int, int) { return len(m.ends), len(m.ring) }
