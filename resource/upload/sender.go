package upload

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// userFiles is how many files a user may have at a time.
const userFiles = 10000

// A sender is who is charged, and what he may have.
type sender struct {
	source string
	size   int64 // of one file
	bytes  int64
	files  int
}

func (s *Service) sender(actor workspace.Actor) (sender, error) {
	switch actor.Principal {
	case 0:
		return sender{}, &rbac.DeniedError{Explanation: rbac.Explanation{Permission: "upload", Cause: rbac.ByDefault}}
	case rbac.Guest:
		return sender{"address " + network(actor.Address), s.opts.GuestSize, s.opts.GuestBytes, s.opts.GuestFiles}, nil
	}
	p := actor.Principal
	if actor.BehalfPrincipal != 0 { // or keys would multiply what he has
		p = actor.BehalfPrincipal
	}
	return sender{fmt.Sprintf("principal %d", p), s.opts.MaxSize, s.opts.UserBytes, userFiles}, nil
}

// network returns what of an address is one customer's: those of IPv6 are given
// out by 2^64.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}

// newID returns 128 random bits as 32 hexadecimal digits.
func newID() ID {
	var bits [16]byte
	_, _ = rand.Read(bits[:]) // never fails, or ends the program
	return ID(hex.EncodeToString(bits[:]))
}

func (id ID) valid() bool {
	_, err := hex.DecodeString(string(id))
	return err == nil && len(id) == 32 && strings.ToLower(string(id)) == string(id)
}

func (id ID) hash() string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// newName returns the name of a blob, in one of 65,536 folders: file systems
// are slow with many files in one.
func newName() string {
	id := string(newID())
	return id[:2] + "/" + id[2:4] + "/" + id[4:]
}

func tooLarge(most int64) error {
	return fmt.Errorf("%w: at most %d bytes are taken", ErrTooLarge, most)
}

// nameLength is how many characters of a name are kept.
const nameLength = 255

// cleanName returns what is left of a name when it can be no path, on no
// system, and nothing that a terminal or a reader could be misled with.
func cleanName(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || turnsAround(r) {
			return -1
		}
		return r
	}, name)
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > nameLength {
		runes := []rune(name)
		name = strings.TrimSpace(string(runes[:nameLength]))
	}
	if strings.Trim(name, ". ") == "" {
		return ""
	}
	return name
}

// turnsAround reports whether a character changes the direction of writing,
// which shows "gpj.exe" as "exe.jpg", or ends a line.
func turnsAround(r rune) bool {
	return r == 0x2028 || r == 0x2029 || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F
}
