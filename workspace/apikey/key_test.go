package apikey_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

func TestCreateAndRead(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		white := []netip.Prefix{netip.MustParsePrefix("192.0.2.77/24")}
		hash := w.key(w.Alice, apikey.Key{Name: "Ma clé HASH", Type: apikey.Hash, Whitelist: white}, apikey.Credential{Hash: "masupercle"})
		made := w.key(w.Alice, apikey.Key{Name: "made", Type: apikey.Hash, UserAgent: ".*QGIS.*"}, apikey.Credential{})
		head := w.key(w.Alice, apikey.Key{Name: "head", Type: apikey.Header}, apikey.Credential{Headers: map[string]string{"X-Mine": "something"}})
		basic := w.key(w.Alice, apikey.Key{Name: "basic", Type: apikey.Basic}, apikey.Credential{Login: "cestmoi", Password: "secret"})
		oauth := w.key(w.Alice, apikey.Key{Name: "oauth", Type: apikey.OAuth2}, apikey.Credential{})

		if hash.Whitelist[0].String() != "192.0.2.0/24" || hash.Hash != "masupercle" {
			w.Errorf("key %+v, want the network without the address", hash)
		}
		if len(made.Hash) < 22 || made.Hash == hash.Hash {
			w.Errorf("generated %q, want 128 random bits", made.Hash)
		}
		if digest, err := hex.DecodeString(basic.PasswordHash); err != nil || len(digest) != 20 {
			w.Errorf("password hash %q, want 40 hexadecimal digits", basic.PasswordHash)
		}
		all := []apikey.Key{hash, made, head, basic, oauth}
		list, n, err := w.keys.Keys(ctx, w.Alice, apikey.Filter{})
		w.OK(err)
		if diff := cmp.Diff(all, list, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" || n != 5 {
			w.Errorf("%d keys, not what was made:\n%s", n, diff)
		}
		got, err := w.keys.Key(ctx, w.Alice, head.ID)
		if w.OK(err); got.Headers["X-Mine"] != "something" {
			w.Errorf("headers %v, want them again", got.Headers)
		}
		if use := w.keysUse(w.Alice); use != 5 {
			w.Errorf("%d keys used, want 5", use)
		}

		for _, c := range []struct {
			f    apikey.Filter
			want []string
		}{
			{apikey.Filter{Type: apikey.Hash}, []string{"Ma clé HASH", "made"}},
			{apikey.Filter{Name: "MA CLÉ%"}, []string{"Ma clé HASH"}},
			{apikey.Filter{Name: "%a%", Type: apikey.Hash, Offset: 1}, []string{"made"}},
			{apikey.Filter{UserAgent: "%qgis%"}, []string{"made"}},
			{apikey.Filter{UserAgent: "qgis"}, nil},
			{apikey.Filter{Whitelist: "192.0.2.0/24"}, []string{"Ma clé HASH"}},
			{apikey.Filter{Whitelist: "192.0%"}, []string{"Ma clé HASH"}},
			{apikey.Filter{Blacklist: "%"}, nil},
			{apikey.Filter{Referer: "x"}, nil},
			{apikey.Filter{Limit: 1, Offset: 3}, []string{"basic"}},
			{apikey.Filter{User: w.Bob.User, Limit: 1}, []string{"Ma clé HASH"}}, // one's own, whatever is asked
			{apikey.Filter{Lookups: []string{"x"}, Limit: 1}, []string{"Ma clé HASH"}},
		} {
			list, _, err := w.keys.Keys(ctx, w.Alice, c.f)
			w.OK(err)
			var names []string
			for _, k := range list {
				names = append(names, k.Name)
			}
			if !reflect.DeepEqual(names, c.want) {
				w.Errorf("%+v chooses %q, want %q", c.f, names, c.want)
			}
		}

		w.SetNow(w.Now().Add(time.Hour))
		changed, err := w.keys.Update(ctx, w.Alice, hash.ID, func(k *apikey.Key) error {
			k.Name, k.Referer, k.Type, k.User, k.Hash, k.ID = "renamed", "^x", apikey.Basic, w.Bob.User, "otherother", "x"
			return nil
		})
		w.OK(err)
		want := hash
		want.Name, want.Referer, want.Updated = "renamed", "^x", w.Now()
		got, err = w.keys.Key(ctx, w.Alice, hash.ID)
		w.OK(err)
		if diff := cmp.Diff([]apikey.Key{want, want}, []apikey.Key{changed, got}, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			w.Errorf("not name and restrictions alone:\n%s", diff)
		}
		_, err = w.keys.Update(ctx, w.Alice, hash.ID, func(k *apikey.Key) error { k.Name = "MADE"; return nil })
		w.Taken(err, "name")
	})
}

