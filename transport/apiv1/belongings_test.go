package apiv1_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

const password = "ox tangerine-Oboe 7 glacier"

// belongings are what somebody has of his own.
type belongings struct {
	key     accesskey.Key
	secret  string
	session signin.SessionID
	cookie  string
	upload  upload.ID // half of it is there

	preference string // its name, which nobody else's has
}

func (w *world) soon() time.Time { return time.UnixMicro(w.clock.Load()).Add(24 * time.Hour) }

func (w *world) actor(who *someone) workspace.Actor {
	return workspace.Actor{Principal: who.Num, User: who.ID, Name: who.Username, Via: "test"}
}

// pocket gives somebody a password, a session and a key.
func (w *world) pocket(who *someone) belongings {
	w.t.Helper()
	ctx, s := w.t.Context(), w.services
	w.must(w.db.Tx(ctx, func(ctx context.Context) error {
		_, err := w.db.SignIn().SetHash(ctx, who.ID, cheapHash(), time.UnixMicro(w.clock.Load()))
		return err
	}))
	session, err := s.SignIn.StartFor(ctx, who.ID, "oidc", "browser", "")
	w.must(err)
	k, secret, err := s.AccessKeys.Create(ctx, w.actor(who), accesskey.Key{Title: "mine", Expires: w.soon()})
	w.must(err)
	file, err := s.Uploads.Begin(ctx, w.actor(who), 4, "half")
	w.must(err)
	_, err = s.Uploads.Append(ctx, w.actor(who), file.ID, 0, strings.NewReader("ab"), false)
	w.must(err)
	preference := "of-" + strings.ToLower(who.Username)
	_, err = s.Workspaces.PutPreference(ctx, w.actor(who), preference, []byte("1"))
	w.must(err)
	return belongings{key: k, secret: secret, session: session.ID, cookie: session.Secret, upload: file.ID, preference: preference}
}

// cheapHash is what the service makes of the password, at a cost that thousands
// of calls can bear.
func cheapHash() string {
	salt, encode := []byte("salt of everybody"), base64.RawStdEncoding.EncodeToString
	key := argon2.IDKey([]byte(password), salt, 1, 8, 1, 32)
	return fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, encode(salt), encode(key))
}

func tokenIn(link string) string {
	_, token, _ := strings.Cut(link, "token=")
	return token
}

// furnish puts into a place what this file's operations are about.
func (m *matrix) furnish(p *place) {
	m.t.Helper()
	ctx, s := m.t.Context(), m.services
	p.things = m.pocket(p.victim)
	var link string
	var err error
	p.invitation, link, err = s.Workspaces.Invite(ctx, root(), p.ID, workspace.Invitation{
		Email: "invited-" + p.Name + "@example.org", Roles: []rbac.RoleName{workspace.RoleViewer}, Groups: []workspace.GroupID{p.group.ID},
	})
	m.must(err)
	p.personal = tokenIn(link)
	_, link, err = s.Workspaces.Invite(ctx, root(), p.ID, workspace.Invitation{Kind: workspace.Open, MaxUses: 9})
	m.must(err)
	p.open = tokenIn(link)
	p.key, _, err = s.AccessKeys.Create(ctx, root(), accesskey.Key{
		Workspace: p.ID, Title: "robot", Role: workspace.RoleViewer, Expires: m.soon(),
	})
	m.must(err)
	_, err = s.Workspaces.PutMailTemplate(ctx, root(), p.pays.ID, mail.Template{
		Kind: mail.Invitation, Language: "fr", Subject: "Bonjour", Text: "{{.link}}", HTML: `<a href="{{.link}}">ici</a>`,
	})
	m.must(err)
}

// belonging is what a part of a path names of what is in a place, or somebody's
// own.
func (h *place) belonging(route apiv1.Route, p *persona, part, which string) string {
	things := h.things
	if which == own && p.someone != nil {
		things = p.things
	}
	switch {
	case part == "invitation":
		return string(h.invitation.ID)
	case part == "template":
		return "invitation.fr"
	case part == "session":
		return string(things.session)
	case part == "preference":
		return things.preference
	case part == "upload":
		return string(things.upload)
	case strings.HasPrefix(route.Path, "/workspaces"):
		return string(h.key.ID)
	}
	return string(things.key.ID)
}
