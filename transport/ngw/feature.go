package ngw

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

const (
	pathFeatures = "/api/resource/{id:[0-9]+}/feature/"
	pathFeature  = pathFeatures + "{fid:[0-9]+}"

	// aheadOfFeatures is how much of a list is kept back before the answer
	// begins, so that an error so far is told as one.
	aheadOfFeatures = 64 << 10
)

func featureRoutes() []route {
	read, write := Policy{Who: Holder, Permission: "data.read"}, Policy{Who: Holder, Permission: "data.write"}
	const list, item = "feature_layer.feature.collection", "feature_layer.feature.item"
	return []route{
		at(get, pathFeatures, list, read, listFeatures),
		at(post, pathFeatures, list, write, createFeature),
		at(patch, pathFeatures, list, write, putFeatures),
		at(remove, pathFeatures, list, write, deleteFeatures),
		at(get, pathFeature, item, read, showFeature),
		at(put, pathFeature, item, write, updateFeature),
		at(remove, pathFeature, item, write, deleteFeature),
		at(get, "/api/resource/{id:[0-9]+}/feature_count", "feature_layer.feature.count", read, countFeatures),
		at(post, "/api/feature_layer/identify", "feature_layer.identify", Policy{Who: Public}, identify),
	}
}

// number returns a number out of the path other than a node's.
func (c *call) number(name string) (int64, error) {
	n, err := strconv.ParseInt(mux.Vars(c.Request)[name], 10, 64)
	if err != nil {
		return 0, errNoRoute
	}
	return n, nil
}

// place returns what the path names, which may be a layer: in a workspace shown
// alone, nothing else is there.
func (l *lens) place(c *call) (rbac.Node, error) {
	n, err := c.node("id")
	if err != nil {
		return 0, err
	}
	return n, l.inside(c, n)
}

// inside makes sure that something is in the workspace that is shown alone, if
// one is.
func (l *lens) inside(c *call, n rbac.Node) error {
	if c.top == rbac.Root {
		return nil
	}
	_, err := l.resource(c.Context(), c, n)
	return err
}

// layer returns the layer that the path names.
func (l *lens) layer(c *call) (feature.Layer, error) {
	n, err := l.place(c)
	if err != nil {
		return feature.Layer{}, err
	}
	return l.Features.Layer(c.Context(), c.actor, n)
}

// feature returns the layer and the number of the feature that the path names.
func (l *lens) feature(c *call) (feature.Layer, int64, error) {
	layer, err := l.layer(c)
	if err != nil {
		return feature.Layer{}, 0, err
	}
	id, err := c.number("fid")
	return layer, id, err
}

// readOptional decodes a body where there is one.
func (c *call) readOptional(into any) error {
	return transport.ReadJSONWith(c.Request, into, transport.JSONOptions{AllowUnknown: true, AllowEmpty: true})
}

// written is the answer of an action that has written it already.
func written() reply { return reply{write: func(http.ResponseWriter, *http.Request) {}} }

// started says that something of an answer was written when an error came up.
type started struct{ err error }

func (s *started) Error() string { return s.err.Error() }
func (s *started) Unwrap() error { return s.err }

// A lateWriter writes an answer of JSON whose status is told by its first byte.
type lateWriter struct {
	w     http.ResponseWriter
	begun bool
}

func (l *lateWriter) Write(b []byte) (int, error) {
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", "application/json")
		l.w.WriteHeader(http.StatusOK)
	}
	return l.w.Write(b) //nolint:wrapcheck // the caller's own
}

// stream writes a list as its items come. An error that comes up before
// anything was sent is returned; one behind that breaks the answer off, so that
// half a list is not taken for a whole one.
func (c *call) stream(each func(item func(appended func([]byte) ([]byte, error)) error) error) (reply, error) {
	late := &lateWriter{w: c.w}
	out := bufio.NewWriterSize(late, aheadOfFeatures)
	var line []byte
	separator := byte('[')
	err := each(func(appended func([]byte) ([]byte, error)) error {
		var err error
		if line, err = appended(append(line[:0], separator)); err != nil {
			return err
		}
		separator = ','
		if _, err = out.Write(line); err != nil {
			return &started{err}
		}
		return nil
	})
	if err == nil {
		if separator == '[' {
			_, _ = out.WriteString("[")
		}
		_, _ = out.WriteString("]\n")
		err = out.Flush()
	}
	if err == nil {
		return written(), nil
	}
	if late.begun {
		transport.NoteError(c.Context(), err)
		panic(http.ErrAbortHandler)
	}
	return reply{}, err
}

