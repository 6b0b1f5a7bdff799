package apiv1

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

func mailRoutes() []route {
	manage := organization(workspace.UpdateOrganization)
	return where(func(l *lens) bool { return l.Mail != nil },
		get("/organizations/{organization}/mail-templates", "listMailTemplates", manage, (*lens).templates),
		get("/organizations/{organization}/mail-templates/{template}", "getMailTemplate", manage, (*lens).template),
		put("/organizations/{organization}/mail-templates/{template}", "putMailTemplate", manage, (*lens).putTemplate),
		remove("/organizations/{organization}/mail-templates/{template}", "deleteMailTemplate", manage, (*lens).deleteTemplate),
		get("/organizations/{organization}/mail-templates/{template}/preview", "previewMail", manage, (*lens).previewMail),
	)
}

// templateWire is what mails of a kind are made of in a language.
type templateWire struct {
	ID       string     `json:"id"`
	Kind     mail.Kind  `json:"kind"`
	Language string     `json:"language"`
	Subject  string     `json:"subject"`
	Text     string     `json:"text"`
	HTML     string     `json:"html"`
	Custom   bool       `json:"custom"`
	Updated  *time.Time `json:"updated,omitzero"`
	// Values are what it can name.
	Values []string `json:"values"`
}

func templateOf(t mail.Template) templateWire {
	wire := templateWire{
		ID: string(t.Kind) + "." + t.Language, Kind: t.Kind, Language: t.Language, Subject: t.Subject, Text: t.Text, HTML: t.HTML,
		Custom: t.Custom, Values: mail.Keys(t.Kind),
	}
	if !t.Updated.IsZero() {
		wire.Updated = &t.Updated
	}
	return wire
}

// letterNamed returns the organization, the kind and the language that a path
// names, as "invitation.fr". Of a kind that there is none of nobody is told more
// than who may not know.
func (c *call) letterNamed() (workspace.OrganizationID, mail.Kind, string, error) {
	id, err := c.id("organization")
	if err != nil {
		return "", "", "", err
	}
	kind, language, _ := strings.Cut(mux.Vars(c.Request)["template"], ".")
	if language == "" || !slices.Contains(mail.Kinds(), mail.Kind(kind)) {
		return "", "", "", workspace.ErrNotFound
	}
	return workspace.OrganizationID(id), mail.Kind(kind), language, nil
}

func (l *lens) templates(c *call) (reply, error) {
	id, err := c.id("organization")
	if err != nil {
		return reply{}, err
	}
	columns := []column[templateWire]{{name: "name", text: func(t templateWire) string { return string(t.Kind) + "." + t.Language }}}
	p, err := c.page(names(columns)...)
	if err != nil {
		return reply{}, err
	}
	found, err := l.Workspaces.MailTemplates(c.Context(), c.actor, workspace.OrganizationID(id))
	if err != nil {
		return reply{}, err
	}
	return cut(p, all(found, templateOf), columns, func(templateWire) int64 { return 0 })
}

// templateAt returns the template that an organization's mails of a kind are made
// of in exactly that language.
func (l *lens) templateAt(
	ctx context.Context, c *call, in workspace.OrganizationID, kind mail.Kind, language string,
) (templateWire, error) {
	found, err := l.Workspaces.MailTemplates(ctx, c.actor, in)
	if err != nil {
		return templateWire{}, err
	}
	for _, t := range found {
		if t.Kind == kind && strings.EqualFold(t.Language, language) {
			return templateOf(t), nil
		}
	}
	return templateWire{}, workspace.ErrNotFound
}

func (l *lens) template(c *call) (reply, error) {
	in, kind, language, err := c.letterNamed()
	if err != nil {
		return reply{}, err
	}
	t, err := l.templateAt(c.Context(), c, in, kind, language)
	if err != nil {
		return reply{}, err
	}
	return shown(t), nil
}

// heldTemplate changes a template, where that depends on what is there only if
// check finds it so.
func (l *lens) heldTemplate(c *call, in workspace.OrganizationID, check, change func(ctx context.Context) error) error {
	if !c.conditional() {
		return change(c.Context())
	}
	return l.Workspaces.HoldOrganization(c.Context(), c.actor, in, func(ctx context.Context) error {
		if err := check(ctx); err != nil {
			return err
		}
		return change(ctx)
	})
}

// templatePut is how mails are to read.
type templatePut struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

func (l *lens) putTemplate(c *call) (reply, error) {
	in, kind, language, err := c.letterNamed()
	if err != nil {
		return reply{}, err
	}
	var body templatePut
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	var now templateWire
	err = l.heldTemplate(c, in, func(ctx context.Context) error {
		was, err := l.templateAt(ctx, c, in, kind, language)
		if err == nil {
			return c.current(was)
		}
		return c.absentIf(err)
	}, func(ctx context.Context) error {
		put, err := l.Workspaces.PutMailTemplate(ctx, c.actor, in, mail.Template{
			Kind: kind, Language: language, Subject: body.Subject, Text: body.Text, HTML: body.HTML,
		})
		now = templateOf(put)
		return err
	})
	if err != nil {
		return reply{}, err
	}
	return shown(now), nil
}

func (l *lens) deleteTemplate(c *call) (reply, error) {
	in, kind, language, err := c.letterNamed()
	if err != nil {
		return reply{}, err
	}
	var was templateWire
	err = l.heldTemplate(c, in, func(ctx context.Context) (err error) {
		if was, err = l.templateAt(ctx, c, in, kind, language); err != nil {
			return err
		}
		return c.current(was)
	}, func(ctx context.Context) error {
		return l.Workspaces.DeleteMailTemplate(ctx, c.actor, in, kind, language)
	})
	return gone(c, was), err
}

// emailWire is a mail as somebody would receive it.
type emailWire struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Subject  string `json:"subject"`
	Text     string `json:"text"`
	HTML     string `json:"html"`
	Language string `json:"language"`
}

func (l *lens) previewMail(c *call) (reply, error) {
	in, kind, language, err := c.letterNamed()
	if err != nil {
		return reply{}, err
	}
	e, err := l.Workspaces.PreviewMail(c.Context(), c.actor, in, kind, language)
	if err != nil {
		return reply{}, err
	}
	return ok(emailWire{From: e.From, To: e.To, Subject: e.Subject, Text: e.Text, HTML: e.HTML, Language: e.Language}), nil
}
