package signin

import "strings"

// clientUnknown is the type of a client that does not say what it is.
const clientUnknown = "unknown"

// clientSize bounds the name of a type of client, clientLook how much of what a
// client calls itself is looked at.
const (
	clientSize = 40
	clientLook = 1024
)

// ClientType returns what kind of program a client is by what it calls itself,
// the value of a User-Agent field: "Revit", "ArchiCAD", "dRofus", "QGIS" or
// "ArcGIS" where it names one of those anywhere, the first of them; "Browser",
// "PowerShell", "curl" or "Python" for what begins like one; and otherwise the
// name of its first product (RFC 9110, section 10.1.5), without version. That has
// at most 40 letters, digits and signs. It is "unknown" for what has no name.
func ClientType(userAgent string) string {
	text := strings.TrimLeft(userAgent[:min(len(userAgent), clientLook)], " \t")
	// A program for architects is most often a part of another, and a browser by
	// its first name.
	for _, name := range []string{"Revit", "ArchiCAD", "dRofus", "QGIS", "ArcGIS", "PowerShell", "WindowsPowerShell"} {
		if mentions(text, name) {
			return strings.TrimPrefix(name, "Windows")
		}
	}
	end := strings.IndexFunc(text, func(r rune) bool { return !tokenRune(r) })
	if end < 0 {
		end = len(text)
	}
	name := text[:min(end, clientSize)]
	folded := strings.ToLower(name)
	switch {
	case name == "":
		return clientUnknown
	case folded == "mozilla", folded == "opera":
		return "Browser"
	case folded == "curl", strings.HasPrefix(folded, "libcurl"):
		return "curl"
	case folded == "python", strings.HasPrefix(folded, "python-"):
		return "Python"
	}
	return name
}

// mentions reports whether a text has a name as a word of its own, in whatever
// case. "RevitAddin" and "forRevit" have one, and "revitalised" has none.
func mentions(text, name string) bool {
	for i := 0; i+len(name) <= len(text); i++ {
		if !strings.EqualFold(text[i:i+len(name)], name) {
			continue
		}
		begins := i == 0 || !letter(text[i-1]) || lower(text[i-1]) && !lower(text[i])
		ends := i+len(name) == len(text) || !lower(text[i+len(name)])
		if begins && ends {
			return true
		}
	}
	return false
}

func lower(c byte) bool { return 'a' <= c && c <= 'z' }

func letter(c byte) bool { return lower(c) || 'A' <= c && c <= 'Z' }

// tokenRune reports whether a token of HTTP can have a character (RFC 9110,
// section 5.6.2).
func tokenRune(r rune) bool {
	switch {
	case r > '~':
		return false
	case '0' <= r && r <= '9', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
		return true
	}
	return strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}
