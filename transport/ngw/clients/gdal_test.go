package clients_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A gdal runs the programs of GDAL against the lens as somebody, in a folder of
// its own.
type gdal struct {
	*ngwtest.World

	folder string
	// who is "name:password", empty for a guest.
	who string
}

func newGDAL(w *ngwtest.World) gdal {
	w.Helper()
	member(w, "keeper", workspace.RoleAdministrator)
	member(w, "looker", workspace.RoleViewer)
	return gdal{World: w, folder: w.TempDir(), who: "keeper:" + password}
}

func (g gdal) as(name string) gdal {
	g.who = ""
	if name != "" {
		g.who = name + ":" + password
	}
	return g
}

// resource is how GDAL is told of one.
func (g gdal) resource(n int64) string { return fmt.Sprintf("NGW:%s/resource/%d", g.URL(), n) }

// run runs a program and returns what it wrote, of errors what it complained of.
func (g gdal) run(program string, args ...string) (out, complaints string, err error) {
	g.Helper()
	if _, err := exec.LookPath(program); err != nil {
		g.Fatalf("GDAL is not installed, run `make deps`: %v", err)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(g.Context(), program, args...)
	cmd.Dir = g.folder
	cmd.Env = append(os.Environ(), "NGW_USERPWD="+g.who, "LC_ALL=C.UTF-8")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

// must runs a program that is not to complain.
func (g gdal) must(program string, args ...string) string {
	g.Helper()
	out, complaints, err := g.run(program, args...)
	if err != nil || strings.Contains(complaints, "ERROR") || strings.Contains(out, "ERROR") {
		g.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, out, complaints)
	}
	return out
}

// refused runs a program that is to complain of what is not allowed. GDAL does
// not always end with an error then, but it always tells one.
func (g gdal) refused(word, program string, args ...string) {
	g.Helper()
	out, complaints, err := g.run(program, args...)
	if !strings.Contains(complaints, "ERROR 1: ") || !strings.Contains(complaints, word) {
		g.Errorf("%s %s as %q: %v\n%s%s", program, strings.Join(args, " "), g.who, err, out, complaints)
	}
}

// layers are what a group holds by name, as the lens tells.
func (g gdal) layers(group int64) map[string]int64 {
	g.Helper()
	var list []struct {
		Resource struct {
			ID   int64  `json:"id"`
			Name string `json:"display_name"`
		} `json:"resource"`
	}
	g.get(fmt.Sprintf("/api/resource/?parent=%d", group), &list)
	layers := map[string]int64{}
	for _, item := range list {
		layers[item.Resource.Name] = item.Resource.ID
	}
	return layers
}

func (g gdal) get(path string, into any) {
	g.Helper()
	a := g.Ask(g.Ada, http.MethodGet, path, "")
	d := json.NewDecoder(strings.NewReader(a.Text))
	d.UseNumber()
	if err := d.Decode(into); err != nil || a.Status != http.StatusOK {
		g.Fatalf("%s: %d %v %s", path, a.Status, err, a.Text)
	}
}

// A row is a feature with a field of each type that GDAL writes.
type row struct {
	x, y float64
	num  int64
	null bool // nothing but num and the place
	big  int64
	size float64
	name string
	// day, clock and moment as ISO 8601 has them.
	day, clock, moment string
}

func rows(n int) []row {
	random := rand.New(rand.NewPCG(1, 2)) // the same in each run
	list := make([]row, 0, n)
	for i := range n {
		year, month, day := 1900+i%200, i%12+1, i%28+1
		clock := fmt.Sprintf("%02d:%02d:%02d", i%24, i%60, i%59)
		date := fmt.Sprintf("%04d-%02d-%02d", year, month, day)
		list = append(list, row{
			x: float64(random.IntN(4e10)-2e10) / 1000, y: float64(random.IntN(4e10)-2e10) / 1000,
			num: int64(i - n/2), null: i%7 == 0, big: int64(random.Uint64()), size: random.NormFloat64() * 1e6,
			name: fmt.Sprintf("n%d \"quoted\", 'é' & 漢字 %%", i), day: date, clock: clock, moment: date + "T" + clock,
		})
	}
	return list
}

// write makes a file of rows that GDAL reads with their types.
func (g gdal) write(name string, list []row) {
	g.Helper()
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	g.OK(w.Write([]string{"WKT", "num", "big", "size", "name", "day", "clock", "moment"}))
	for _, r := range list {
		point := fmt.Sprintf("POINT (%s %s)", strconv.FormatFloat(r.x, 'f', -1, 64), strconv.FormatFloat(r.y, 'f', -1, 64))
		line := []string{point, strconv.FormatInt(r.num, 10), "", "", "", "", "", ""}
		if !r.null {
			line = append(line[:2], strconv.FormatInt(r.big, 10), strconv.FormatFloat(r.size, 'g', -1, 64), r.name,
				strings.ReplaceAll(r.day, "-", "/"), r.clock, strings.ReplaceAll(strings.Replace(r.moment, "T", " ", 1), "-", "/"))
		}
		g.OK(w.Write(line))
	}
	w.Flush()
	g.OK(os.WriteFile(filepath.Join(g.folder, name+".csv"), text.Bytes(), 0o600))
	types := `"WKT","Integer","Integer64","Real","String","Date","Time","DateTime"`
	g.OK(os.WriteFile(filepath.Join(g.folder, name+".csvt"), []byte(types), 0o600))
}

// values are those of a row as the lens tells them, with dates as texts.
func (r row) values() map[string]any {
	v := map[string]any{
		"num": json.Number(strconv.FormatInt(r.num, 10)), "big": nil, "size": nil, "name": "", "day": nil, "clock": nil, "moment": nil,
	}
	if !r.null {
		v["big"], v["size"], v["name"] = r.big, r.size, r.name
		v["day"], v["clock"], v["moment"] = r.day, r.clock, r.moment
	}
	return v
}

// compare compares features with rows: every value and every place, to the last
// bit.
func (g gdal) compare(how string, list []row, features []map[string]any, at func(feature map[string]any) []any, key string) {
	g.Helper()
	if len(features) != len(list) {
		g.Fatalf("%s: %d features, want %d", how, len(features), len(list))
	}
	byNum := map[string]map[string]any{}
	for _, f := range features {
		fields, _ := f[key].(map[string]any)
		byNum[fmt.Sprint(fields["num"])] = f
	}
	wrong := 0
	for _, r := range list {
		f := byNum[strconv.FormatInt(r.num, 10)]
		fields, _ := f[key].(map[string]any)
		want := r.values()
		for name := range want { // GDAL leaves out what is null
			if _, told := fields[name]; !told && fields != nil {
				fields[name] = nil
			}
		}
		for name, value := range fields {
			switch number := value.(type) {
			case json.Number:
				if _, decimal := want[name].(float64); decimal {
					fields[name], _ = number.Float64()
				} else if _, whole := want[name].(int64); whole {
					fields[name], _ = number.Int64()
				}
			case string:
				if n, err := strconv.ParseInt(number, 10, 64); err == nil && name == "big" {
					fields[name] = n
				}
			}
		}
		place := at(f)
		if !reflect.DeepEqual(fields, want) || len(place) != 2 || place[0] != r.x || place[1] != r.y {
			g.Errorf("%s: %v at %v\nwant %v at %v %v", how, fields, place, want, r.x, r.y)
			if wrong++; wrong == 3 {
				g.FailNow()
			}
		}
	}
}

// floats turns numbers of JSON into floats.
func floats(list any) []any {
	numbers, _ := list.([]any)
	made := make([]any, 0, len(numbers))
	for _, n := range numbers {
		number, _ := n.(json.Number)
		x, _ := number.Float64()
		made = append(made, x)
	}
	return made
}

// TestGDALThereAndBack copies ten thousand features into a new layer and out of
// it again, with fields of all types, and finds every value and place again.
func TestGDALThereAndBack(t *testing.T) {
	t.Parallel()
	ngwtest.Each(t, func(w *ngwtest.World) {
		g := newGDAL(w)
		list := rows(10_000)
		g.write("trees", list)
		survey := int64(w.Survey.Num)
		g.must("ogr2ogr", "-f", "NGW", "-update", g.resource(survey), "trees.csv", "-oo", "KEEP_GEOM_COLUMNS=NO",
			"-nln", "There", "-nlt", "POINT", "-a_srs", "EPSG:3857", "-doo", "BATCH_SIZE=1000")
		layer := g.layers(survey)["There"]
		if writes := count(w.Seen(), "PATCH "); writes < 10 {
			t.Errorf("written in %d requests", writes)
		}
		var kept []map[string]any
		g.get(fmt.Sprintf("/api/resource/%d/feature/?geom_format=geojson&dt_format=iso&extensions=", layer), &kept)
		g.compare("there", list, kept, func(f map[string]any) []any {
			geometry, _ := f["geom"].(map[string]any)
			return floats(geometry["coordinates"])
		}, "fields")

		w.Seen()
		g.must("ogr2ogr", "-f", "GeoJSON", "back.json", g.resource(layer), "-oo", "PAGE_SIZE=3000", "-lco", "COORDINATE_PRECISION=15")
		if pages := count(w.Seen(), "&limit=3000&"); pages != 4 {
			t.Errorf("read in %d pages", pages)
		}
		text, err := os.ReadFile(filepath.Join(g.folder, "back.json"))
		w.OK(err)
		var back struct {
			Features []map[string]any `json:"features"`
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		w.OK(d.Decode(&back))
		g.compare("back", list, back.Features, func(f map[string]any) []any {
			geometry, _ := f["geometry"].(map[string]any)
			return floats(geometry["coordinates"])
		}, "properties")
	})
}

// count counts the requests that have something in them.
func count(seen []string, part string) int {
	n := 0
	for _, s := range seen {
		if strings.Contains(s, part) {
			n++
		}
	}
	return n
}

// TestGDALFilters asks GDAL for some of the features. It asks the lens for them,
// and does not look again at what it gets (spec/ngw.md §0, row 7).
func TestGDALFilters(t *testing.T) {
	t.Parallel()
	ngwtest.Each(t, func(w *ngwtest.World) {
		g := newGDAL(w)
		list := rows(300)
		g.write("trees", list)
		survey := int64(w.Survey.Num)
		g.must("ogr2ogr", "-f", "NGW", "-update", g.resource(survey), "trees.csv", "-oo", "KEEP_GEOM_COLUMNS=NO",
			"-nln", "Trees", "-nlt", "POINT", "-a_srs", "EPSG:3857", "-doo", "BATCH_SIZE=300")
		layer := g.resource(g.layers(survey)["Trees"])
		for _, c := range []struct {
			args   []string
			asks   string
			choose func(r row) bool
		}{
			{[]string{"-where", "num > 100 AND num <= 120"}, "fld_num__gt=100&fld_num__le=120", func(r row) bool { return r.num > 100 && r.num <= 120 }},
			{[]string{"-where", "num = 7"}, "fld_num__eq=7", func(r row) bool { return r.num == 7 }},
			{[]string{"-where", "num <> 7"}, "fld_num__ne=7", func(r row) bool { return r.num != 7 }},
			{[]string{"-where", "size < -1000000.5"}, "fld_size__lt=", func(r row) bool { return !r.null && r.size < -1000000.5 }},
			{[]string{"-where", "name LIKE 'n29%'"}, "fld_name__like=n29%25", func(r row) bool { return !r.null && strings.HasPrefix(r.name, "n29") }},
			{[]string{"-where", "name ILIKE 'N29%'"}, "fld_name__ilike=N29%25", func(r row) bool { return !r.null && strings.HasPrefix(r.name, "n29") }},
			{[]string{"-where", "day >= '2050/01/01'"}, "fld_day__ge=2050%2F01%2F01", func(r row) bool { return !r.null && r.day >= "2050-01-01" }},
			{[]string{"-where", "num IN (1, 2, 300)"}, "/feature/", func(r row) bool { return r.num == 1 || r.num == 2 }},
			{[]string{"-where", "big IS NULL OR num = 3"}, "/feature/", func(r row) bool { return r.null || r.num == 3 }},
			{[]string{"-spat", "0", "0", "9000000", "9000000"}, "intersects=", func(r row) bool {
				return r.x >= 0 && r.x <= 9e6 && r.y >= 0 && r.y <= 9e6
			}},
			{[]string{"-spat", "0", "-9000000", "9000000", "9000000", "-where", "num < 0"}, "intersects=", func(r row) bool {
				return r.x >= 0 && r.x <= 9e6 && r.y >= -9e6 && r.y <= 9e6 && r.num < 0
			}},
		} {
			w.Seen()
			out := g.must("ogr2ogr", slices.Concat([]string{"-f", "CSV", "/vsistdout/", layer}, c.args)...)
			if count(w.Seen(), c.asks) == 0 {
				t.Errorf("%v: the lens was not asked", c.args)
			}
			var want []string
			for _, r := range list {
				if c.choose(r) {
					want = append(want, strconv.FormatInt(r.num, 10))
				}
			}
			lines, err := csv.NewReader(strings.NewReader(out)).ReadAll()
			w.OK(err)
			var got []string
			for _, line := range lines[1:] {
				got = append(got, line[0])
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) || len(want) == 0 || len(want) == len(list) {
				t.Errorf("%v: %v, want %v", c.args, got, want)
			}
		}
	})
}

// shapes makes a file with a layer for each type of geometry, and one feature in
// each.
func (g gdal) shapes() []string {
	g.Helper()
	geometries := []string{
		"POINT (1 2)", "LINESTRING (0 0,1 1,2.5 1.5)", "POLYGON ((0 0,10 0,10 10,0 10,0 0),(2 2,2 4,4 4,4 2,2 2))",
		"MULTIPOINT ((1 2),(3 4))", "MULTILINESTRING ((0 0,1 1),(2 2,3 3))", "MULTIPOLYGON (((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))",
		"POINT Z (1 2 3)", "LINESTRING Z (0 0 5,1 1 6.5)", "POLYGON Z ((0 0 1,1 0 2,1 1 3,0 0 1))",
		"MULTIPOINT Z ((1 2 3),(3 4 5))", "MULTILINESTRING Z ((0 0 1,1 1 2),(2 2 3,3 3 4))", "MULTIPOLYGON Z (((0 0 1,1 0 2,1 1 3,0 0 1)))",
	}
	names := strings.NewReplacer("POINT", "Point", "LINESTRING", "LineString", "POLYGON", "Polygon", "MULTI", "Multi", " Z", "25D")
	vrt := "<OGRVRTDataSource>\n"
	for i, geometry := range geometries {
		name := fmt.Sprintf("shape%d", i)
		g.OK(os.WriteFile(filepath.Join(g.folder, name+".csv"), []byte("WKT,n\n\""+geometry+"\",1\n"), 0o600))
		kind, _, _ := strings.Cut(geometry, " (")
		vrt += fmt.Sprintf(`<OGRVRTLayer name="%s"><SrcDataSource relativeToVRT="1">%s.csv</SrcDataSource><GeometryType>wkb%s</GeometryType>`+
			`<LayerSRS>EPSG:3857</LayerSRS><GeometryField encoding="WKT" field="WKT"/><Field name="n" src="n"/></OGRVRTLayer>`+"\n",
			name, name, names.Replace(kind))
	}
	g.OK(os.WriteFile(filepath.Join(g.folder, "shapes.vrt"), []byte(vrt+"</OGRVRTDataSource>\n"), 0o600))
	return geometries
}

// TestGDALTree makes, changes and deletes resources and features of all types of
// geometries.
func TestGDALTree(t *testing.T) {
	t.Parallel()
	ngwtest.Each(t, func(w *ngwtest.World) {
		g := newGDAL(w)
		survey := int64(w.Survey.Num)
		geometries := g.shapes()
		// A group of its own, and each type of geometry in a layer of its own.
		g.must("ogr2ogr", "-f", "NGW", g.resource(survey)+"/shapes", "shapes.vrt")
		group := g.resource(g.layers(survey)["shapes"])
		all := g.must("ogrinfo", "-ro", "-al", group)
		for _, geometry := range geometries {
			if !strings.Contains(all, "\n  "+geometry+"\n") {
				t.Errorf("%s is not there", geometry)
			}
		}
		list := g.must("ogrinfo", "-ro", group)
		if !strings.Contains(list, "1: shape0 (Point)") || !strings.Contains(list, "12: ") {
			t.Errorf("the group: %s", list)
		}

		g.must("ogr2ogr", "-f", "NGW", "-update", "-append", group, "shape0.csv", "-oo", "KEEP_GEOM_COLUMNS=NO", "-nln", "shape0", "-nlt", "POINT", "-a_srs", "EPSG:3857")
		wants := func(layer, words string) {
			t.Helper()
			if out := g.must("ogrinfo", "-ro", "-so", "-al", group, layer); !strings.Contains(out, words) {
				t.Errorf("%s: want %s: %s", layer, words, out)
			}
		}
		wants("shape0", "Feature Count: 2")
		g.must("ogrinfo", group, "-sql", "ALTER TABLE shape0 RENAME TO Points")
		wants("Points", "Feature Count: 2")
		g.must("ogrinfo", group, "-sql", "DELETE FROM Points")
		wants("Points", "Feature Count: 0")
		g.must("ogr2ogr", "-f", "NGW", "-update", "-overwrite", group, "shape1.csv", "-oo", "KEEP_GEOM_COLUMNS=NO", "-nln", "Points", "-nlt", "LINESTRING", "-a_srs", "EPSG:3857")
		wants("Points", "Geometry: Line String")
		g.must("ogrinfo", group, "-sql", "DROP TABLE Points")
		g.must("ogrinfo", group, "-sql", "DELLAYER:shape1")
		if out := g.must("ogrinfo", "-ro", group); strings.Contains(out, "Points") || strings.Contains(out, "shape1 ") {
			t.Errorf("still there: %s", out)
		}

		// Fields of types that GDAL does not know are texts to it.
		odd := w.Layer("Odd", "NONE", 3857, ngwtest.Column{Keyname: "yes", Type: feature.Boolean}, ngwtest.Column{Keyname: "any", Type: feature.JSON})
		w.Ask(w.Ada, http.MethodPost, fmt.Sprintf("/api/resource/%d/feature/", odd), `{"fields": {"yes": true, "any": {"a": [1]}}}`).Wants(http.StatusOK)
		if out := g.must("ogrinfo", "-ro", "-al", g.resource(int64(odd))); !strings.Contains(out, "yes (String) = ") {
			t.Errorf("odd fields: %s", out)
		}
		g.must("gdalmanage", "delete", "-f", "NGW", group)
		if _, there := g.layers(survey)["shapes"]; there {
			t.Error("the group is still there")
		}
	})
}

// TestGDALRefusals has those who may not be refused, so that they are told.
func TestGDALRefusals(t *testing.T) {
	t.Parallel()
	ngwtest.Each(t, func(w *ngwtest.World) {
		g := newGDAL(w)
		layer, _ := trees(w)
		survey, trees := g.resource(int64(w.Survey.Num)), g.resource(int64(layer))
		w.OK(os.WriteFile(filepath.Join(g.folder, "one.csv"), []byte("WKT,name\nPOINT (1 1),x\n"), 0o600))
		before := w.Ask(w.Ada, http.MethodGet, fmt.Sprintf("/api/resource/%d/feature/", layer), "").Text
		add := []string{"-f", "NGW", "-update", survey, "one.csv", "-oo", "KEEP_GEOM_COLUMNS=NO", "-nlt", "POINT", "-a_srs", "EPSG:3857", "-nln"}

		guest := g.as("")
		for _, at := range []string{survey, trees, g.resource(int64(hidden(w))), g.resource(999999), g.resource(0) + "/New"} {
			guest.refused("HTTP error code : 40", "ogrinfo", at)
		}
		guest.refused("Unable to open", "ogr2ogr", append(add, "New")...)
		guest.refused("HTTP error code : 403", "gdalmanage", "delete", "-f", "NGW", trees)
		wrong := g
		wrong.who = "keeper:wrong"
		wrong.refused("HTTP error code : 401", "ogrinfo", trees)

		viewer := g.as("looker")
		if out := viewer.must("ogrinfo", "-ro", "-al", trees); !strings.Contains(out, "cedar") {
			t.Errorf("a viewer sees %s", out)
		}
		viewer.refused("cannot be created", "ogr2ogr", append(add, "New")...)
		viewer.refused("Insufficient 'write' permission", "ogr2ogr", append(add, "Trees", "-append")...)
		viewer.refused("not permitted", "ogrinfo", survey, "-sql", "DELETE FROM Trees")
		viewer.refused("not permitted", "ogrinfo", survey, "-sql", "DROP TABLE Trees")
		viewer.refused("Insufficient 'update' permission", "ogrinfo", survey, "-sql", "ALTER TABLE Trees RENAME TO Mine")
		viewer.refused("", "gdalmanage", "delete", "-f", "NGW", trees)

		if after := w.Ask(w.Ada, http.MethodGet, fmt.Sprintf("/api/resource/%d/feature/", layer), "").Text; after != before {
			t.Errorf("something has changed: %s", after)
		}
		if layers := g.layers(int64(w.Survey.Num)); len(layers) != 1 || layers["Trees"] != int64(layer) {
			t.Errorf("something was made: %v", layers)
		}
	})
}
