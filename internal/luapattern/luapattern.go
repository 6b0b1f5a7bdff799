// Package luapattern matches texts with Lua 5.1 patterns, at a bounded cost
// whoever wrote the pattern.
package luapattern

import (
	"strings"
)

// A Pattern is a Lua 5.1 pattern made ready for matching.
//
// It only ever says yes or no, so captures mean nothing and are skipped, and
// all ways through the pattern can be followed at once: matching costs at most
// the length of the pattern times that of the text, however the pattern was
// meant to hurt. That leaves out %b and %1, which need a memory.
type Pattern struct {
	items    []item
	anchored bool
}

// An item matches one byte of a set, or stands between two bytes.
type item struct {
	kind  itemKind
	bytes byteSet
}

type itemKind int

const (
	once     itemKind = iota
	optional          // may be skipped: ?
	repeated          // may be skipped and may match again: * and -
	frontier          // between a byte outside the set and one inside: %f
	finish            // the end of the text: $
)

// Bounds of patterns and of the texts that they are compared with. A longer
// text matches nothing.
const (
	maxPattern = 255
	maxText    = 8192
)

// A byteSet is a set of bytes.
type byteSet [4]uint64

func (s *byteSet) add(b byte)      { s[b>>6] |= 1 << (b & 63) }
func (s *byteSet) has(b byte) bool { return s[b>>6]&(1<<(b&63)) != 0 }

func (s *byteSet) addFunc(in func(b byte) bool) {
	for b := range 256 {
		if in(byte(b)) {
			s.add(byte(b))
		}
	}
}

func (s *byteSet) union(t byteSet) {
	for i := range s {
		s[i] |= t[i]
	}
}

func (s *byteSet) complement() {
	for i := range s {
		s[i] = ^s[i]
	}
}

// Compile reads a pattern of at most 255 bytes, and reports whether it is well formed.
func Compile(text string) (Pattern, bool) {
	var p Pattern
	if len(text) > maxPattern {
		return p, false
	}
	text, p.anchored = strings.CutPrefix(text, "^")
	open := 0
	for text != "" {
		switch {
		case text[0] == '(':
			open++
			text = text[1:]
			continue
		case text[0] == ')':
			open--
			if open < 0 {
				return p, false
			}
			text = text[1:]
			continue
		case text == "$":
			p.items = append(p.items, item{kind: finish})
			text = ""
			continue
		case strings.HasPrefix(text, "%f"):
			if len(text) < 3 || text[2] != '[' {
				return p, false
			}
			set, rest, ok := single(text[2:])
			if !ok {
				return p, false
			}
			p.items = append(p.items, item{kind: frontier, bytes: set})
			text = rest
			continue
		}
		set, rest, ok := single(text)
		if !ok {
			return p, false
		}
		more, rest := quantified(set, rest)
		p.items = append(p.items, more...)
		text = rest
	}
	return p, open == 0
}

// quantified returns the items for a set and the sign behind it, and what
// follows.
func quantified(set byteSet, rest string) ([]item, string) {
	sign := byte(0)
	if rest != "" {
		sign = rest[0]
	}
	switch sign {
	case '*', '-': // they differ in what they capture only
		return []item{{repeated, set}}, rest[1:]
	case '+':
		return []item{{once, set}, {repeated, set}}, rest[1:]
	case '?':
		return []item{{optional, set}}, rest[1:]
	}
	return []item{{once, set}}, rest
}

// single reads what matches one byte, and returns what follows.
func single(text string) (set byteSet, rest string, ok bool) {
	switch text[0] {
	case '%':
		if len(text) < 2 || text[1] == 'b' || text[1] >= '0' && text[1] <= '9' {
			return set, "", false
		}
		return classOf(text[1]), text[2:], true
	case '[':
		return bracket(text[1:])
	case '.':
		set.complement()
		return set, text[1:], true
	}
	set.add(text[0])
	return set, text[1:], true
}

// bracket reads a set behind its opening bracket. As in Lua, a closing bracket
// that comes first stands for itself.
func bracket(text string) (set byteSet, rest string, ok bool) {
	text, negated := strings.CutPrefix(text, "^")
	for first := true; ; first = false {
		if text == "" {
			return set, "", false
		}
		if text[0] == ']' && !first {
			break
		}
		switch {
		case text[0] == '%':
			if len(text) < 2 {
				return set, "", false
			}
			set.union(classOf(text[1]))
			text = text[2:]
		case len(text) > 2 && text[1] == '-' && text[2] != ']':
			low, high := text[0], text[2]
			set.addFunc(func(b byte) bool { return low <= b && b <= high })
			text = text[3:]
		default:
			set.add(text[0])
			text = text[1:]
		}
	}
	if negated {
		set.complement()
	}
	return set, text[1:], true
}

// classOf returns what a letter behind % stands for; anything that is no class
// stands for itself.
func classOf(letter byte) byteSet {
	classes := map[byte]func(b byte) bool{
		'a': isLetter,
		'c': func(b byte) bool { return b < ' ' || b == 0x7f },
		'd': isDigit,
		'l': isLower,
		'p': func(b byte) bool { return b > ' ' && b < 0x7f && !isLetter(b) && !isDigit(b) },
		's': func(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' },
		'u': isUpper,
		'w': func(b byte) bool { return isLetter(b) || isDigit(b) },
		'x': func(b byte) bool { return isDigit(b) || 'a' <= b|0x20 && b|0x20 <= 'f' },
		'z': func(b byte) bool { return b == 0 },
	}
	var set byteSet
	in, ok := classes[letter|0x20]
	if !ok || !isLetter(letter) {
		set.add(letter)
		return set
	}
	set.addFunc(in)
	if isUpper(letter) {
		set.complement()
	}
	return set
}

func isDigit(b byte) bool  { return '0' <= b && b <= '9' }
func isLower(b byte) bool  { return 'a' <= b && b <= 'z' }
func isUpper(b byte) bool  { return 'A' <= b && b <= 'Z' }
func isLetter(b byte) bool { return isLower(b) || isUpper(b) }

// Matches reports whether the pattern is found in a text of at most 8192 bytes:
// anywhere, unless it is anchored.
func (p Pattern) Matches(text string) bool {
	if len(text) > maxText {
		return false
	}
	here := make([]bool, len(p.items)+1)
	next := make([]bool, len(p.items)+1)
	for at := 0; at <= len(text); at++ {
		if at == 0 || !p.anchored {
			here[0] = true
		}
		p.skip(here, text, at)
		if here[len(p.items)] {
			return true
		}
		if at == len(text) {
			break
		}
		clear(next)
		for i, it := range p.items {
			if !here[i] || it.kind >= frontier || !it.bytes.has(text[at]) {
				continue
			}
			if it.kind == repeated {
				next[i] = true
				continue
			}
			next[i+1] = true
		}
		here, next = next, here
	}
	return false
}

// skip follows, from the places reached at an offset, what costs no byte.
func (p Pattern) skip(here []bool, text string, at int) {
	around := func(i int) byte { // Lua sees NUL before and behind a text
		if i < 0 || i >= len(text) {
			return 0
		}
		return text[i]
	}
	for i, it := range p.items {
		if !here[i] {
			continue
		}
		switch it.kind {
		case once:
		case optional, repeated:
			here[i+1] = true
		case frontier:
			if !it.bytes.has(around(at-1)) && it.bytes.has(around(at)) {
				here[i+1] = true
			}
		case finish:
			if at == len(text) {
				here[i+1] = true
			}
		}
	}
}