func listFeatures(l *lens, c *call) (reply, error) {
	layer, err := l.layer(c)
	if err != nil {
		return reply{}, err
	}
	q, err := c.selection(layer)
	if err != nil {
		return reply{}, err
	}
	d, err := c.dump(layer)
	if err != nil {
		return reply{}, err
	}
	if q.OutSRS, err = c.srs("srs"); err != nil {
		return reply{}, err
	}
	d.wants(&q.Query)
	if q.none {
		// What may be seen is to be found out all the same.
		if _, _, err := l.Features.Count(c.Context(), c.actor, layer.Node, feature.Query{}); err != nil {
			return reply{}, err
		}
		return ok([]struct{}{}), nil
	}
	return c.stream(func(item func(func([]byte) ([]byte, error)) error) error {
		return l.Features.Features(c.Context(), c.actor, layer.Node, q.Query, func(f feature.Feature) error {
			return item(func(dst []byte) ([]byte, error) { return d.append(dst, f) })
		})
	})
}

func showFeature(l *lens, c *call) (reply, error) {
	layer, id, err := l.feature(c)
	if err != nil {
		return reply{}, err
	}
	d, err := c.dump(layer)
	if err != nil {
		return reply{}, err
	}
	var q feature.Query
	if q.OutSRS, err = c.srs("srs"); err != nil {
		return reply{}, err
	}
	d.wants(&q)
	f, err := l.Features.Feature(c.Context(), c.actor, layer.Node, id, q)
	if err != nil {
		return reply{}, err
	}
	text, err := d.append(nil, f)
	if err != nil {
		return reply{}, err
	}
	return ok(jsontext.Value(text)), nil
}

// formats makes sure that what is said of a body's formats makes sense. Bodies
// are read in any of them.
func (c *call) formats() (f formats, err error) {
	if _, err := c.geojson(); err != nil {
		return formats{}, err
	}
	if _, err := c.iso(); err != nil {
		return formats{}, err
	}
	if f.null, err = c.boolean("geom_null", false); err != nil {
		return formats{}, err
	}
	f.srs, err = c.srs("srs")
	return f, err
}

func createFeature(l *lens, c *call) (reply, error) {
	layer, err := l.layer(c)
	if err != nil {
		return reply{}, err
	}
	return l.putFeature(c, layer, 0)
}

func updateFeature(l *lens, c *call) (reply, error) {
	layer, id, err := l.feature(c)
	if err != nil {
		return reply{}, err
	}
	if id == 0 {
		return reply{}, feature.ErrNotFound // and not a new one
	}
	return l.putFeature(c, layer, id)
}

// putFeature makes a feature of the body, or changes one.
func (l *lens) putFeature(c *call, layer feature.Layer, id int64) (reply, error) {
	f, err := c.formats()
	if err != nil {
		return reply{}, err
	}
	var wire featureWire
	if err := c.read(&wire); err != nil {
		return reply{}, err
	}
	draft, err := wire.draft(layer, f, "")
	if err != nil {
		return reply{}, err
	}
	draft.ID = id
	ids, err := l.put(c.Context(), c, layer.Node, draft)
	if invalid, is := errors.AsType[*workspace.InvalidError](err); is {
		return reply{}, bodyError(memberOf(layer, invalid.Field), invalid.Expected)
	}
	if err != nil {
		return reply{}, err
	}
	return ok(numberWire{ids[0]}), nil
}

// memberOf is where in a feature something is that the service calls by the name
// of a field or of what else a feature has.
func memberOf(layer feature.Layer, field string) string {
	switch {
	case slices.ContainsFunc(layer.Fields, named(field)):
		return "fields." + field
	case field == extensionDescription:
		return "extensions." + field
	}
	return field
}

// put changes one feature, of which an error speaks as of the whole body.
func (l *lens) put(ctx context.Context, c *call, n rbac.Node, d feature.Draft) ([]int64, error) {
	ids, err := l.Features.Put(ctx, c.actor, n, []feature.Draft{d})
	if batch, ok := errors.AsType[*feature.BatchError](err); ok {
		return nil, batch.Err
	}
	return ids, err
}