// What is another's, or nobody's, is not there.
func TestOthersKeys(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o := w.Offering("free", true)
		k := w.key(w.Alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{})
		a := w.open(w.Alice, k, "", o)[0]
		for _, who := range []workspace.Actor{w.Bob, workspace.Guest(""), w.Admin, {}} {
			before := dbtest.Fingerprint(w, w.DB)
			want := apikey.ErrNotFound
			if who.User == "" {
				want = rbac.ErrDenied
			}
			_, err := w.keys.Key(ctx, who, k.ID)
			w.Wants(err, want)
			_, err = w.keys.Update(ctx, who, k.ID, func(*apikey.Key) error { return nil })
			w.Wants(err, want)
			w.Wants(w.keys.Delete(ctx, who, k.ID), want)
			_, _, err = w.keys.Accesses(ctx, who, k.ID, 0, 0)
			w.Wants(err, want)
			_, err = w.keys.Open(ctx, who, k.ID, "", []offering.ID{o.ID})
			w.Wants(err, want)
			w.Wants(w.keys.Close(ctx, who, k.ID, a.ID), want)
			if who.User == "" {
				_, err = w.keys.Create(ctx, who, apikey.Key{Name: "x", Type: apikey.Hash}, apikey.Credential{})
				w.Wants(err, want)
				_, _, err = w.keys.Keys(ctx, who, apikey.Filter{})
				w.Wants(err, want)
			} else if list, n, err := w.keys.Keys(ctx, who, apikey.Filter{IDs: []apikey.ID{k.ID}}); err != nil || len(list) != 0 || n != 0 {
				w.Errorf("he lists %v (%d), %v", list, n, err)
			}
			if dbtest.Fingerprint(w, w.DB) != before {
				w.Errorf("%s changed something", who.Name)
			}
		}
		other := w.key(w.Bob, apikey.Key{Type: apikey.Hash}, apikey.Credential{})
		w.Wants(w.keys.Close(ctx, w.Bob, other.ID, a.ID), apikey.ErrNotFound)
		w.Wants(w.keys.Close(ctx, w.Alice, k.ID, "0190a0a0-0000-7000-8000-000000000000"), apikey.ErrNotFound)
	})
}

