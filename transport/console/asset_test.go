package console

import "testing"

func TestTakes(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "x-gzip": true, "deflate, gzip": true, "gzip;q=0": false, "gzip;q=0.000": false, "gzip; q=0.001": true,
		"*": true, "*;q=0": false, "gzip;q=0, *": false, "*;q=0, gzip": true, "identity": false, "br": false, "gzipped": false, "gzip;q=x": false, "identity;q=0": false,
	} {
		if got := takes([]string{value}, "gzip", "x-gzip"); got != want {
			t.Errorf("%q: %t", value, got)
		}
	}
	if !takes([]string{"br", "gzip"}, "gzip") || takes(nil, "gzip") || !takes([]string{"gzip, br;q=0.5"}, "br") || takes([]string{"gzip, br;q=0"}, "br") {
		t.Error("several headers, none, or another coding")
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"": false, `"a"`: true, `W/"a"`: true, `"b", "a"`: true, `"b"`: false, "*": true, "a": false} {
		if got := holds([]string{value}, `"a"`); got != want {
			t.Errorf("%q: %t", value, got)
		}
	}
}

func TestCompressed(t *testing.T) {
	t.Parallel()
	if compressed([]byte("xyz")) != nil {
		t.Error("three bytes gain nothing")
	}
	f := newFile("/assets/a.js", make([]byte, 10_000))
	if first, second := f.gzip(), f.gzip(); len(first) == 0 || &first[0] != &second[0] {
		t.Error("it is compressed each time")
	}
}
