package entrepot

import (
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// feed is what happened, in the manner of Atom.
type feed struct {
	ID      string  `json:"id"`
	Title   string  `json:"title"`
	Updated stamp   `json:"updated"`
	Entries []entry `json:"entries"`
}

type entry struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Updated stamp  `json:"updated"`
	// Author is left out of what everybody may see.
	Author *entryAuthor `json:"author,omitzero"`
}

type entryAuthor struct {
	Name string `json:"name"`
}

// maxEntries bounds a feed; clients ask for another period to see more.
const maxEntries = 1000

// period reads which events are wanted: those of the last fifteen days unless
// the query says otherwise.
func (l *lens) period(c *call) (audit.Filter, error) {
	f := audit.Filter{Newest: true, Limit: maxEntries}
	var err error
	if f.Until, err = c.instant("before"); err != nil {
		return f, err
	}
	if f.Since, err = c.instant("after"); err != nil {
		return f, err
	}
	now := l.now()
	if f.Until.IsZero() {
		// Behind now, so that what just happened is seen.
		f.Until = now.Add(time.Second)
	}
	if f.Since.IsZero() {
		f.Since = now.AddDate(0, 0, -15)
	}
	return f, nil
}

func (l *lens) now() time.Time {
	if l.Now == nil {
		return time.Now()
	}
	return l.Now()
}

func (l *lens) membersActivity(c *call) (reply, error) {
	return l.activity(c, "Événements des membres de la communauté ", "member.")
}

func (l *lens) permissionsActivity(c *call) (reply, error) {
	return l.activity(c, "Événements des permissions de la communauté ", "permission.")
}

func (l *lens) activity(c *call, title, action string) (reply, error) {
	id, err := c.id("community")
	if err != nil {
		return reply{}, err
	}
	f, err := l.period(c)
	if err != nil {
		return reply{}, err
	}
	f.Actions = []string{action}
	in := workspace.ID(id)
	found, err := l.Workspaces.Workspace(c.Context(), c.actor, in)
	if err != nil {
		return reply{}, err
	}
	events, err := l.Workspaces.Activity(c.Context(), c.actor, in, f)
	if err != nil {
		return reply{}, err
	}
	return ok(feedOf(found.Workspace, title, f, events)), nil
}

func (l *lens) publicActivity(c *call) (reply, error) {
	f, err := l.period(c)
	if err != nil {
		return reply{}, err
	}
	found, events, err := l.Workspaces.PublicActivity(c.Context(), c.actor, mux.Vars(c.Request)["technical_name"], f)
	if err != nil {
		return reply{}, err
	}
	return ok(feedOf(found, "Événements de la communauté ", f, events)), nil
}

func feedOf(w workspace.Workspace, title string, f audit.Filter, events []audit.Event) feed {
	made := feed{
		ID: "urn:uuid:" + string(w.ID), Title: title + w.Name, Updated: stamp{f.Since}, Entries: []entry{},
	}
	for _, e := range events {
		if e.At.After(made.Updated.Time) {
			made.Updated = stamp{e.At}
		}
		shown := entry{ID: "urn:uuid:" + string(e.ID), Title: headline(e), Updated: stamp{e.At}}
		if e.Actor != "" {
			shown.Author = &entryAuthor{Name: e.Actor}
		}
		made.Entries = append(made.Entries, shown)
	}
	return made
}

// headline says in French what happened, as far as the action is known.
func headline(e audit.Event) string {
	what := map[string]string{
		"member.put":         "Membre ajouté ou droits modifiés",
		"member.enrol":       "Membre inscrit",
		"member.remove":      "Membre retiré",
		"member.leave":       "Membre parti",
		"permission.grant":   "Permission accordée",
		"permission.update":  "Permission modifiée",
		"permission.revoke":  "Permission retirée",
		"permission.decline": "Permission refusée par son bénéficiaire",
		"offering.register":  "Offre publiée",
		"offering.update":    "Offre modifiée",
		"offering.withdraw":  "Offre dépubliée",
	}[e.Action]
	if what == "" {
		what = e.Action
	}
	if name := strings.TrimSpace(e.Object.Name); name != "" {
		what += " : " + name
	}
	return what
}