// A numberWire is what was made or changed, by its number.
type numberWire struct {
	ID int64 `json:"id"`
}

func deleteFeature(l *lens, c *call) (reply, error) {
	layer, id, err := l.feature(c)
	if err != nil {
		return reply{}, err
	}
	if id == 0 {
		return reply{}, feature.ErrNotFound
	}
	if _, err := l.put(c.Context(), c, layer.Node, feature.Draft{ID: id, Delete: true}); err != nil {
		return reply{}, err
	}
	return ok(numberWire{id}), nil
}

// putFeatures makes, changes and deletes features, all or none.
func putFeatures(l *lens, c *call) (reply, error) {
	layer, err := l.layer(c)
	if err != nil {
		return reply{}, err
	}
	f, err := c.formats()
	if err != nil {
		return reply{}, err
	}
	var wire []featureWire
	if err := c.read(&wire); err != nil {
		return reply{}, err
	}
	drafts := make([]feature.Draft, 0, len(wire))
	for i, w := range wire {
		at := fmt.Sprintf("%d.", i)
		switch {
		case w.ID != nil && *w.ID <= 0:
			return reply{}, bodyError(at+"id", "a number above 0, or none for a new feature")
		case w.Delete && w.ID == nil:
			return reply{}, bodyError(at+"id", "the number of what is to be deleted")
		case w.Delete:
			drafts = append(drafts, feature.Draft{ID: *w.ID, Delete: true})
			continue
		}
		d, err := w.draft(layer, f, at)
		if err != nil {
			return reply{}, err
		}
		if w.ID != nil {
			d.ID = *w.ID
		}
		drafts = append(drafts, d)
	}
	ids, err := l.Features.Put(c.Context(), c.actor, layer.Node, drafts)
	if err != nil {
		return reply{}, batched(layer, err)
	}
	answer := make([]numberWire, 0, len(ids))
	for _, id := range ids {
		answer = append(answer, numberWire{id})
	}
	return ok(answer), nil
}

// batched says of which item of a body an error speaks.
func batched(layer feature.Layer, err error) error {
	batch, ok := errors.AsType[*feature.BatchError](err)
	if !ok {
		return err
	}
	if invalid, ok := errors.AsType[*workspace.InvalidError](batch.Err); ok {
		return bodyError(fmt.Sprintf("%d.%s", batch.Index, memberOf(layer, invalid.Field)), invalid.Expected)
	}
	return err
}

// deleteFeatures deletes those that the body lists, or all where there is no
// body.
func deleteFeatures(l *lens, c *call) (reply, error) {
	n, err := l.place(c)
	if err != nil {
		return reply{}, err
	}
	var list []numberWire
	if err := c.readOptional(&list); err != nil {
		return reply{}, err
	}
	if list == nil {
		if _, err := l.Features.Clear(c.Context(), c.actor, n); err != nil {
			return reply{}, err
		}
		return ok(true), nil
	}
	drafts := make([]feature.Draft, 0, len(list))
	for i, item := range list {
		if item.ID <= 0 {
			return reply{}, bodyError(fmt.Sprintf("%d.id", i), "a number above 0")
		}
		drafts = append(drafts, feature.Draft{ID: item.ID, Delete: true})
	}
	ids, err := l.Features.Put(c.Context(), c.actor, n, drafts)
	if err != nil {
		return reply{}, batched(feature.Layer{}, err)
	}
	if ids == nil {
		ids = []int64{}
	}
	return ok(ids), nil
}

// A countWire tells how many features there are and, where something was asked
// for, how many are it.
type countWire struct {
	Total    int64  `json:"total_count"`
	Filtered *int64 `json:"filtered_count,omitempty"`
}

func countFeatures(l *lens, c *call) (reply, error) {
	layer, err := l.layer(c)
	if err != nil {
		return reply{}, err
	}
	q, err := c.selection(layer)
	if err != nil {
		return reply{}, err
	}
	q.Order, q.Offset, q.Limit = nil, 0, 0
	total, chosen, err := l.Features.Count(c.Context(), c.actor, layer.Node, q.Query)
	if err != nil {
		return reply{}, err
	}
	answer := countWire{Total: total}
	if q.filtered {
		answer.Filtered = &chosen
	}
	return ok(answer), nil
}
