package feature_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func TestAttach(t *testing.T) {
	t.Parallel()
	estates(t, func(e *estate) {
		note, id := "what it is", e.send("../up/load.txt", "hello")
		given := feature.Attachment{
			ID: 99, Feature: 98, Keyname: "k", Description: &note, MediaType: "image/png", Size: 97, Image: true, Meta: json.RawMessage(`{ "a": 1 }`),
		}
		a, err := e.features.Attach(e.Context(), e.owner, e.layer, e.feature, id, given)
		e.ok(err)
		if a.Name != "load.txt" || a.Feature != e.feature || a.MediaType != "text/plain; charset=utf-8" || a.Size != 5 || a.Image ||
			a.Keyname != "k" || *a.Description != note || string(a.Meta) != `{"a":1}` {
			e.Errorf("it became %+v", a)
		}
		e.refused(upload.ErrNotFound, func() error { // it is nobody's a second time
			_, err := e.features.Attach(e.Context(), e.owner, e.layer, e.feature, id, feature.Attachment{})
			return err
		})
		b := e.attach("", "")
		if b.Name != "unnamed" || b.ID <= a.ID || string(b.Meta) != "{}" {
			e.Errorf("nothing became %+v", b)
		}
		list, err := e.features.Attachments(e.Context(), e.viewer, e.layer, e.feature)
		if err != nil || len(list) != 2 || list[0].ID != a.ID || list[1].ID != b.ID {
			e.Errorf("there are %+v, %v", list, err)
		}
		got, err := e.features.Attachment(e.Context(), e.viewer, e.layer, e.feature, a.ID)
		if err != nil || got.Name != a.Name || *got.Description != note || !got.Created.Equal(a.Created) {
			e.Errorf("it is %+v, %v", got, err)
		}
		if got := e.read(a.ID); got != "hello" {
			e.Errorf("it reads %q", got)
		}
		f, err := e.features.Feature(e.Context(), e.viewer, e.layer, e.feature, feature.Query{Attachments: true})
		if err != nil || len(f.Attachments) != 2 || f.Attachments[0].ID != a.ID {
			e.Errorf("the feature has %+v, %v", f.Attachments, err)
		}
		e.swept(1) // long after the upload would have expired
		if got := e.read(a.ID); got != "hello" {
			e.Errorf("it reads %q", got)
		}
		if n := len(e.events("attachment.create")); n != 2 {
			e.Errorf("%d events, want 2", n)
		}
	})
}

