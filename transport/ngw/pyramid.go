package ngw

import (
	"context"
	"regexp"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

const pyramid = "/api/component/pyramid/"

func pyramidRoutes() []route {
	public, administrator := Policy{Who: Public}, Policy{Who: PlatformAdministrator}
	return []route{
		at(get, pyramid+"pkg_version", "pyramid.pkg_version", public, (*lens).packages),
		at(get, pyramid+"route", "pyramid.route", public, (*lens).routes),
		at(get, pyramid+"ping", "pyramid.ping", public, (*lens).ping),
		at(get, pyramid+"healthcheck", "pyramid.healthcheck", public, (*lens).healthcheck),
		at(get, pyramid+"settings", "pyramid.settings", public, (*lens).settings),
		at(get, pyramid+"csettings", "pyramid.csettings", administrator, (*lens).ownSettings),
		at(put, pyramid+"csettings", "pyramid.csettings", administrator, (*lens).changeSettings),
		at(get, pyramid+"statistics", "pyramid.statistics", administrator, (*lens).statistics),
		at(get, pyramid+"storage", "pyramid.storage", administrator, (*lens).storage),
		at(get, pyramid+"storage/estimate", "pyramid.storage.estimate", administrator, (*lens).estimating),
		at(post, pyramid+"storage/estimate", "pyramid.storage.estimate", administrator, (*lens).estimate),
		at(get, pyramid+"kind_of_data", "pyramid.kind_of_data", public, (*lens).kindsOfData),

		at(get, "/api/component/spatial_ref_sys/", "spatial_ref_sys.collection", public, (*lens).systems),
		at(get, "/api/component/spatial_ref_sys/{id:[0-9]+}", "spatial_ref_sys.item", public, (*lens).system),
		at(get, "/api/resource/{id:[0-9]+}/legend_symbols", "render.legend_symbols", Policy{Who: Holder, Permission: string(resource.ReadData)}, (*lens).legend),
	}
}

// packages says which NextGIS Web this is like. GDAL compares the parts of the
// number one by one and asks for less below 3.1 (spec/ngw.md §0, row 6).
func (l *lens) packages(*call) (reply, error) {
	return ok(map[string]string{"nextgisweb": "5.5.0", "nextgisweb_qgis": "3.1.0"}), nil
}

// variable is one of a path in the table.
var variable = regexp.MustCompile(`\{([a-z_]+)(:([^{}]|\{[0-9]+\})*)?\}`)

// template returns a path with {0}, {1} for its variables, followed by their names.
func template(path string) []string {
	names := []string{""}
	names[0] = variable.ReplaceAllStringFunc(path, func(part string) string {
		names = append(names, variable.FindStringSubmatch(part)[1])
		return "{" + strconv.Itoa(len(names)-2) + "}"
	})
	return names
}

// routes is where everything is, below where the client found this.
func (l *lens) routes(*call) (reply, error) {
	all := map[string][]string{}
	for _, r := range table() {
		if _, there := all[r.Name]; r.Name != "" && !there {
			all[r.Name] = template(r.Path)
		}
	}
	return ok(all), nil
}

func (l *lens) ping(*call) (reply, error) {
	return ok(map[string]float64{
		"current": float64(l.now().UnixMicro()) / 1e6, "started": float64(l.started.UnixMicro()) / 1e6,
	}), nil
}

// healthcheck is well when rights can be looked up, which takes the database.
func (l *lens) healthcheck(c *call) (reply, error) {
	if _, err := l.Rules.Check(c.Context(), rbac.Guest, rbac.Root, workspace.Administer, rbac.Latest()); err != nil {
		return reply{}, err
	}
	return ok(map[string]any{"success": true, "component": map[string]any{}}), nil
}

// administer lets pass the platform's administrators.
func (l *lens) administer(ctx context.Context, c *call) error {
	allowed, err := false, error(nil)
	if !c.guest() {
		allowed, err = l.Rules.Check(ctx, c.actor.Principal, rbac.Root, workspace.Administer, rbac.Latest())
	}
	if err == nil && !allowed {
		f := forbidden("Membership in the group 'administrators' required!")
		f.Exception = exHTTP // as require_administrator has it, spec/ngw.md §4.1
		return f
	}
	return err
}

func (l *lens) statistics(c *call) (reply, error) {
	ctx := c.Context()
	if err := l.administer(ctx, c); err != nil {
		return reply{}, err
	}
	people, err := l.people(ctx, c)
	if err != nil {
		return reply{}, err
	}
	disabled := 0
	for _, u := range people {
		if u.Disabled {
			disabled++
		}
	}
	groups, _, err := l.Workspaces.Groups(ctx, c.actor, workspace.GroupFilter{Workspace: c.workspace.ID})
	if err != nil {
		return reply{}, err
	}
	return ok(map[string]any{
		"pyramid": map[string]any{"uptime": int64(l.now().Sub(l.started).Seconds())},
		"auth":    map[string]any{"user_count": map[string]int{"all": len(people), "disabled": disabled}, "group_count": len(groups)},
	}), nil
}

// volumeWire is how much of something there is. It is always up to date, so that
// the time of an estimate is that of asking.
type volumeWire struct {
	Estimated *string `json:"estimated"`
	Updated   *string `json:"updated"`
	Volume    int64   `json:"data_volume"`
}

// storage tells what is used of the shares of storage: they are counted as a
// whole, and not by kind of data.
func (l *lens) storage(c *call) (reply, error) {
	ctx := c.Context()
	if err := l.administer(ctx, c); err != nil {
		return reply{}, err
	}
	if l.Quotas == nil {
		return reply{}, notConfigured("Storage is not counted here.")
	}
	now := stampOf(l.now())
	total := volumeWire{Estimated: &now, Updated: &now}
	if c.workspace.ID != "" {
		shares, err := l.Workspaces.Shares(ctx, c.actor, c.workspace.ID)
		if err != nil {
			return reply{}, err
		}
		for _, s := range shares {
			if s.From.Kind == quota.Storage {
				total.Volume += s.Use
			}
		}
	} else {
		pools, _, err := l.Workspaces.Pools(ctx, c.actor, quota.PoolFilter{Kind: quota.Storage})
		if err != nil {
			return reply{}, err
		}
		for _, p := range pools {
			total.Volume += p.Use
		}
	}
	return ok(map[string]volumeWire{"": total}), nil
}

func (l *lens) estimating(c *call) (reply, error) {
	return ok(map[string]bool{"active": false}), l.administer(c.Context(), c)
}

// estimate has nothing to do: what is used is counted as it is.
func (l *lens) estimate(c *call) (reply, error) { return empty(), l.administer(c.Context(), c) }

func (l *lens) kindsOfData(*call) (reply, error) {
	return ok(map[string]string{
		"vector_layer": "Vector layer features", "raster_layer": "Raster layer images", "feature_attachment": "Feature attachments",
	}), nil
}

// systemWire is a spatial reference system.
type systemWire struct {
	ID          int64  `json:"id"`
	DisplayName string `json:"display_name"`
	AuthName    string `json:"auth_name"`
	AuthID      int64  `json:"auth_srid"`
	WKT         string `json:"wkt"`
	Proj4       string `json:"proj4"`
	Geographic  bool   `json:"geographic"`
	Disabled    bool   `json:"disabled"`
	Standard    bool   `json:"standard"`
	Protected   bool   `json:"protected"`
}

const (
	wgs84 = `GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],` +
		`AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],` +
		`UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]`
	mercatorProj = "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +wktext +no_defs"
	mercator     = `PROJCS["WGS 84 / Pseudo-Mercator",` + wgs84 + `,PROJECTION["Mercator_1SP"],PARAMETER["central_meridian",0],` +
		`PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0],` +
		`UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["X",EAST],AXIS["Y",NORTH],EXTENSION["PROJ4","` + mercatorProj +
		`"],AUTHORITY["EPSG","3857"]]`
)

// spatial lists the systems that geometries can be kept in.
func spatial() []systemWire {
	return []systemWire{
		{
			ID: 3857, DisplayName: "WGS 84 / Pseudo-Mercator (EPSG:3857)", AuthName: "EPSG", AuthID: 3857, WKT: mercator,
			Proj4: mercatorProj, Standard: true, Protected: true,
		},
		{
			ID: 4326, DisplayName: "WGS 84 / Lon-lat (EPSG:4326)", AuthName: "EPSG", AuthID: 4326, WKT: wgs84,
			Proj4: "+proj=longlat +datum=WGS84 +no_defs", Geographic: true, Standard: true, Protected: true,
		},
	}
}

func (l *lens) systems(*call) (reply, error) { return ok(spatial()), nil }

func (l *lens) system(c *call) (reply, error) {
	n, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	for _, s := range spatial() {
		if s.ID == int64(n) {
			return ok(s), nil
		}
	}
	return reply{}, noPrincipal("SRS", n)
}

// legend answers for what nobody draws here.
func (l *lens) legend(c *call) (reply, error) {
	n, err := c.node("id")
	if err != nil {
		return reply{}, err
	}
	if l.Resources == nil {
		return reply{}, errNoRoute
	}
	if _, err := l.resource(c.Context(), c, n); err != nil {
		return reply{}, err
	}
	if err := l.Rules.Require(c.Context(), c.actor.Principal, n, resource.ReadData, rbac.Latest()); err != nil {
		return reply{}, err
	}
	return reply{}, notConfigured("Legends are not drawn on this server.")
}