func TestTaken(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.key(w.Alice, apikey.Key{Name: "Été", Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
		w.key(w.Alice, apikey.Key{Name: "o", Type: apikey.OAuth2}, apikey.Credential{})
		w.key(w.Alice, apikey.Key{Name: "b", Type: apikey.Basic}, apikey.Credential{Login: "cestmoi", Password: "secret"})
		w.key(w.Bob, apikey.Key{Name: "été", Type: apikey.OAuth2}, apikey.Credential{})
		before := dbtest.Fingerprint(w, w.DB)
		try := func(who workspace.Actor, name string, sort apikey.Type, c apikey.Credential, field string) {
			w.Helper()
			_, err := w.keys.Create(w.Context(), who, apikey.Key{Name: name, Type: sort}, c)
			w.Taken(err, field)
			if strings.Contains(err.Error(), "masupercle") {
				w.Errorf("%v tells a secret", err)
			}
		}
		try(w.Alice, "ÉTÉ", apikey.Hash, apikey.Credential{}, "name")
		try(w.Alice, "second", apikey.OAuth2, apikey.Credential{}, "type")
		try(w.Bob, "x", apikey.Hash, apikey.Credential{Hash: "masupercle"}, "type_infos")
		try(w.Bob, "x", apikey.Basic, apikey.Credential{Login: "cestmoi", Password: "another"}, "type_infos")
		if dbtest.Fingerprint(w, w.DB) != before {
			w.Error("something was kept")
		}
	})
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite(), nil)
	before := dbtest.Fingerprint(t, w.DB)
	try := func(field string, k apikey.Key, c apikey.Credential) {
		w.Helper()
		if k.Name == "" {
			k.Name = "name"
		}
		if k.Type == "" {
			k.Type = apikey.Hash
		}
		_, err := w.keys.Create(w.Context(), w.Alice, k, c)
		w.Invalid(err, field)
	}
	for _, name := range []string{" x", "x ", strings.Repeat("é", 100), "a\nb", "\xff"} {
		try("name", apikey.Key{Name: name}, apikey.Credential{})
	}
	try("type", apikey.Key{Type: "OTHER"}, apikey.Credential{})
	for _, text := range []string{"short12", strings.Repeat("x", 256), "with space", "accentué1", "tab\tinside"} {
		try("type_infos.hash", apikey.Key{}, apikey.Credential{Hash: text})
	}
	header := func(field string, h map[string]string) {
		w.Helper()
		try(field, apikey.Key{Type: apikey.Header}, apikey.Credential{Headers: h})
	}
	header("type_infos.headers", nil)
	header("type_infos.headers", map[string]string{})
	header("type_infos.headers", map[string]string{"X A": "valuevalue"})
	header("type_infos.headers", map[string]string{"X,A": "valuevalue"})
	header("type_infos.headers", map[string]string{"X-A": "valuevalue", "x-a": "valuevalue"})
	header("type_infos.headers", map[string]string{"X-A": "short"})
	header("type_infos.headers.Authorization", map[string]string{"Authorization": "valuevalue"})
	header("type_infos.headers.host", map[string]string{"host": "valuevalue"})
	header("type_infos.headers.Content-Type", map[string]string{"Content-Type": "valuevalue"})
	header("type_infos.headers.X-Key", map[string]string{"X-Key": "valuevalue"})
	header("type_infos.headers.X-A", map[string]string{"X-A": "two words"})
	header("type_infos.headers.X-A", map[string]string{"X-A": ""})
	basic := func(field, login, password string) {
		w.Helper()
		try(field, apikey.Key{Type: apikey.Basic}, apikey.Credential{Login: login, Password: password})
	}
	basic("type_infos.login", "", "secret")
	basic("type_infos.login", "a:b", "secret")
	basic("type_infos.login", "a\x00b", "secret")
	basic("type_infos.password", "login", "short")
	basic("type_infos.password", "login", strings.Repeat("x", 1025))
	basic("type_infos.password", "login", "secret\x00")
	try("type_infos.login", apikey.Key{Type: apikey.OAuth2}, apikey.Credential{Login: "x"})
	try("type_infos.hash", apikey.Key{Type: apikey.OAuth2}, apikey.Credential{Hash: "masupercle"})
	try("type_infos.headers", apikey.Key{}, apikey.Credential{Headers: map[string]string{}})
	try("type_infos.password", apikey.Key{}, apikey.Credential{Password: "secret"})
	network := netip.MustParsePrefix("192.0.2.0/24")
	try("blacklist", apikey.Key{Whitelist: []netip.Prefix{network}, Blacklist: []netip.Prefix{network}}, apikey.Credential{})
	try("whitelist[1]", apikey.Key{Whitelist: []netip.Prefix{network, {}}}, apikey.Credential{})
	try("blacklist[0]", apikey.Key{Blacklist: []netip.Prefix{{}}}, apikey.Credential{})
	for _, pattern := range []string{"%", "[a", "(", ")", "%b()", "%1", "%f", "[%", strings.Repeat("x", 256), "a\x00"} {
		try("user_agent", apikey.Key{UserAgent: pattern}, apikey.Credential{})
		try("referer", apikey.Key{Referer: pattern}, apikey.Credential{})
	}
	if dbtest.Fingerprint(t, w.DB) != before {
		t.Error("something was kept")
	}
}

