package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestPace sends a body for longer than a whole request may take, piece by piece,
// and one that stops: the one arrives whole, and the other is given up.
func TestPace(t *testing.T) {
	t.Parallel()
	p := pace{bytes: 4, read: time.Second, write: time.Second}
	got := make(chan error, 1)
	server := httptest.NewUnstartedServer(p.keep(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		got <- err
		if err == nil {
			_, _ = w.Write(text)
		}
	})))
	server.Config.ReadTimeout, server.Config.WriteTimeout = p.read, p.write
	server.Start()
	t.Cleanup(server.Close)

	send := func(pieces io.Reader) (string, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, pieces)
		if err != nil {
			t.Fatal(err)
		}
		a, err := server.Client().Do(r)
		if err != nil {
			return "", err
		}
		defer a.Body.Close()
		text, err := io.ReadAll(a.Body)
		return string(text), err
	}

	steady, into := io.Pipe()
	go func() {
		for range 8 {
			_, _ = into.Write([]byte("piece "))
			time.Sleep(p.read / 4)
		}
		into.Close()
	}()
	text, err := send(steady)
	if want := strings.Repeat("piece ", 8); text != want || err != nil {
		t.Errorf("a body of two seconds: %q %v", text, err)
	}
	if err := <-got; err != nil {
		t.Errorf("a body of two seconds was read until %v", err)
	}

	line, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	if _, err := io.WriteString(line, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\np"); err != nil {
		t.Fatal(err)
	}
	timeout, is := errors.AsType[net.Error](<-got)
	if !is || !timeout.Timeout() {
		t.Errorf("a body that stopped: %v", timeout)
	}
}

// TestPacedAnswer has an answer taken for longer than a whole one may take.
func TestPacedAnswer(t *testing.T) {
	t.Parallel()
	p := pace{bytes: 4, read: time.Second, write: time.Second}
	server := httptest.NewUnstartedServer(p.keep(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 8 {
			_, _ = w.Write([]byte("piece "))
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			time.Sleep(p.write / 4)
		}
	})))
	server.Config.WriteTimeout = p.write
	server.Start()
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	a, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if want := strings.Repeat("piece ", 8); string(text) != want || err != nil {
		t.Errorf("an answer of two seconds: %q %v", text, err)
	}
}

// TestPacedThought has an answer begin, and go on, later than a whole one may
// take: what is not written yet nobody can be slow at reading.
func TestPacedThought(t *testing.T) {
	t.Parallel()
	p := pace{bytes: 4, read: time.Second, write: time.Second}
	server := httptest.NewUnstartedServer(p.keep(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for range 2 {
			select {
			case <-r.Context().Done():
				t.Error("the request ended")
			case <-time.After(2 * p.write):
			}
			if _, err := w.Write([]byte("thought")); err != nil {
				t.Error(err)
			}
			_ = http.NewResponseController(w).Flush()
		}
	})))
	server.Config.ReadTimeout, server.Config.WriteTimeout = p.read, p.write
	server.Start()
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("a body"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if text, err := io.ReadAll(a.Body); string(text) != "thoughtthought" || err != nil {
		t.Errorf("%q %v", text, err)
	}
}

// TestPacedReader cuts off who reads nothing.
func TestPacedReader(t *testing.T) {
	t.Parallel()
	p := pace{bytes: 64 << 10, read: time.Second, write: time.Second}
	ended := make(chan error, 1)
	server := httptest.NewUnstartedServer(p.keep(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write(make([]byte, 64<<20))
		ended <- err
	})))
	server.Start()
	t.Cleanup(server.Close)
	line, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	if _, err := io.WriteString(line, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if timeout, is := errors.AsType[net.Error](err); !is || !timeout.Timeout() {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("it goes on for ever")
	}
}
