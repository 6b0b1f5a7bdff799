package drofus

import (
	"net/http"
	"testing"
)

func TestAccepted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		accept string
		want   format
	}{
		{"", asHTML},
		{" ", asHTML},
		{"*/*", asHTML},
		{"*/*;q=0.1", asHTML},
		{"application/json", asJSON},
		{"Application/JSON; charset=utf-8", asJSON},
		{"text/x-json", asJSON},
		{"application/xml", asXML},
		{"text/xml", asXML},
		{"text/html", asHTML},
		{"text/*", asHTML},
		{"text/*, text/html;q=0", asXML},
		{"application/json, text/plain, */*", asJSON},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", asHTML},
		{"application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/png,*/*;q=0.5", asHTML},
		{"application/json;q=0.5, application/xml", asXML},
		{"application/json;q=0.5, application/xml;q=0.4", asJSON},
		{"application/xml, application/json", asXML},
		{"application/json, application/xml", asJSON},
		{"text/html;q=0.3, application/json", asJSON},
		{"application/json;q=0, */*", asHTML},
		{"application/json;q=0", unknown},
		{"text/html;q=0, */*;q=0.5", asHTML}, // as XHTML, which is another type of the same
		{"text/html;q=0, application/xhtml+xml;q=0, */*;q=0.5", asXML},
		{"text/csv", unknown},
		{"text/csv, application/json;q=0.1", asJSON},
		{"image/*", unknown},
		{"application/json;q=2", unknown},
		{"application/json;q=x", unknown},
		{",,", unknown},
		{"application/vnd.api+json", unknown},
	} {
		if got := accepted(http.Header{"Accept": {c.accept}}); got != c.want {
			t.Errorf("Accept: %s: got %d, want %d", c.accept, got, c.want)
		}
	}
	if got := accepted(http.Header{"Accept": {"text/csv", "application/json"}}); got != asJSON {
		t.Errorf("two headers: got %d", got)
	}
}

func TestSuffixWins(t *testing.T) {
	t.Parallel()
	accept := http.Header{"Accept": {"application/json"}}
	for segment, want := range map[string]struct {
		name   string
		format format
	}{
		"projects":      {"projects", asJSON},
		"projects.json": {"projects", asJSON},
		"projects.xml":  {"projects", asXML},
		"projects.html": {"projects", asHTML},
		"projects.csv":  {"projects", unknown},
		"projects.JSON": {"projects", unknown},
		"399.xml":       {"399", asXML},
		"projects.":     {"projects.", asJSON},
	} {
		name, suffix := cutFormat(segment)
		if got := formatOf(suffix, accept); name != want.name || got != want.format {
			t.Errorf("%s: got %q in %d", segment, name, got)
		}
	}
}