func TestAttachIsRefused(t *testing.T) {
	t.Parallel()
	estates(t, func(e *estate) {
		e.serve(&feature.Options{MaxAttachment: 5})
		other := e.points(e.home.Num)
		elsewhere := e.put(other, feature.Draft{}, feature.Draft{})[1]
		id, large := e.send("a", "hello"), e.send("a", "hello!")
		half, err := e.uploads.Begin(e.Context(), e.owner, 9, "half")
		e.ok(err)
		attach := func(who workspace.Actor, n rbac.Node, to int64, file upload.ID) func() error {
			return func() error {
				_, err := e.features.Attach(e.Context(), who, n, to, file, feature.Attachment{Keyname: "k"})
				return err
			}
		}
		guest := workspace.Actor{Principal: rbac.Guest, Address: "192.0.2.1"}
		for _, who := range []workspace.Actor{e.viewer, e.stranger, guest} {
			e.refused(rbac.ErrDenied, attach(who, e.layer, e.feature, id))
		}
		e.refused(feature.ErrNotFound, attach(e.owner, e.layer, elsewhere, id))
		e.refused(feature.ErrNotFound, attach(e.owner, e.layer, 0, id))
		e.refused(feature.ErrNoLayer, attach(e.owner, e.group, e.feature, id))
		e.refused(resource.ErrNotFound, attach(e.owner, 1<<40, e.feature, id))
		e.refused(upload.ErrNotFound, attach(e.owner, e.layer, e.feature, ""))
		e.refused(upload.ErrNotFound, attach(e.owner, e.layer, e.feature, upload.ID(strings.Repeat("0", 32))))
		e.refused(upload.ErrIncomplete, attach(e.owner, e.layer, e.feature, half.ID))
		e.refused(feature.ErrTooLarge, attach(e.owner, e.layer, e.feature, large))
		e.ok(attach(e.owner, e.layer, e.feature, id)()) // after all that it can be attached
		e.refused(workspace.ErrTaken, attach(e.owner, e.layer, e.feature, e.send("b", "b")))

		a, err := e.features.Attachments(e.Context(), e.viewer, e.layer, e.feature)
		e.ok(err)
		for _, who := range []workspace.Actor{e.stranger, guest} {
			_, err = e.features.Attachments(e.Context(), who, e.layer, e.feature)
			e.wants(err, rbac.ErrDenied)
			_, err = e.features.Attachment(e.Context(), who, e.layer, e.feature, a[0].ID)
			e.wants(err, rbac.ErrDenied)
			_, _, err = e.features.OpenAttachment(e.Context(), who, e.layer, e.feature, a[0].ID)
			e.wants(err, rbac.ErrDenied)
		}
		e.refused(rbac.ErrDenied, func() error { return e.features.Detach(e.Context(), e.viewer, e.layer, e.feature, a[0].ID) })
		e.refused(rbac.ErrDenied, func() error {
			_, err := e.features.UpdateAttachment(e.Context(), e.viewer, e.layer, e.feature, a[0].ID, "", func(a *feature.Attachment) error { return nil })
			return err
		})
		for _, c := range []struct {
			n        rbac.Node
			f        int64
			id       int64
			want     error
			wantList error
		}{
			{e.layer, e.feature, a[0].ID + 1, feature.ErrNoAttachment, nil},
			{e.layer, e.feature + 1, a[0].ID, feature.ErrNotFound, feature.ErrNotFound},
			{other, elsewhere, a[0].ID, feature.ErrNoAttachment, nil},
		} {
			_, err := e.features.Attachments(e.Context(), e.owner, c.n, c.f)
			e.wants(err, c.wantList)
			_, err = e.features.Attachment(e.Context(), e.owner, c.n, c.f, c.id)
			e.wants(err, c.want)
			_, _, err = e.features.OpenAttachment(e.Context(), e.owner, c.n, c.f, c.id)
			e.wants(err, c.want)
			e.refused(c.want, func() error { return e.features.Detach(e.Context(), e.owner, c.n, c.f, c.id) })
			e.refused(c.want, func() error {
				_, err := e.features.UpdateAttachment(e.Context(), e.owner, c.n, c.f, c.id, "", func(a *feature.Attachment) error { return nil })
				return err
			})
		}
	})
}

