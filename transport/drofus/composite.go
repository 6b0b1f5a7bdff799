package drofus

import (
	"net/url"
	"strconv"
	"strings"
)

// A reading is what a segment of an address may mean: a name, in the format that
// its suffix says or in [unsaid].
type reading struct {
	name   string
	suffix format
}

// readings returns what a segment that names something with dots may mean, in
// the order in which it is to be looked up: the whole of it, and only if there
// is no such thing what is before .json, .xml or .html (spec/drofus.md DA-10).
// The header Accept takes nothing away from a name.
func readings(segment string) []reading {
	whole := reading{name: segment}
	name, suffix := cutFormat(segment)
	if suffix == unsaid || suffix == unknown || name == "" {
		return []reading{whole}
	}
	return []reading{whole, {name: name, suffix: suffix}}
}

// A memberKey names a membership.
type memberKey struct {
	username string
	project  int64
	suffix   format
}

// readMember reads "username,projectid", with a suffix or without. A username
// may have commas and dots, and a project's id is digits: the last comma counts
// (spec/drofus.md DA-9).
func readMember(segment string) (memberKey, bool) {
	comma := strings.LastIndexByte(segment, ',')
	if comma <= 0 {
		return memberKey{}, false
	}
	id, suffix := cutFormat(segment[comma+1:])
	project, ok := readID(id)
	return memberKey{username: segment[:comma], project: project, suffix: suffix}, ok
}

// readID reads an id, which is digits that are no zero.
func readID(text string) (int64, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil && id > 0
}

// pathTo joins segments to an address below the lens, "users/jo%2Fe/disable".
func pathTo(segments ...string) string {
	escaped := make([]string, len(segments))
	for i, s := range segments {
		escaped[i] = url.PathEscape(s)
	}
	// A comma may stand in a segment as it is, and memberships look better so.
	return strings.ReplaceAll(strings.Join(escaped, "/"), "%2C", ",")
}

// memberPath is the address of a membership.
func memberPath(username string, project int64) string {
	return pathTo("project_users", username+","+strconv.FormatInt(project, 10))
}
