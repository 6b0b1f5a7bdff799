package ngw_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/archtest"
	"github.com/bailiwick-sdk/bailiwick/transport/ngw"
)

// TestDocument holds docs/ngw.md to the routes that there are, to their policies,
// and to the tests.
func TestDocument(t *testing.T) {
	t.Parallel()
	tree := os.DirFS("../..")
	doc, err := fs.ReadFile(tree, "docs/ngw.md")
	if err != nil {
		t.Fatal(err)
	}
	policies := map[string]string{}
	var ids []string
	for _, route := range ngw.Routes() {
		id := route.Method + " " + plainPath(route.Path)
		ids = append(ids, id)
		policies[id] = policy(route.Policy)
	}
	for _, wrong := range archtest.Unheld(tree, string(doc), ids, false) {
		t.Error(wrong)
	}
	isRoute := regexp.MustCompile(`^[A-Z]+ /`)
	for _, cells := range archtest.Rows(string(doc)) {
		want, known := policies[cells[0]]
		switch {
		case !known && isRoute.MatchString(cells[0]):
			t.Errorf("%s: there is no such route", cells[0])
		case known && (len(cells) != 4 || cells[1] != want):
			t.Errorf("%s: it is for %q, want %q", cells[0], strings.Join(cells[1:], "|"), want)
		}
	}
}

// policy says who a route is for.
func policy(p ngw.Policy) string {
	switch p.Who {
	case ngw.Public:
		return "everybody"
	case ngw.SignedIn:
		return "signed in"
	case ngw.Holder:
		return "holder of `" + p.Permission + "`"
	case ngw.UserViewer:
		return "user viewer"
	case ngw.PlatformAdministrator:
		return "platform administrator"
	}
	return "nobody"
}
