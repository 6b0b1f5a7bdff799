package luapattern

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestPattern(t *testing.T) {
	t.Parallel()
	cases := []struct {
		pattern, text string
		want          bool
	}{
		{".*QGIS.*", "Mozilla QGIS/33400", true},
		{"QGIS", "Mozilla QGIS/33400", true},
		{"^QGIS", "Mozilla QGIS/33400", false},
		{"^Mozilla", "Mozilla QGIS/33400", true},
		{"33400$", "Mozilla QGIS/33400", true},
		{"3340$", "Mozilla QGIS/33400", false},
		{"^$", "", true},
		{"^$", "x", false},
		{"", "anything", true},
		{"%d+", "abc1", true},
		{"^%d+$", "abc1", false},
		{"^%a%l%u%w$", "abC1", true},
		{"^%A%D%S%W$", "1ab ", true},
		{"^%x+$", "09afAF", true},
		{"^%x+$", "g", false},
		{"%p", "abc", false},
		{"%p", "a.c", true},
		{"%s", "a\tb", true},
		{"^[a-c]+$", "abcabc", true},
		{"^[a-c]+$", "abd", false},
		{"^[^a-c]+$", "xyz", true},
		{"^[^a-c]+$", "xaz", false},
		{"^[]]$", "]", true},
		{"^[%]x]+$", "]x", true},
		{"^[%d%.]+$", "1.2", true},
		{"^[a-]+$", "a-", true},
		{"^ab?c$", "ac", true},
		{"^ab?c$", "abbc", false},
		{"^a.-b$", "axxb", true},
		{"^(ab)c$", "abc", true},
		{"^(ab)*$", "ab*", true}, // a sign behind a capture is a letter, as in Lua
		{"%.", "ab", false},
		{"%.", "a.b", true},
		{"%%", "100%", true},
		{"a$b", "a$b", true},
		{"a^b", "a^b", true},
		{"*a", "*a", true},
		{"^é$", "é", true},
		{"%f[%w]QGIS", "x QGIS", true},
		{"%f[%w]QGIS", "xQGIS", false},
		{"QGIS%f[%W]", "QGIS", true}, // behind a text there is NUL
		{"https://example%.org/.*", "https://example.org/a", true},
		{"https://example%.org/.*", "https://exampleXorg/a", false},
	}
	for _, c := range cases {
		p, ok := Compile(c.pattern)
		if !ok {
			t.Errorf("%q is refused", c.pattern)
			continue
		}
		if got := p.Matches(c.text); got != c.want {
			t.Errorf("%q on %q is %t, want %t", c.pattern, c.text, got, c.want)
		}
	}
}

// No pattern costs more than its length times the text's.
func TestPatternIsBounded(t *testing.T) {
	t.Parallel()
	p, ok := Compile(strings.Repeat(".*", 60) + strings.Repeat("a-", 60) + "$b")
	if !ok {
		t.Fatal("refused")
	}
	begin := time.Now()
	if p.Matches(strings.Repeat("a", maxText)) {
		t.Error("it matches")
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
	if p.Matches(strings.Repeat("a", maxText+1)) {
		t.Error("a text that is too long matches")
	}
}

// FuzzPattern translates patterns to regular expressions, which Go matches by
// another way, and compares.
func FuzzPattern(f *testing.F) {
	for _, seed := range []string{".*QGIS.*", "^a%d+$", "[^%w]-x?", "([a-z%.]*)", "%f[%a]x"} {
		f.Add(seed, "Mozilla QGIS/33400")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, ok := Compile(pattern)
		if !ok || len(text) > 500 {
			return
		}
		got := p.Matches(text)
		want, ok := translated(p)
		if !ok {
			return
		}
		if want.MatchString(latin(text)) != got {
			t.Errorf("%q on %q is %t, %s says otherwise", pattern, text, got, want)
		}
	})
}

// latin makes each byte a character of its own.
func latin(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteRune(rune(text[i]))
	}
	return b.String()
}

func translated(p Pattern) (*regexp.Regexp, bool) {
	var b strings.Builder
	b.WriteString("(?s)")
	if p.anchored {
		b.WriteString(`\A`)
	}
	for _, it := range p.items {
		if it.kind == finish {
			b.WriteString(`\z`)
			continue
		}
		if it.kind == frontier {
			return nil, false
		}
		b.WriteString("(?:[^\\x{0}-\\x{10ffff}]")
		for c := range 256 {
			if it.bytes.has(byte(c)) {
				b.WriteString("|" + regexp.QuoteMeta(string(rune(c))))
			}
		}
		b.WriteString(")")
		switch it.kind {
		case optional:
			b.WriteString("?")
		case repeated:
			b.WriteString("*")
		}
	}
	re, err := regexp.Compile(b.String())
	return re, err == nil
}