func TestAttachmentsChange(t *testing.T) {
	t.Parallel()
	estates(t, func(e *estate) {
		share, a := e.share(100), e.attach("a.txt", "hello")
		update := func(file upload.ID, change func(a *feature.Attachment) error) (feature.Attachment, error) {
			return e.features.UpdateAttachment(e.Context(), e.owner, e.layer, e.feature, a.ID, file, change)
		}
		note := "new"
		b, err := update("", func(a *feature.Attachment) error {
			a.Name, a.Keyname, a.Description, a.Meta = "b.txt", "k", &note, json.RawMessage(`{"b":2}`)
			a.ID, a.Feature, a.MediaType, a.Size, a.Image, a.Created = 9, 9, "x", 9, true, e.clock().AddDate(1, 0, 0)
			return nil
		})
		e.ok(err)
		want := a
		want.Name, want.Keyname, want.Description, want.Meta = "b.txt", "k", &note, json.RawMessage(`{"b":2}`)
		got, err := e.features.Attachment(e.Context(), e.viewer, e.layer, e.feature, a.ID)
		e.ok(err)
		for _, a := range []feature.Attachment{b, got} {
			if a.Name != "b.txt" || a.Keyname != "k" || *a.Description != note || string(a.Meta) != `{"b":2}` || a.ID != want.ID ||
				a.Feature != want.Feature || a.MediaType != want.MediaType || a.Size != 5 || a.Image || !a.Created.Equal(want.Created) {
				e.Errorf("it became %+v", a)
			}
		}
		before := len(e.events("attachment.update"))
		e.refused(nil, func() error { _, err := update("", func(*feature.Attachment) error { return nil }); return err })
		if n := len(e.events("attachment.update")); n != before || n != 1 {
			e.Errorf("%d events, want 1", n)
		}
		own := errors.New("of the caller")
		e.refused(own, func() error { _, err := update("", func(*feature.Attachment) error { return own }); return err })
		e.used(share, 5)

		// Another file in its place.
		c, err := update(e.send("c.bin", strings.Repeat("\x00", 99)), func(*feature.Attachment) error { return nil })
		e.ok(err)
		if c.ID != a.ID || c.Name != "b.txt" || c.Size != 99 || c.MediaType != "application/octet-stream" || len(e.read(a.ID)) != 99 {
			e.Errorf("it became %+v", c)
		}
		e.used(share, 99) // which together would be too much
		id := e.send("d", strings.Repeat("x", 101))
		e.refused(quota.ErrExceeded, func() error { _, err := update(id, func(*feature.Attachment) error { return nil }); return err })
		e.swept(1)
		e.refused(upload.ErrNotFound, func() error { _, err := update(id, func(*feature.Attachment) error { return nil }); return err })
		if len(e.read(a.ID)) != 99 {
			e.Error("it is not what it was")
		}
	})
}

func TestNamesOfAttachments(t *testing.T) {
	t.Parallel()
	e := settle(newWorld(t, dbtest.OnSQLite()))
	a, id, long := e.attach("a", "a"), e.send("b", "b"), strings.Repeat("x", 64<<10+1)
	before := dbtest.Fingerprint(e, e.db)
	bad := []string{
		"..", ".", "...", ". .", " ", "a/b", "/", "../x", `a\b`, `..\x`, "a\x00b", "a\nb", "a\r\nSet-Cookie: x", "\x7f", "a\u0085", "\xff",
		"a\u2028b", "gpj.\u202Eexe", "\u2066", strings.Repeat("ü", 256),
	}
	for field, changes := range map[string][]func(a *feature.Attachment){
		"name": {}, "keyname": {},
		"description": {func(a *feature.Attachment) { a.Description = &long }, func(a *feature.Attachment) { a.Description = new("a\x00") }},
		"meta": {
			func(a *feature.Attachment) { a.Meta = json.RawMessage(`[]`) }, func(a *feature.Attachment) { a.Meta = json.RawMessage(`null`) },
			func(a *feature.Attachment) { a.Meta = json.RawMessage(`{`) }, func(a *feature.Attachment) { a.Meta = json.RawMessage(`{}{}`) },
			func(a *feature.Attachment) { a.Meta = json.RawMessage(`{"a":"` + long + `"}`) },
		},
	} {
		for _, text := range bad {
			switch field {
			case "name":
				changes = append(changes, func(a *feature.Attachment) { a.Name = text })
			case "keyname":
				if strings.Trim(text, ". ") != "" { // nobody makes a file of it
					changes = append(changes, func(a *feature.Attachment) { a.Keyname = text })
				}
			}
		}
		for _, change := range changes {
			given := feature.Attachment{Name: "b"}
			change(&given)
			_, err := e.features.Attach(e.Context(), e.owner, e.layer, e.feature, id, given)
			e.invalid(err, field)
			_, err = e.features.UpdateAttachment(e.Context(), e.owner, e.layer, e.feature, a.ID, "", func(a *feature.Attachment) error {
				change(a)
				return nil
			})
			e.invalid(err, field)
			if t.Failed() {
				t.Fatalf("%s: %+v", field, given)
			}
		}
	}
	if dbtest.Fingerprint(e, e.db) != before {
		e.Error("something was changed")
	}
	for _, name := range []string{".htaccess", "a..b", strings.Repeat("ü", 255), "图 1.png", `"quoted"; filename=x`} {
		_, err := e.features.UpdateAttachment(e.Context(), e.owner, e.layer, e.feature, a.ID, "", func(a *feature.Attachment) error {
			a.Name = name
			return nil
		})
		e.ok(err)
	}
}

