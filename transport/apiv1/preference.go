package apiv1

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func preferenceRoutes() []route {
	return []route{
		get("/me/preferences", "getMyPreferences", signedIn(), (*lens).preferences),
		put("/me/preferences/{preference}", "putMyPreference", signedIn(), (*lens).putPreference),
		remove("/me/preferences/{preference}", "deleteMyPreference", own(), (*lens).deletePreference),
	}
}

// preferenceWire is something that somebody wants kept of a page.
type preferenceWire struct {
	Name    string         `json:"name"`
	Value   jsontext.Value `json:"value"`
	Updated time.Time      `json:"updated"`
}

func preferenceOf(p workspace.Preference) preferenceWire {
	return preferenceWire{Name: p.Name, Value: jsontext.Value(p.Value), Updated: p.Updated}
}

// preferencesWire are all of somebody's, by name.
type preferencesWire struct {
	Preferences map[string]jsontext.Value `json:"preferences"`
}

func (l *lens) preferences(c *call) (reply, error) {
	found, err := l.Workspaces.Preferences(c.Context(), c.actor)
	if err != nil {
		return reply{}, err
	}
	wire := preferencesWire{Preferences: map[string]jsontext.Value{}}
	for _, p := range found {
		wire.Preferences[p.Name] = jsontext.Value(p.Value)
	}
	return shown(wire), nil
}

// preferenceName returns the name in the path, which came escaped.
func (c *call) preferenceName() (string, error) {
	name, err := url.PathUnescape(mux.Vars(c.Request)["preference"])
	if err != nil {
		return "", workspace.ErrNotFound
	}
	return name, nil
}

// preferenceNamed returns one of the caller's.
func (l *lens) preferenceNamed(ctx context.Context, c *call, name string) (preferenceWire, error) {
	found, err := l.Workspaces.Preferences(ctx, c.actor)
	if err != nil {
		return preferenceWire{}, err
	}
	for _, p := range found {
		if p.Name == name {
			return preferenceOf(p), nil
		}
	}
	return preferenceWire{}, workspace.ErrNotFound
}

// preferencePut is what is to be kept.
type preferencePut struct {
	Value jsontext.Value `json:"value"`
}

func (l *lens) putPreference(c *call) (reply, error) {
	name, err := c.preferenceName()
	if err != nil {
		return reply{}, err
	}
	var body preferencePut
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	var now workspace.Preference
	err = l.Workspaces.HoldPreferences(c.Context(), c.actor, func(ctx context.Context) error {
		was, err := l.preferenceNamed(ctx, c, name)
		if err == nil {
			err = c.current(was)
		} else {
			err = c.absentIf(err)
		}
		if err != nil {
			return err
		}
		now, err = l.Workspaces.PutPreference(ctx, c.actor, name, json.RawMessage(body.Value))
		return err
	})
	if err != nil {
		return reply{}, err
	}
	return shown(preferenceOf(now)), nil
}

func (l *lens) deletePreference(c *call) (reply, error) {
	name, err := c.preferenceName()
	if err != nil {
		return reply{}, err
	}
	var was preferenceWire
	err = l.Workspaces.HoldPreferences(c.Context(), c.actor, func(ctx context.Context) (err error) {
		if was, err = l.preferenceNamed(ctx, c, name); err != nil {
			return err
		}
		if err := c.current(was); err != nil {
			return err
		}
		return l.Workspaces.DeletePreference(ctx, c.actor, name)
	})
	return gone(c, was), err
}
