package apiv1

import (
	"context"
	"errors"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func projectRoutes() []route {
	return databasesOnly(
		saga(post("/projects", "createProject", platform(workspace.ManageWorkspaces), (*lens).createProject)),
	)
}

// projectWire is what a workspace is where it is about a building.
type projectWire struct {
	Number      string         `json:"number"`
	Constructor string         `json:"constructor"`
	Type        *int64         `json:"type"`
	GrossArea   string         `json:"gross_area"`
	Status      string         `json:"status"`
	Database    *database.Name `json:"database"`
}

func projectOf(p workspace.Project, databases map[workspace.DatabaseID]database.Database) projectWire {
	return projectWire{
		Number: p.Number, Constructor: p.Constructor, Type: orNull(p.Type), GrossArea: p.GrossArea, Status: p.Status,
		Database: orNull(databases[p.Database].Name),
	}
}

// databasesOf returns the databases of workspaces that the caller may see.
func (l *lens) databasesOf(ctx context.Context, c *call, found []workspace.Details) (map[workspace.DatabaseID]database.Database, error) {
	var ids []workspace.DatabaseID
	for _, w := range found {
		if id := w.Project.Database; id != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 || l.Databases == nil {
		return nil, nil //nolint:nilnil // there are none
	}
	return l.Databases.Find(ctx, c.actor, ids)
}

// projectPatch is a change of a project, and what one is made of.
type projectPatch struct {
	Number      opt[string] `json:"number"`
	Constructor opt[string] `json:"constructor"`
	Type        opt[int64]  `json:"type"`
	GrossArea   opt[string] `json:"gross_area"`
	Status      opt[string] `json:"status"`
}

func (p projectPatch) apply(to *workspace.Project) {
	p.Number.set(&to.Number)
	p.Constructor.set(&to.Constructor)
	p.Type.set(&to.Type)
	p.GrossArea.set(&to.GrossArea)
	p.Status.set(&to.Status)
}

// ofProject names the fields of a project as the body does.
func ofProject(err error) error {
	bad, is := errors.AsType[*workspace.InvalidError](err)
	if !is {
		return err
	}
	switch bad.Field {
	case "number", "constructor", "gross_area", "status":
		return invalid("project."+bad.Field, bad.Expected)
	case "project_type":
		return invalid("project.type", bad.Expected)
	}
	return err
}

// projectNew is what a workspace is made of with its database.
type projectNew struct {
	workspacePatch

	New *struct {
		Name     string      `json:"name"`
		Template opt[string] `json:"template"`
	} `json:"new_database"`
	Existing opt[string] `json:"database"`
}

// projectMade is what was made.
type projectMade struct {
	Workspace workspaceWire `json:"workspace"`
	Database  *databaseWire `json:"database"`
}

func (l *lens) createProject(c *call) (reply, error) {
	var body projectNew
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if err := l.named(c, body.Organization); err != nil {
		return reply{}, err
	}
	draft, err := body.draft()
	if err != nil {
		return reply{}, err
	}
	made, d, err := l.Databases.CreateProject(c.Context(), c.actor, draft)
	if err != nil {
		if draft.New != nil {
			err = drafted("new_database.", *draft.New, err)
		}
		return reply{}, ofProject(err)
	}
	var wire projectMade
	if wire.Workspace, err = l.workspaceOf(c.Context(), c, made); err != nil {
		return reply{}, err
	}
	if d.ID != "" {
		shown, err := l.databaseOf(c.Context(), c, d)
		if err != nil {
			return reply{}, err
		}
		wire.Database = &shown
	}
	answer := created(wire, "workspaces/", string(made.ID))
	answer.tag = "" // it is not what is there
	return answer, nil
}

// draft reads what is to be made.
func (p projectNew) draft() (database.ProjectDraft, error) {
	var draft database.ProjectDraft
	p.apply(&draft.Workspace)
	if draft.Workspace.Supervisor == "" {
		return draft, invalid("supervisor", "a user")
	}
	if p.Existing.value != "" {
		if p.New != nil {
			return draft, invalid("database", "a new one or an existing one")
		}
		var err error
		draft.Existing, err = nameOf("database", p.Existing.value)
		return draft, err
	}
	if p.New == nil {
		return draft, nil
	}
	made, err := draftOf("new_database.", p.New.Name, p.New.Template.value)
	draft.New = &made
	return draft, err
}