// What is attached counts in the workspace's share for annexes, and is given
// back with whatever it goes with.
func TestAttachmentsAreMetered(t *testing.T) {
	t.Parallel()
	layers := func(e *estate, nodes ...rbac.Node) error {
		_, err := e.resources.Delete(e.Context(), e.owner, resource.Deletion{Nodes: nodes})
		return err
	}
	for name, remove := range map[string]func(e *estate, a feature.Attachment) error{
		"detached": func(e *estate, a feature.Attachment) error {
			return e.features.Detach(e.Context(), e.owner, e.layer, e.feature, a.ID)
		},
		"with the feature": func(e *estate, _ feature.Attachment) error {
			_, err := e.features.Put(e.Context(), e.owner, e.layer, []feature.Draft{{ID: e.feature, Delete: true}})
			return err
		},
		"with all features": func(e *estate, _ feature.Attachment) error {
			_, err := e.features.Clear(e.Context(), e.owner, e.layer)
			return err
		},
		"with the layer":   func(e *estate, _ feature.Attachment) error { return layers(e, e.layer) },
		"with the subtree": func(e *estate, _ feature.Attachment) error { return layers(e, e.group) },
		"with the workspace": func(e *estate, _ feature.Attachment) error {
			_, err := e.workspaces.Depart(e.Context(), workspace.Command("test"), workspace.Departure{Workspace: e.home.ID}, workspace.Disposal{}, "")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			estates(t, func(e *estate) {
				share := e.share(200)
				other := e.points(e.home.Num)
				elsewhere := e.put(other, feature.Draft{}, feature.Draft{})[1]
				stays := e.attachTo(other, elsewhere, "stays", "0123456789")
				a := e.attach("a", strings.Repeat("x", 60))
				e.attach("nothing", "")
				_, _, err := e.features.Thumbnail(e.Context(), e.viewer, e.layer, e.feature, e.attach("b.png", picture(t)).ID, 8, 8, false)
				e.ok(err)
				b, err := e.features.Volume(e.Context(), e.home.ID, []rbac.Node{e.layer})
				e.ok(err)
				e.used(share, b+10)
				id := e.send("more", strings.Repeat("x", 60))
				e.refused(quota.ErrExceeded, func() error {
					_, err := e.features.Attach(e.Context(), e.owner, e.layer, e.feature, id, feature.Attachment{})
					return err
				})
				if x, ok := errors.AsType[*quota.ExceededError](func() error {
					_, err := e.features.Attach(e.Context(), e.owner, e.layer, e.feature, id, feature.Attachment{})
					return err
				}()); !ok || x.Slot != workspace.SlotAnnexes || x.Asked != 60 || x.Limit != 200 {
					e.Errorf("refused with %+v", x)
				}
				e.swept(4) // the picture and its thumbnail among them

				e.ok(remove(e, a))
				switch name {
				case "detached":
					e.used(share, b+10-60)
					e.swept(3)
				case "with the workspace":
					e.swept(0)
				default:
					e.used(share, 10)
					e.swept(1)
					_, err := e.features.Attachment(e.Context(), e.viewer, other, elsewhere, stays.ID)
					e.ok(err)
				}
			})
		})
	}
}

// A workspace without a share is not bounded, and what it attached then is not
// counted later.
func TestAttachmentsWithoutShare(t *testing.T) {
	t.Parallel()
	estates(t, func(e *estate) {
		a, b := e.attach("a", strings.Repeat("x", 200)), e.attach("b", "hello")
		share := e.share(100)
		e.used(share, 0)
		c := e.attach("c", "hello")
		e.used(share, 5)
		replaced, err := e.features.UpdateAttachment(e.Context(), e.owner, e.layer, e.feature, b.ID, e.send("d", "0123456789"),
			func(*feature.Attachment) error { return nil })
		e.ok(err)
		e.used(share, 15) // from now on it is
		for _, a := range []feature.Attachment{a, replaced, c} {
			e.ok(e.features.Detach(e.Context(), e.owner, e.layer, e.feature, a.ID))
		}
		e.used(share, 0)
		e.swept(0)
	})
}