func TestKeysQuota(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var last apikey.Key
		for range 5 {
			w.SetNow(w.Now().Add(time.Second))
			last = w.key(w.Alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{})
		}
		before := dbtest.Fingerprint(w, w.DB)
		_, err := w.keys.Create(w.Context(), w.Alice, apikey.Key{Name: "sixth", Type: apikey.Hash}, apikey.Credential{})
		w.Wants(err, quota.ErrExceeded)
		if dbtest.Fingerprint(w, w.DB) != before {
			w.Error("something was kept of the sixth key")
		}
		w.OK(w.keys.Delete(w.Context(), w.Alice, last.ID))
		w.key(w.Alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{})
		if use := w.keysUse(w.Alice); use != 5 {
			w.Errorf("%d keys used, want 5", use)
		}
		_, err = w.keys.Create(w.Context(), workspace.Actor{Principal: w.Bob.Principal, User: "0190a0a0-0000-7000-8000-000000000000"},
			apikey.Key{Name: "nobody's", Type: apikey.Hash}, apikey.Credential{})
		w.Wants(err, apikey.ErrNotFound)
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		first, second, free := w.Offering("first", false), w.Offering("second", false), w.Offering("free", true)
		p := w.Permit(w.Alice, w.Now().Add(time.Hour), first)
		k := w.key(w.Alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{})
		open := func(through offering.PermissionID, offerings ...offering.ID) error {
			_, err := w.keys.Open(ctx, w.Alice, k.ID, through, offerings)
			return err
		}
		const nothing = "0190a0a0-0000-7000-8000-000000000000"
		w.Invalid(open(p.ID), "offerings")
		w.Invalid(open(p.ID, first.ID, second.ID), "offerings[1]")
		w.Invalid(open(p.ID, first.ID, first.ID), "offerings[1]")
		w.Invalid(open(p.ID, nothing), "offerings[0]")
		w.Invalid(open("", free.ID, first.ID), "offerings[1]")
		w.Invalid(open("", nothing), "offerings[0]")
		w.Wants(open(nothing, first.ID), apikey.ErrNotFound)
		w.Wants(open(w.Permit(w.Bob, time.Time{}, first).ID, first.ID), apikey.ErrNotFound)
		if list, _, err := w.keys.Accesses(ctx, w.Alice, k.ID, 0, 0); err != nil || len(list) != 0 {
			w.Errorf("accesses %v, %v; want none", list, err)
		}
		opened := w.open(w.Alice, k, p.ID, first)
		opened = append(opened, w.open(w.Alice, k, "", free)...)
		w.Taken(open(p.ID, first.ID), "offerings")
		list, n, err := w.keys.Accesses(ctx, w.Alice, k.ID, 0, 0)
		w.OK(err)
		if diff := cmp.Diff(opened, list); diff != "" || n != 2 {
			w.Errorf("%d accesses, not those that were opened:\n%s", n, diff)
		}
		if list[0].Permission.ID != p.ID || list[0].Permission.Licence != p.Licence || !list[0].Permission.End.Equal(p.End) || list[1].Permission != nil {
			w.Errorf("permissions of %+v", list)
		}
		list, n, err = w.keys.Accesses(ctx, w.Alice, k.ID, 1, 1)
		if err != nil || n != 2 || len(list) != 1 || list[0].ID != opened[1].ID {
			w.Errorf("the second of two is %+v (%d), %v", list, n, err)
		}
	})
}

