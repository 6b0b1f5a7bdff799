package drofus

import (
	"slices"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// defaultYears is how far back statistics go that nobody gave a date for
// (spec/drofus.md §2.2).
const defaultYears = 5

// A period is some days, both ends included, in UTC.
type period struct{ from, to time.Time }

// period reads from_date and to_date: until today, and from five years before
// that (DA-24).
func (l *lens) period(c *call) (period, error) {
	q := queryParams(c.URL.Query())
	p := period{to: l.clock().UTC().Truncate(24 * time.Hour)}
	if to := q.day("to_date"); to.here {
		p.to = to.value
	}
	p.from = p.to.AddDate(-defaultYears, 0, 0)
	if from := q.day("from_date"); from.here {
		p.from = from.value
	}
	if p.to.Before(p.from) {
		q.blame("from_date", "is after to_date")
	}
	return p, q.faults.err()
}

func (p period) fields(more ...field) []field {
	return append(more, dateOf("from_date", p.from), dateOf("to_date", p.to))
}

func (p period) filter(projects []workspace.Details) signin.LoginFilter {
	ids := make([]workspace.ID, 0, len(projects))
	for _, w := range projects {
		ids = append(ids, w.ID)
	}
	return signin.LoginFilter{From: p.from, To: p.to, Workspaces: ids}
}

// A survey is the projects that statistics are told of.
type survey struct {
	period

	projects  []workspace.Details
	databases map[workspace.DatabaseID]database.Name
}

// survey returns all projects within the caller's reach, inactive ones included:
// people came into those as well.
func (l *lens) survey(c *call) (survey, error) {
	var s survey
	var err error
	if s.period, err = l.period(c); err != nil {
		return s, err
	}
	if s.projects, _, err = l.Workspaces.Administered(c.Context(), c.actor, workspace.Filter{}); err != nil {
		return s, err
	}
	s.databases, err = l.databaseNames(c, s.projects...)
	return s, err
}

// project returns one of a survey.
func (s survey) project(id workspace.ID) (workspace.Details, bool) {
	i := slices.IndexFunc(s.projects, func(w workspace.Details) bool { return w.ID == id })
	if i < 0 {
		return workspace.Details{}, false
	}
	return s.projects[i], true
}

// about is what statistics say of the project that they are of.
func (s survey) about(w workspace.Details, more ...field) []field {
	return s.fields(append(more,
		intOf("project_id", w.Num), textOf("project_name", w.Name), textOrNull("database_id", string(s.databases[w.Project.Database])))...)
}

// logins tells how often people came into each project, by type of client
// (spec/drofus.md D-43, DA-24).
func (l *lens) logins(c *call) (reply, error) {
	c.form = periodForm(c, "Logins", "node/logins")
	s, err := l.survey(c)
	if err != nil {
		return reply{}, err
	}
	counts, err := l.SignIn.Logins(c.Context(), c.actor, s.filter(s.projects))
	if err != nil {
		return reply{}, err
	}
	list := make([]record, 0, len(counts))
	for _, n := range counts {
		if w, ok := s.project(n.Workspace); ok {
			list = append(list, newRecord("login", s.about(w, textOf("client", n.Client), intOf("count", n.Count))...))
		}
	}
	return listed("logins", list, statisticsPage(s.period, "Logins", list)), nil
}

// uniqueUsers tells how many people came into each project.
func (l *lens) uniqueUsers(c *call) (reply, error) {
	c.form = periodForm(c, "Unique users", "node/unique_users")
	s, err := l.survey(c)
	if err != nil {
		return reply{}, err
	}
	counts, err := l.SignIn.UniqueUsers(c.Context(), c.actor, s.filter(s.projects))
	if err != nil {
		return reply{}, err
	}
	list := make([]record, 0, len(counts))
	for _, n := range counts {
		if w, ok := s.project(n.Workspace); ok {
			list = append(list, newRecord("unique_user", s.about(w, intOf("count", n.Users))...))
		}
	}
	return listed("unique_users", list, statisticsPage(s.period, "Unique users", list)), nil
}

// projectData tells what can be counted of each project: its users and the size of
// its database as they are now, and who came in the period (spec/drofus.md §2.2;
// which values there are, nothing public says).
func (l *lens) projectData(c *call) (reply, error) {
	c.form = periodForm(c, "Project data", "project_data")
	s, err := l.survey(c)
	if err != nil {
		return reply{}, err
	}
	counts, err := l.SignIn.Logins(c.Context(), c.actor, s.filter(s.projects))
	if err != nil {
		return reply{}, err
	}
	logins := map[workspace.ID]int64{}
	for _, n := range counts {
		logins[n.Workspace] += n.Count
	}
	people, err := l.SignIn.UniqueUsers(c.Context(), c.actor, s.filter(s.projects))
	if err != nil {
		return reply{}, err
	}
	unique := map[workspace.ID]int64{}
	for _, n := range people {
		unique[n.Workspace] = n.Users
	}
	users, err := l.enrolments(c, s.projects)
	if err != nil {
		return reply{}, err
	}
	members := map[workspace.ID]int{}
	for _, e := range users {
		members[e.project.ID]++
	}
	sizes, err := l.databaseSizes(c, s.projects)
	if err != nil {
		return reply{}, err
	}
	list := make([]record, 0, len(s.projects))
	for _, w := range s.projects {
		list = append(list, newRecord("project_data", s.about(w,
			boolOf("active", w.Active), decimalOf("gross_area", w.Project.GrossArea), intOf("project_users", members[w.ID]),
			intOf("logins", logins[w.ID]), intOf("unique_users", unique[w.ID]),
			intOf("database_size", sizes[w.Project.Database]).unless(w.Project.Database == ""),
		)...))
	}
	return listed("project_data", list, statisticsPage(s.period, "Project data", list)), nil
}

// databaseSizes returns the sizes of the databases of projects, in bytes.
func (l *lens) databaseSizes(c *call, projects []workspace.Details) (map[workspace.DatabaseID]int64, error) {
	sizes := map[workspace.DatabaseID]int64{}
	var ids []workspace.DatabaseID
	for _, w := range projects {
		if w.Project.Database != "" {
			ids = append(ids, w.Project.Database)
		}
	}
	if len(ids) == 0 || l.Databases == nil {
		return sizes, nil
	}
	found, err := l.Databases.Find(c.Context(), c.actor, ids)
	for id, d := range found {
		sizes[id] = d.Size
	}
	return sizes, err
}
