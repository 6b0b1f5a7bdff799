package accesskey_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

func TestNetworks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	k := w.key(w.Bob, accesskey.Key{Workspace: w.Club.ID, Networks: []netip.Prefix{
		netip.MustParsePrefix("192.0.2.77/24"), netip.MustParsePrefix("::ffff:198.51.100.7/128"), netip.MustParsePrefix("2001:db8::/32"),
	}})
	for address, want := range map[string]bool{
		"192.0.2.1": true, "192.0.2.255": true, "::ffff:192.0.2.1": true, "198.51.100.7": true, "2001:db8::1": true, "2001:db8::1%eth0": true,
		"192.0.3.1": false, "198.51.100.8": false, "2001:db9::1": false, "::1": false, "": false,
	} {
		from := accesskey.Origin{Origin: "https://anywhere.example"}
		if address != "" {
			from.Address = netip.MustParseAddr(address)
		}
		if !want {
			w.refused(address, k.secret, from)
		} else if _, err := w.keys.Authenticate(t.Context(), k.secret, from); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	k := w.key(w.Bob, accesskey.Key{Workspace: w.Club.ID, Origins: []string{
		"HTTPS://App.Example.org:443", "http://localhost:3000", "*.example.com", "http://[::1]:80",
	}})
	for origin, want := range map[string]bool{
		"https://app.example.org": true, "https://app.example.org:443": true, "http://localhost:3000": true,
		"https://a.example.com": true, "http://a.b.example.com:8080": true, "http://[::1]": true,
		"": false, "null": false, "http://app.example.org": false, "https://app.example.org:444": false, "https://example.org": false,
		"https://app.example.org.evil.org": false, "https://example.com": false, "https://evilexample.com": false,
		"https://a.example.com.evil.org": false, "*.example.com": false, "https://*.example.com": false, "http://localhost": false,
		"https://a.example.com/": false, "https://evil.org/.example.com": false, "https://evil.org#.example.com": false,
		"https://evil.org?.example.com": false, "https://a@b.example.com": false, "https://app.example.org, https://app.example.org": false,
		"https://evil.org\\.example.com": false, "app.example.org": false, "ftp://a.example.com": false,
	} {
		from := accesskey.Origin{Origin: origin}
		if !want {
			w.refused("origin "+origin, k.secret, from)
		} else if _, err := w.keys.Authenticate(t.Context(), k.secret, from); err != nil {
			t.Errorf("origin %s: %v", origin, err)
		}
	}
	free := w.ofClub()
	for _, origin := range []string{"", "null", "https://anywhere.example"} {
		if _, err := w.keys.Authenticate(t.Context(), free.secret, accesskey.Origin{Origin: origin}); err != nil {
			t.Errorf("a key without origins from %q: %v", origin, err)
		}
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		k := w.key(w.Bob, accesskey.Key{Workspace: w.Club.ID, Expires: w.Now().Add(time.Hour)})
		w.SetNow(k.Expires.Add(-time.Microsecond))
		w.actor(k.secret)
		w.SetNow(k.Expires)
		w.refused("at the instant it expires", k.secret, somewhere())
		w.holds(k.Num, w.Club.Num)
		if got, err := w.keys.Key(w.Context(), w.Bob, k.ID); err != nil || got.State(w.Now()) != accesskey.Expired {
			w.Errorf("read %+v, %v", got, err)
		}
	})
}

// A use is noted to the minute, once in one by a process, and by two together.
func TestLastUsed(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		k := w.ofClub()
		last := func() time.Time {
			w.Helper()
			got, err := w.keys.Key(w.Context(), w.Bob, k.ID)
			w.OK(err)
			return got.LastUsed
		}
		if !last().IsZero() {
			w.Error("used before it was used")
		}
		w.refused("a wrong one", checked(k.Prefix+k.secret[20:59]+"abcd"), somewhere())
		if !last().IsZero() {
			w.Error("a refusal was noted")
		}
		statements := func(s *accesskey.Service) int64 {
			w.Helper()
			w.Fault.Set(1 << 40)
			_, err := s.Authenticate(w.Context(), k.secret, somewhere())
			n := w.Fault.Clear()
			w.OK(err)
			return n
		}
		other := w.service(accesskey.Options{})
		w.SetNow(w.Now().Add(time.Hour + 10*time.Second))
		minute := w.Now().Truncate(time.Minute)
		if n := statements(w.keys); n < 3 || !last().Equal(minute) {
			w.Errorf("noted at %s with %d statements, want %s", last(), n, minute)
		}
		w.SetNow(w.Now().Add(49 * time.Second))
		if a, b := statements(w.keys), statements(other); a > 2 || b > 2 || !last().Equal(minute) {
			w.Errorf("%d statements, and %d by another process, in the same minute; noted at %s", a, b, last())
		}
		w.SetNow(w.Now().Add(time.Second))
		if n := statements(other); n < 3 || !last().Equal(minute.Add(time.Minute)) {
			w.Errorf("noted at %s a minute later, with %d statements", last(), n)
		}
		// Where noting fails the key is right all the same.
		w.SetNow(w.Now().Add(time.Minute))
		w.Fault.Set(2)
		_, err := w.keys.Authenticate(w.Context(), k.secret, somewhere())
		w.Fault.Clear()
		if err != nil || !last().Equal(minute.Add(time.Minute)) {
			w.Errorf("noting failed: %v, noted at %s", err, last())
		}
	})
}
