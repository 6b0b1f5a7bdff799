package drofus

import (
	"net/http"
	"strconv"
	"strings"
)

// A format is what an answer is written in.
type format int

const (
	// unsaid is that of an address without suffix.
	unsaid format = iota
	// unknown is asked for and not to be had: status 406.
	unknown
	asHTML
	asXML
	asJSON
)

// formatOf is the format of an answer: what the suffix of the address says, or
// else the header Accept.
func formatOf(suffix format, h http.Header) format {
	if suffix != unsaid {
		return suffix
	}
	return accepted(h)
}

// cutFormat splits the suffix off a segment: "projects.json" is "projects" as
// JSON, "projects.csv" is unknown, "projects" unsaid.
func cutFormat(segment string) (string, format) {
	dot := strings.LastIndexByte(segment, '.')
	if dot < 0 || dot == len(segment)-1 {
		return segment, unsaid
	}
	return segment[:dot], suffixed(segment[dot+1:])
}

func suffixed(suffix string) format {
	switch suffix {
	case "html":
		return asHTML
	case "xml":
		return asXML
	case "json":
		return asJSON
	}
	return unknown
}

// declared are the formats in the order in which Rails would declare them: the
// first is for whoever does not care.
func declared() []format { return []format{asHTML, asXML, asJSON} }

func mediaTypes(f format) []string {
	switch f {
	case asHTML:
		return []string{"text/html", "application/xhtml+xml"}
	case asXML:
		return []string{"application/xml", "text/xml", "application/x-xml"}
	case asJSON:
		return []string{"application/json", "text/x-json"}
	}
	return nil
}

// A mediaRange is a part of a header Accept.
type mediaRange struct {
	name string // "text/*"
	q    float64
}

// specific tells how closely a range names a media type, 0 for not at all.
func (m mediaRange) specific(name string) int {
	kind, _, _ := strings.Cut(name, "/")
	switch m.name {
	case name:
		return 3
	case kind + "/*":
		return 2
	case "*/*", "*":
		return 1
	}
	return 0
}

// accepted returns the format that a header Accept likes best, HTML without
// one, and unknown where it likes none. Of those that are liked alike the one
// that is named first counts, and a range stands for the first that is declared.
//
// An Accept that names both HTML and */* is a browser's and gets HTML, as in
// Rails: some browsers name XML first.
func accepted(h http.Header) format {
	ranges := mediaRanges(h)
	if ranges == nil {
		return asHTML
	}
	if wantsHTML(ranges) && wantsAll(ranges) {
		return asHTML
	}
	best, bestQ, bestAt := unknown, 0.0, 0
	for _, f := range declared() {
		for _, name := range mediaTypes(f) {
			q, at := liking(ranges, name)
			if q > bestQ || q == bestQ && q > 0 && at < bestAt {
				best, bestQ, bestAt = f, q, at
			}
		}
	}
	return best
}

// mediaRanges reads the header Accept, nil for none. What is malformed in it is
// left out.
func mediaRanges(h http.Header) []mediaRange {
	header := strings.Join(h.Values("Accept"), ",")
	if strings.TrimSpace(header) == "" {
		return nil
	}
	ranges := []mediaRange{}
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		m := mediaRange{name: strings.ToLower(strings.TrimSpace(name)), q: 1}
		sound := m.name != ""
		for param := range strings.SplitSeq(params, ";") {
			key, value, _ := strings.Cut(param, "=")
			if strings.EqualFold(strings.TrimSpace(key), "q") {
				q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
				sound = sound && err == nil && q >= 0 && q <= 1
				m.q = q
			}
		}
		if sound {
			ranges = append(ranges, m)
		}
	}
	return ranges
}

// wantsHTML reports whether HTML is asked for by name.
func wantsHTML(ranges []mediaRange) bool {
	for _, m := range ranges {
		if m.q > 0 && (m.name == "text/html" || m.name == "application/xhtml+xml") {
			return true
		}
	}
	return false
}

func wantsAll(ranges []mediaRange) bool {
	for _, m := range ranges {
		if m.q > 0 && m.name == "*/*" {
			return true
		}
	}
	return false
}

// liking is how much the ranges like a media type, as the closest of them says,
// and where that stands.
func liking(ranges []mediaRange, name string) (q float64, at int) {
	closest := 0
	for i, m := range ranges {
		if s := m.specific(name); s > closest {
			closest, q, at = s, m.q, i
		}
	}
	return q, at
}

// answerRecord answers with one object in JSON or XML.
func answerRecord(w http.ResponseWriter, f format, status int, r record) {
	if f == asXML {
		send(w, f, status, xmlRecord(r))
		return
	}
	send(w, f, status, jsonRecord(r))
}

// answerRecords answers with a list in JSON or XML, which XML names in the
// plural: "project_users".
func answerRecords(w http.ResponseWriter, f format, plural string, list []record) {
	if f == asXML {
		send(w, f, http.StatusOK, xmlRecords(plural, list))
		return
	}
	send(w, f, http.StatusOK, jsonRecords(list))
}

// send answers with a body that is written out.
func send(w http.ResponseWriter, f format, status int, body []byte) {
	contentType := "application/json; charset=utf-8"
	switch f {
	case asXML:
		contentType = "application/xml; charset=utf-8"
	case asHTML:
		contentType = "text/html; charset=utf-8"
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept")
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // whoever has gone cannot be told
}
