package apiv1

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

func activityRoutes() []route {
	return []route{
		get("/workspaces/{workspace}/activity", "listActivity", member(workspace.ReadActivity), (*lens).activity),
	}
}

// event is something that happened, without from where and with what, which is
// the audit's.
type event struct {
	ID     audit.EventID  `json:"id"`
	Num    int64          `json:"num"`
	At     time.Time      `json:"at"`
	Actor  string         `json:"actor"`
	Action string         `json:"action"`
	Object eventObject    `json:"object"`
	Detail jsontext.Value `json:"detail"`
}

type eventObject struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

func eventOf(e audit.Event) event {
	detail := jsontext.Value(e.Detail)
	if len(detail) == 0 {
		detail = jsontext.Value("{}")
	}
	return event{
		ID: e.ID, Num: e.Num, At: e.At, Actor: e.Actor, Action: e.Action,
		Object: eventObject{Kind: e.Object.Kind, ID: e.Object.ID, Name: e.Object.Name}, Detail: detail,
	}
}

func (l *lens) activity(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	p, err := c.page(byCreation)
	if err != nil {
		return reply{}, err
	}
	f := audit.Filter{Newest: p.order.Descending, Limit: p.more()}
	if f.After, err = p.behind(); err != nil {
		return reply{}, err
	}
	if f.Object.Kind, err = c.text("object_kind"); err != nil {
		return reply{}, err
	}
	if f.Object.ID, err = c.text("object_id"); err != nil {
		return reply{}, err
	}
	if f.Actions, err = c.some("action"); err != nil {
		return reply{}, err
	}
	if f.Since, err = c.instant("since", false); err != nil {
		return reply{}, err
	}
	if f.Until, err = c.instant("until", true); err != nil {
		return reply{}, err
	}
	found, err := l.Workspaces.Activity(c.Context(), c.actor, workspace.ID(id), f)
	if err != nil {
		return reply{}, err
	}
	shown, next := trim(p, found, func(e audit.Event) workspace.Mark { return workspace.Mark{Num: e.Num} })
	return ok(list[event]{Items: all(shown, eventOf), Next: next}), nil
}
