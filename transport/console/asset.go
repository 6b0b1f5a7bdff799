package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// assets is where the files are whose names change with what they hold.
const assets = "/assets/"

// A file is one of the built ones.
type file struct {
	kind  string
	text  []byte
	tag   string // of the ETag, without what tells encodings apart
	cache string
	// brotli is the text compressed when the console was built, nil where that
	// gains little.
	brotli []byte
	// gzip is the same for who takes no Brotli. It is made when first asked for: not
	// every program that mounts the console is asked.
	gzip func() []byte
}

// files are those of the console but for the page, by path.
func files() map[string]*file {
	known, small := map[string]*file{}, map[string][]byte{}
	err := fs.WalkDir(dist, "dist", func(name string, d fs.DirEntry, err error) error {
		at := strings.TrimPrefix(name, "dist")
		if err != nil || d.IsDir() || at == "/index.html" {
			return err
		}
		text, err := dist.ReadFile(name)
		if of, is := strings.CutSuffix(at, ".br"); is {
			small[of] = text
		} else {
			known[at] = newFile(at, text)
		}
		return err
	})
	if err != nil {
		panic(fmt.Errorf("console: %w", err)) // they are built in
	}
	for at, text := range small {
		known[at].brotli = text
	}
	return known
}

func newFile(at string, text []byte) *file {
	sum := sha256.Sum256(text)
	f := &file{kind: kindOf(at), text: text, tag: hex.EncodeToString(sum[:16]), cache: "no-cache"}
	if strings.HasPrefix(at, assets) {
		f.cache = "public, max-age=31536000, immutable"
	}
	f.gzip = sync.OnceValue(func() []byte { return compressed(text) })
	return f
}

// kindOf is the media type of a file by its name. What machines know of names
// differs, and a script of the wrong type is not run.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".woff2":
		return "font/woff2"
	case ".json", ".webmanifest":
		return "application/json"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return unknownKind
}

const unknownKind = "application/octet-stream"

// compressed returns a text compressed, nil where that gains less than a tenth:
// images and fonts are so already.
func compressed(text []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(fmt.Errorf("console: %w", err)) // there is such a level
	}
	_, _ = z.Write(text) // into memory
	_ = z.Close()
	if b.Len() > len(text)-len(text)/10 {
		return nil
	}
	return b.Bytes()
}

// ServeHTTP answers with the file.
func (f *file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", f.cache)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	text, coding := f.encoded(r.Header.Values("Accept-Encoding"))
	tag := `"` + f.tag + `"`
	if coding != "" {
		tag = `"` + f.tag + "-" + coding + `"`
	}
	h.Set("ETag", tag)
	if holds(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if coding != "" {
		h.Set("Content-Encoding", coding)
	}
	h.Set("Content-Type", f.kind)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = w.Write(text) // whoever has gone cannot be told
}

// encoded returns the file as who asks for it takes it, and in which coding.
func (f *file) encoded(accepted []string) ([]byte, string) {
	if f.brotli != nil && takes(accepted, "br") {
		return f.brotli, "br"
	}
	if takes(accepted, "gzip", "x-gzip") {
		if small := f.gzip(); small != nil {
			return small, "gzip"
		}
	}
	return f.text, ""
}

// takes reports whether an answer may be in a coding, by any of its names (RFC
// 9110, 12.5.3). What is said of it counts before what is said of everything.
func takes(values []string, names ...string) bool {
	all := false
	for entry := range strings.SplitSeq(strings.Join(values, ","), ",") {
		coding, rest, _ := strings.Cut(entry, ";")
		switch coding = strings.ToLower(strings.TrimSpace(coding)); {
		case slices.Contains(names, coding):
			return wanted(rest)
		case coding == "*":
			all = wanted(rest)
		}
	}
	return all
}

// wanted reports whether a weight is not nothing.
func wanted(parameters string) bool {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return err == nil && q > 0
		}
	}
	return true
}

// holds reports whether a list of ETags has one, compared weakly as a GET does.
func holds(values []string, tag string) bool {
	for entry := range strings.SplitSeq(strings.Join(values, ","), ",") {
		entry = strings.TrimSpace(entry)
		if entry == "*" || strings.TrimPrefix(entry, "W/") == tag {
			return true
		}
	}
	return false
}