// Secrets are nowhere: not in the database, sealed or not, nor in the trail.
func TestSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		secrets := []string{"masupercle-1234", "valeur-secrete-1", "motdepasse-1234"}
		w.key(w.Alice, apikey.Key{Name: "h", Type: apikey.Hash}, apikey.Credential{Hash: secrets[0]})
		w.key(w.Alice, apikey.Key{Name: "x", Type: apikey.Header}, apikey.Credential{Headers: map[string]string{"X-S": secrets[1]}})
		b := w.key(w.Alice, apikey.Key{Name: "b", Type: apikey.Basic}, apikey.Credential{Login: "cestmoi", Password: secrets[2]})
		made := w.key(w.Alice, apikey.Key{Name: "m", Type: apikey.Hash}, apikey.Credential{})
		w.OK(w.keys.Delete(w.Context(), w.Alice, made.ID))
		var dump bytes.Buffer
		dbtest.Dump(w, w.DB, &dump)
		// The digest that is shown is made of what is kept, not kept itself.
		for _, secret := range append(secrets, made.Hash, b.PasswordHash) {
			if strings.Contains(dump.String(), secret) {
				w.Errorf("the database holds %q", secret)
			}
		}
		actions := map[string]int{}
		for _, e := range w.Trail() {
			actions[e.Action]++
		}
		if actions["key.create"] != 4 || actions["key.delete"] != 1 {
			w.Errorf("the trail has %v", actions)
		}
	})
}

// Without a sealer, or with another one, nothing can be read again.
func TestSealers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite(), sealer(t, 1))
	k := w.key(w.Alice, apikey.Key{Name: "h", Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
	b := w.key(w.Alice, apikey.Key{Name: "b", Type: apikey.Basic}, apikey.Credential{Login: "cestmoi", Password: "secret"})
	for _, s := range []*apikey.Sealer{nil, sealer(t, 2)} {
		keys := apikey.New(w.DB.Keys(), w.Offerings, w.Rights, w.Quotas, w.DB.Trail(), &apikey.Options{Sealer: s})
		got, err := keys.Key(t.Context(), w.Alice, k.ID)
		if err != nil || got.Hash != "" {
			t.Errorf("hash %q, %v; want none", got.Hash, err)
		}
		got, err = keys.Key(t.Context(), w.Alice, b.ID)
		if err != nil || got.Login != "cestmoi" || got.PasswordHash != b.PasswordHash {
			t.Errorf("%+v, %v; want login and digest all the same", got, err)
		}
	}
	plain := newWorld(t, dbtest.OnSQLite(), nil)
	made := plain.key(plain.Alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{})
	if again, err := plain.keys.Key(t.Context(), plain.Alice, made.ID); err != nil || made.Hash == "" || again.Hash != "" {
		t.Errorf("%q, then %q, %v; want it once", made.Hash, again.Hash, err)
	}
}

func TestKeysWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		o, free := w.Offering("private", false), w.Offering("free", true)
		p := w.Permit(w.Alice, w.Now().Add(time.Hour), o)
		var k apikey.Key
		w.Sweep(func(ctx context.Context) (err error) {
			k, err = w.keys.Create(ctx, w.Alice, apikey.Key{Name: "x", Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
			return err
		})
		w.Sweep(func(ctx context.Context) error {
			_, err := w.keys.Update(ctx, w.Alice, k.ID, func(k *apikey.Key) error { k.Name = "y"; return nil })
			return err
		})
		var opened []apikey.Access
		w.Sweep(func(ctx context.Context) (err error) {
			opened, err = w.keys.Open(ctx, w.Alice, k.ID, p.ID, []offering.ID{o.ID})
			return err
		})
		w.open(w.Alice, k, "", free)
		w.Sweep(func(ctx context.Context) error { return w.keys.Close(ctx, w.Alice, k.ID, opened[0].ID) })
		w.open(w.Alice, k, p.ID, o)
		w.Sweep(func(ctx context.Context) error {
			_, err := w.Offerings.UpdatePermission(ctx, w.Author, w.Publisher.ID, p.ID, func(p *offering.Permission) error {
				p.End, p.Licence = w.Now().Add(2*time.Hour), "autre"
				return nil
			})
			return err
		})
		w.Sweep(func(ctx context.Context) error { return w.Offerings.Withdraw(ctx, w.Author, o.ID) })
		w.Sweep(func(ctx context.Context) error { return w.keys.Delete(ctx, w.Alice, k.ID) })
	})
}
