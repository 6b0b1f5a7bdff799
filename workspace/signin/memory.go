package signin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"
)

// memorySize bounds how many passwords that were right are remembered.
const memorySize = 4096

// A memory knows for a while which passwords were right, by the hash that they
// were right for. It keeps neither: a key of its own, made anew by every
// process, stands between, so that what is found in it opens nothing. Since the
// hash is part of what is remembered, whoever asks with the hash that the
// database holds now gets no yes for a password that was changed.
type memory struct {
	life time.Duration
	key  []byte

	mu   sync.Mutex
	ends map[mark]time.Time
	// ring holds the marks in order of coming; the next one takes the place of
	// the oldest.
	ring []mark
	next int
}

type mark [sha256.Size]byte

func newMemory(life time.Duration, size int) *memory {
	m := &memory{life: life, key: make([]byte, sha256.Size), ends: map[mark]time.Time{}, ring: make([]mark, 0, size)}
	_, _ = rand.Read(m.key) // never fails, see crypto/rand
	return m
}

func (m *memory) mark(hash, password string) mark {
	sum := hmac.New(sha256.New, m.key)
	// The length keeps one pair from being read as another.
	_ = binary.Write(sum, binary.BigEndian, uint64(len(hash)))
	_, _ = sum.Write([]byte(hash))
	_, _ = sum.Write([]byte(password))
	return mark(sum.Sum(nil))
}

// knows reports whether a password was right for a hash a short while ago.
func (m *memory) knows(hash, password string, now time.Time) bool {
	if m.life < 0 {
		return false
	}
	k := m.mark(hash, password)
	m.mu.Lock()
	defer m.mu.Unlock()
	end, ok := m.ends[k]
	return ok && now.Before(end)
}

// learn remembers that a password was right for a hash.
func (m *memory) learn(hash, password string, now time.Time) {
	if m.life < 0 {
		return
	}
	k := m.mark(hash, password)
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.ends[k]; !ok {
		if len(m.ring) < cap(m.ring) {
			m.ring = append(m.ring, k)
		} else {
			delete(m.ends, m.ring[m.next])
			m.ring[m.next] = k
			m.next = (m.next + 1) % len(m.ring)
		}
	}
	m.ends[k] = now.Add(m.life)
}
