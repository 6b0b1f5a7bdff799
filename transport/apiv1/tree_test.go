package apiv1_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// grown is what lies in the tree of a workspace: a folder, and a layer with a
// feature with a picture, and a rule on the layer.
type grown struct {
	folder, layer resource.Resource
	feature       int64
	attachment    feature.Attachment
	rule          rbac.Rule
	upload        upload.ID // a whole file that nothing has taken
}

// named is what a part of a path names.
func (g grown) named(part string, missing bool) string {
	n := map[string]int64{"resource": int64(g.layer.Num), "feature": g.feature, "attachment": g.attachment.ID}[part]
	if missing {
		n = 999999
	}
	return strconv.FormatInt(n, 10)
}

// grow plants a tree in a workspace, which an editor there owns.
func (w *world) grow(in workspace.Details, editor *someone) grown {
	w.t.Helper()
	ctx, s, who := w.t.Context(), w.services, w.actor(editor)
	var g grown
	var err error
	g.folder, err = s.Resources.Create(ctx, who, resource.Draft{Class: "resource_group", Parent: in.Num, DisplayName: "folder"})
	w.must(err)
	g.layer = w.layer(editor, in.Num, "layer")
	ids, err := s.Features.Put(ctx, who, g.layer.Num, []feature.Draft{{Fields: map[string]any{"name": "first"}}})
	w.must(err)
	g.feature = ids[0]
	g.attachment, err = s.Features.Attach(ctx, who, g.layer.Num, g.feature, w.file(editor, "picture.png", picture(3, 2)), feature.Attachment{})
	w.must(err)
	// Once drawn it is kept, and who looks at it changes nothing.
	_, _, err = s.Features.Thumbnail(ctx, who, g.layer.Num, g.feature, g.attachment.ID, 256, 256, false)
	w.must(err)
	set, err := s.Resources.SetRules(ctx, w.actor(&someone{in.SupervisedBy}), g.layer.Num, []rbac.Rule{
		{Effect: rbac.Allow, Principal: editor.Num, Scope: "data", Permission: "read", Propagate: true},
	})
	w.must(err)
	g.rule = set[0]
	g.upload = w.file(editor, "whole.txt", []byte("whole"))
	return g
}

// complete gives the feature of a tree everything that one can have. On SQLite a
// fingerprint cannot be taken of a table where a column begins with null.
func (w *world) complete(g grown, editor *someone) {
	w.t.Helper()
	point, err := geom.UnmarshalWKT("POINT(1 2)")
	w.must(err)
	_, err = w.services.Features.Put(w.t.Context(), w.actor(editor), g.layer.Num, []feature.Draft{{
		ID: g.feature, SetGeometry: true, Geometry: &point, SetDescription: true, Description: new("first"), Fields: map[string]any{
			"name": "first", "people": 1.0, "stars": 2.0, "depth": 3.5, "dug": "2020-01-01", "seen": "2020-01-01T00:00:00", "open": true, "more": "x",
		},
	}})
	w.must(err)
}

// layer makes one of points, with a field of each type that matters.
func (w *world) layer(owner *someone, in rbac.Node, name string) resource.Resource {
	w.t.Helper()
	var fields []any
	for _, f := range []string{"name STRING", "people INTEGER", "stars BIGINT", "depth REAL", "dug DATE", "seen DATETIME", "open BOOLEAN", "more JSON"} {
		keyname, kind, _ := strings.Cut(f, " ")
		fields = append(fields, map[string]any{"keyname": keyname, "datatype": kind})
	}
	r, err := w.services.Resources.Create(w.t.Context(), w.actor(owner), resource.Draft{
		Class: "vector_layer", Parent: in, DisplayName: name, Settings: resource.Settings{
			"vector_layer": {"srs": map[string]any{"id": int64(3857)}, "geometry_type": "POINT", "fields": fields},
		},
	})
	w.must(err)
	return r
}

// file uploads one.
func (w *world) file(who *someone, name string, content []byte) upload.ID {
	w.t.Helper()
	f, err := w.services.Uploads.Begin(w.t.Context(), w.actor(who), int64(len(content)), name)
	w.must(err)
	f, err = w.services.Uploads.Append(w.t.Context(), w.actor(who), f.ID, 0, bytes.NewReader(content), true)
	w.must(err)
	if !f.Complete() {
		w.t.Fatalf("%s: %d of %d bytes", name, f.Offset, f.Size)
	}
	return f.ID
}

// picture is a PNG.
func picture(width, height int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width {
		img.Set(i, 0, color.RGBA{R: 200, A: 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // nothing can be wrong with it
	}
	return b.Bytes()
}

// num is the path of a resource.
func num(n rbac.Node) string { return fmt.Sprintf("/resources/%d", n) }

// given reports whether the roles of somebody give him a permission at home,
// were that not deactivated.
func (m *matrix) given(p *persona, right rbac.Permission) bool {
	switch {
	case p.platform || p.chief || p.supervisor:
		return true
	case !p.inside:
		return false
	}
	for _, role := range m.services.Rules.Schema().Roles() {
		if (role.Name == p.role || role.Name == workspace.RoleMember) && slices.Contains(role.Permissions, right) {
			return true
		}
	}
	return false
}

// holder is expect for what lies in the tree of a workspace. Every member may
// read the node of the workspace itself.
func (m *matrix) holder(route apiv1.Route, p *persona, v [2]string, sees bool, there int) int {
	reads := m.given(p, resource.Read) || route.Operation == "createResource" && p.inside
	switch {
	case !sees || v[0] == absent || !reads:
		return http.StatusNotFound
	case p.inside && p.home.closed, !m.given(p, route.Policy.Right):
		return http.StatusForbidden
	case route.Operation == "transferResource" && p.home.closed && there == http.StatusOK:
		return http.StatusConflict // nobody can be an heir there
	}
	return there
}

// with adds to the query of a path.
func with(path, more string) string {
	if strings.Contains(path, "?") {
		return path + "&" + more
	}
	return path + "?" + more
}
