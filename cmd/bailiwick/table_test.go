package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestPages wants a list to be read to its end, and no further than was asked
// for.
func TestPages(t *testing.T) {
	t.Parallel()
	const total = 450
	for _, test := range []struct{ limit, want, asked int }{
		{0, total, 3}, {1, 1, 1}, {200, 200, 1}, {201, 201, 2}, {450, 450, 3}, {1000, total, 3},
	} {
		asked := 0
		fetch := func(cursor *string, limit *int) ([]byte, error) {
			asked++
			first := 0
			if cursor != nil {
				if _, err := fmt.Sscan(*cursor, &first); err != nil {
					t.Fatal(err)
				}
			}
			end := min(first+*limit, total)
			next := ""
			if end < total {
				next = fmt.Sprintf(`,"next":"%d"`, end)
			}
			items := make([]string, 0, *limit)
			for i := first; i < end; i++ {
				items = append(items, fmt.Sprintf(`{"id":"%d"}`, i))
			}
			return fmt.Appendf(nil, `{"items":[%s]%s}`, strings.Join(items, ","), next), nil
		}
		var out strings.Builder
		flags := listFlags{Limit: test.limit, outputFlags: outputFlags{Output: "json"}}
		if err := list(streams{out: &out, err: io.Discard}, flags, userView(), fetch); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(out.String(), `{"id":`); got != test.want || asked != test.asked {
			t.Errorf("with limit %d it printed %d of %d pages, want %d of %d", test.limit, got, asked, test.want, test.asked)
		}
		if last := fmt.Sprintf("{\"id\":\"%d\"}\n]\n", test.want-1); !strings.HasSuffix(out.String(), last) {
			t.Errorf("with limit %d it ends with %q", test.limit, out.String()[max(0, out.Len()-30):])
		}
	}
}

// TestRedirect wants a token not to follow to another address, and one to be
// sent in a header alone.
func TestRedirect(t *testing.T) {
	t.Parallel()
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	var asked *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	var told strings.Builder
	s := streams{in: strings.NewReader("the token\n"), out: io.Discard, err: &told}
	if status := run(context.Background(), []string{"whoami", "--server", server.URL, "--token", "-"}, s); status != statusFailed {
		t.Errorf("it ended with %d: %s", status, &told)
	}
	if reached {
		t.Error("it followed")
	}
	if asked == nil || asked.Header.Get("Authorization") != "Bearer the token" || strings.Contains(asked.URL.String(), "token") {
		t.Errorf("it asked %v", asked)
	}
	if strings.Contains(told.String(), "the token") {
		t.Errorf("it told %s", &told)
	}
}
