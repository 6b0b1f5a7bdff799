package resource_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func TestCleanDescription(t *testing.T) {
	for in, without := range map[string]string{
		`<a href="javascript:alert(1)">x</a>`:           "javascript",
		`<script>alert(1)</script>`:                     "alert",
		`<img src=x onerror=alert(1)>`:                  "onerror",
		`<iframe src="https://example.org"></iframe>`:   "iframe",
		`<p style="background:url(javascript:x)">x</p>`: "style",
		`<svg><script>alert(1)</script></svg>`:          "script",
		`<a href="data:text/html,x">x</a>`:              "data:",
	} {
		if got, err := resource.CleanDescription(in); err != nil || strings.Contains(got, without) {
			t.Errorf("%s became %s, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "plain text, дорога", "<p>A <b>bold</b> <i>word</i></p>"} {
		if got, err := resource.CleanDescription(in); err != nil || got != in {
			t.Errorf("%s became %s, %v", in, got, err)
		}
	}
	for _, in := range []string{strings.Repeat("x", 64<<10+1), strings.Repeat("'", 64<<10), "a\x00b", "\xff"} {
		if _, err := resource.CleanDescription(in); !about(err, "description") {
			t.Errorf("%d bytes: %v", len(in), err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{
			"<", ">", "&", `"`, "'", "a", "<a ", "href=", "javascript:", "<script>", "</", "<img src=x ", "onerror=", "amp;", "&#60;", "<!--", "-->",
		})).Draw(t, "html"), "")
		once, err := resource.CleanDescription(in)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := resource.CleanDescription(once); err != nil || twice != once {
			t.Fatalf("%q became %q, and that %q, %v", in, once, twice, err)
		}
		if strings.Contains(once, "<script") {
			t.Fatalf("%q became %q", in, once)
		}
	})
}

func about(err error, field string) bool {
	var bad *workspace.InvalidError
	return errors.As(err, &bad) && bad.Field == field
}

func TestCleanMeta(t *testing.T) {
	in := map[string]any{"key": "text", "n": 5.0, "i": int64(7), "f": 1.5, "b": true, "z": nil}
	got, err := resource.CleanMeta(in)
	if diff := cmp.Diff(map[string]any{"key": "text", "n": int64(5), "i": int64(7), "f": 1.5, "b": true, "z": nil}, got); err != nil || diff != "" {
		t.Errorf("%v: %s", err, diff)
	}
	many := map[string]any{}
	for i := range 257 {
		many[strings.Repeat("k", i+1)] = nil
	}
	for field, in := range map[string]map[string]any{
		"meta.o": {"o": map[string]any{}}, "meta.l": {"l": []any{}}, "meta.nan": {"nan": math.NaN()}, "meta.t": {"t": "\x00"},
		"meta.long": {"long": strings.Repeat("x", 1<<16+1)}, "meta": many,
	} {
		if _, err := resource.CleanMeta(in); !about(err, field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, name := range []string{"", strings.Repeat("k", 256), "a\x00", "\xff"} {
		if _, err := resource.CleanMeta(map[string]any{name: 1}); !about(err, "meta") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{"Roads": "Roads", "  Дороги \n": "Дороги", strings.Repeat("ж", 255): strings.Repeat("ж", 255)} {
		if got, err := resource.CleanName(in); err != nil || got != want {
			t.Errorf("%q became %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "  ", strings.Repeat("ж", 256), "a\x00b", "a\nb", "\xff"} {
		if _, err := resource.CleanName(in); !about(err, "display_name") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestCheckKeyname(t *testing.T) {
	for _, name := range []string{"", "a", "_", "Roads_2.x-y", strings.Repeat("a", 255)} {
		if err := resource.CheckKeyname(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"1", "-a", ".a", "a b", "д", "a/b", "a\x00", strings.Repeat("a", 256)} {
		if err := resource.CheckKeyname(name); !about(err, "keyname") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
