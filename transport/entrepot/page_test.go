package entrepot

import (
	"strings"
	"testing"
	"time"
)

func TestLike(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "anything", true},
		{"foo", "FOO", true},
		{"foo", "food", false},
		{"foo%", "food", true},
		{"%foo", "a foo", true},
		{"%foo", "food", false},
		{"%OO%", "foo", true},
		{"%a%b%", "xaxbx", true},
		{"%b%a%", "xaxbx", false},
		{"a%a", "a", false},
		{"a%a", "aa", true},
		{"%", "", true},
		{"%é%", "VÉRIFICATION", true},
		{"_", "a", false},
	} {
		if got := like(test.pattern, test.text); got != test.want {
			t.Errorf("%q matches %q: %v", test.pattern, test.text, got)
		}
	}
	// No pattern takes longer than its length times the text's.
	start := time.Now()
	like(strings.Repeat("%a", 10_000)+"b", strings.Repeat("a", 100_000))
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"2024-12-31T20:00:00":                "2024-12-31T20:00:00.000000Z",
		"2024-12-31T20:00:00Z":               "2024-12-31T20:00:00.000000Z",
		"2024-12-31T20:00:00.5":              "2024-12-31T20:00:00.500000Z",
		"2024-12-31T20:00:00.123Z":           "2024-12-31T20:00:00.123000Z",
		"2024-12-31T20:00:00.123456789Z":     "2024-12-31T20:00:00.123456Z",
		"2024-12-31T20:00:00+02:00":          "2024-12-31T18:00:00.000000Z",
		"2024-12-31T20:00:00.999999+00:00":   "2024-12-31T20:00:00.999999Z",
		"2024-12-31":                         "2024-12-31T00:00:00.000000Z",
		"":                                   "",
		"31/12/2024":                         "",
		"2024-02-30":                         "",
		"2024-12-31 20:00:00":                "",
		"0001-01-01T00:00:00Z":               "",
		"2024-12-31T20:00:00Z and then some": "",
	} {
		at, err := parseTime(text)
		if (err != nil) != (want == "") {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if err == nil {
			if got, _ := (stamp{at}).MarshalJSON(); string(got) != `"`+want+`"` {
				t.Errorf("%q is %s, want %s", text, got, want)
			}
		}
	}
}

func TestContentRange(t *testing.T) {
	for want, got := range map[string]string{
		"1-10/12":  contentRange(0, 10, 12),
		"11-12/12": contentRange(10, 2, 12),
		"0-0/0":    contentRange(0, 0, 0),
		"0-0/12":   contentRange(100, 0, 12),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestRights makes sure that no route asks for a right that does not exist.
func TestRights(t *testing.T) {
	for _, route := range Routes() {
		_, err := rightsOf("right", []string{string(route.Policy.Right)})
		if (route.Policy.Who == Holder) != (err == nil) {
			t.Errorf("%s %s: %+v", route.Method, route.Path, route.Policy)
		}
	}
}
