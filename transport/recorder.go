package transport

import (
	"net/http"
)

// challenge is what a client may do about 401.
const challenge = `Bearer, Basic realm="bailiwick", charset="UTF-8"`

// pageChallenge is the same for a page of ours: of Basic a browser would make a
// window of its own that asks for a password.
const pageChallenge = "Bearer"

// A recorder remembers what was answered, and completes it.
type recorder struct {
	http.ResponseWriter

	page   bool // a script asked
	status int  // 0 while there is none
	bytes  int64
}

// WriteHeader adds what belongs to a status and is not there.
func (r *recorder) WriteHeader(status int) {
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		r.ResponseWriter.WriteHeader(status) // another one follows
		return
	}
	if r.status == 0 {
		r.status = status
		switch status {
		case http.StatusUnauthorized:
			if r.page {
				r.complete("Www-Authenticate", pageChallenge)
			} else {
				r.complete("Www-Authenticate", challenge)
			}
		case http.StatusServiceUnavailable, http.StatusTooManyRequests:
			r.complete("Retry-After", "1")
		}
	}
	r.ResponseWriter.WriteHeader(status)
}

// complete sets a header unless the handler did, to nil even.
func (r *recorder) complete(name, value string) {
	if _, ok := r.Header()[name]; !ok {
		r.Header().Set(name, value)
	}
}

// Write answers with 200 where nothing was said, and counts.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Flush passes on what was written so far, for handlers that stream.
func (r *recorder) Flush() {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	_ = http.NewResponseController(r.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the writer itself.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
