package ngw

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// createWorkspace makes a group below the root, which is a workspace. Its
// technical name is the keyname, or made of the name, and who makes it is its
// supervisor.
func (l *lens) createWorkspace(c *call, e edit) (rbac.Node, error) {
	if len(e.meta) > 0 {
		return 0, bodyError("resmeta.items", "nothing: a workspace has no metadata")
	}
	if e.owner != nil && *e.owner != c.actor.Principal {
		return 0, bodyError("resource.owner_user", "whoever makes the workspace")
	}
	var made rbac.Node
	err := l.unit(c.Context(), func(ctx context.Context) error {
		w := workspace.Workspace{Name: *e.displayName, Supervisor: c.actor.User}
		if e.description != nil {
			w.Description = *e.description
		}
		if e.keyname != nil && *e.keyname != "" {
			w.TechnicalName = *e.keyname
		} else {
			name, err := l.technicalName(ctx, c, *e.displayName)
			if err != nil {
				return err
			}
			w.TechnicalName = name
		}
		d, err := l.Workspaces.Create(ctx, c.actor, w)
		if err != nil {
			return err
		}
		made = d.Num
		if e.rules == nil || len(*e.rules) == 0 {
			return nil
		}
		_, err = l.Resources.SetRules(ctx, c.actor, made, *e.rules)
		return err
	})
	return made, err
}

// technicalName makes a technical name that is free.
func (l *lens) technicalName(ctx context.Context, c *call, name string) (string, error) {
	base := slug(name)
	for i := range 100 {
		candidate := base
		if i > 0 {
			candidate = fmt.Sprintf("%s-%d", base[:min(len(base), 26)], i+1)
		}
		taken, err := l.technicalNameTaken(ctx, c, candidate)
		if err != nil || !taken {
			return candidate, err
		}
	}
	return "", bodyError("resource.keyname", "a technical name for the workspace: many are called like it")
}

func (l *lens) technicalNameTaken(ctx context.Context, c *call, name string) (bool, error) {
	// Who may make workspaces sees all of them. To others it makes no difference,
	// since they are refused next.
	_, n, err := l.Workspaces.Visible(ctx, c.actor, workspace.Filter{TechnicalName: name, Limit: 1})
	if absent(err) {
		return false, nil
	}
	return n > 0, err
}

// slug makes a technical name of a name: letters and digits of ASCII, others
// spelt in those where that is known, and hyphens for the rest.
func slug(name string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		text := romanized(r)
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			text = string(r)
		}
		if text == "" {
			hyphen = b.Len() > 0
			continue
		}
		if hyphen {
			b.WriteByte('-')
			hyphen = false
		}
		b.WriteString(text)
	}
	made := b.String()
	made = strings.Trim(made[:min(len(made), 30)], "-")
	if made == "" {
		return "workspace"
	}
	return made
}

// romanized spells a letter of the Russian alphabet.
func romanized(r rune) string {
	const letters = "абвгдежзиклмнопрстуфхцчшщыэюя"
	spelt := strings.Fields("a b v g d e zh z i k l m n o p r s t u f kh ts ch sh shch y e yu ya")
	for i, letter := range []rune(letters) {
		if letter == r {
			return spelt[i]
		}
	}
	return ""
}

// changeWorkspace renames a workspace, whose node is one of the resources that a
// client sees.
func (l *lens) changeWorkspace(ctx context.Context, c *call, r resource.Resource, e edit) error {
	if len(e.meta) > 0 {
		return bodyError("resmeta.items", "nothing: a workspace has no metadata")
	}
	_, err := l.Workspaces.Update(ctx, c.actor, r.Workspace, func(w *workspace.Workspace) error {
		if e.displayName != nil {
			w.Name = *e.displayName
		}
		if e.description != nil {
			w.Description = *e.description
		}
		// Clients send back the keyname that they were shown.
		if e.keyname != nil && *e.keyname != r.Keyname {
			w.TechnicalName = *e.keyname
		}
		return nil
	})
	return err
}