// However many attach at once, the share is not passed.
func TestAttachAtOnce(t *testing.T) {
	t.Parallel()
	estates(t, func(e *estate) {
		share, done := e.share(25), make(chan error)
		ids := []upload.ID{}
		for range 4 {
			ids = append(ids, e.send("a", "0123456789"))
		}
		replaced := e.attach("b", "01234")
		for _, id := range ids {
			go func() {
				_, err := e.features.Attach(e.Context(), e.owner, e.layer, e.feature, id, feature.Attachment{})
				done <- err
			}()
			go func() { // for the same file, in place of another
				_, err := e.features.UpdateAttachment(e.Context(), e.owner, e.layer, e.feature, replaced.ID, id,
					func(*feature.Attachment) error { return nil })
				done <- err
			}()
		}
		for range 2 * len(ids) {
			if err := <-done; err != nil && !errors.Is(err, upload.ErrNotFound) {
				e.wants(err, quota.ErrExceeded)
			}
		}
		list, err := e.features.Attachments(e.Context(), e.owner, e.layer, e.feature)
		e.ok(err)
		size := int64(0)
		for _, a := range list {
			size += a.Size
		}
		// While one file replaces another there is room taken for both, so that all who
		// attach may find none; one of them all comes through.
		if size < 10 || size > 25 {
			e.Errorf("%d bytes are attached, of 25 that may be", size)
		}
		e.used(share, size)
		e.swept(len(list))
	})
}

func TestNothingIsKeptOfHalfAnAttachment(t *testing.T) {
	t.Parallel()
	estates(t, func(e *estate) {
		e.share(100)
		id, other := e.send("a", "hello"), e.send("b", "other")
		e.sweep(func(ctx context.Context) error {
			_, err := e.features.Attach(ctx, e.owner, e.layer, e.feature, id, feature.Attachment{})
			return err
		})
		list, err := e.features.Attachments(e.Context(), e.owner, e.layer, e.feature)
		e.ok(err)
		a := list[0].ID
		e.sweep(func(ctx context.Context) error {
			_, err := e.features.UpdateAttachment(ctx, e.owner, e.layer, e.feature, a, other, func(a *feature.Attachment) error {
				a.Name = "b"
				return nil
			})
			return err
		})
		e.sweep(func(ctx context.Context) error { return e.features.Detach(ctx, e.owner, e.layer, e.feature, a) })
		e.attach("c", "again")
		e.sweep(func(ctx context.Context) error {
			_, err := e.features.Put(ctx, e.owner, e.layer, []feature.Draft{{ID: e.feature, Delete: true}})
			return err
		})
		e.swept(0)
	})
}

// Features that are not deleted keep what is attached to them, and a feature
// that is deleted takes its own only.
func TestAttachmentsOfOtherFeatures(t *testing.T) {
	t.Parallel()
	estates(t, func(e *estate) {
		share, second := e.share(100), e.put(e.layer, feature.Draft{})[0]
		e.attach("a", "hello")
		b := e.attachTo(e.layer, second, "b", "other")
		e.put(e.layer, feature.Draft{ID: e.feature, Fields: map[string]any{"a": "changed"}})
		e.used(share, 10)
		e.put(e.layer, feature.Draft{ID: e.feature, Delete: true})
		e.used(share, 5)
		list := e.list(e.layer, feature.Query{Attachments: true})
		if len(list) != 1 || !slices.ContainsFunc(list[0].Attachments, func(a feature.Attachment) bool { return a.ID == b.ID }) {
			e.Errorf("left are %+v", list)
		}
		e.swept(1)
	})
}
