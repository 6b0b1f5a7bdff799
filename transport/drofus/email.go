package drofus

import (
	"errors"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

const emailRoot = "email"

// emails lists the mails that can be sent to a new project user, the source of
// mail_type (spec/drofus.md D-44).
func (l *lens) emails(c *call) (reply, error) {
	found, _, err := l.Workspaces.Notices(c.Context(), c.actor, mail.NoticeFilter{})
	if err != nil {
		return reply{}, err
	}
	owners, err := l.owningAll(c)
	if err != nil {
		return reply{}, err
	}
	list := make([]record, 0, len(found))
	for _, n := range found {
		list = append(list, emailRecord(n, owners))
	}
	page, err := l.emailsPage(c, found, owners)
	return listed("emails", list, page), err
}

// owningAll returns the owners within the caller's reach by identifier.
func (l *lens) owningAll(c *call) (map[string]workspace.Organization, error) {
	found, _, err := l.Workspaces.AdministeredOrganizations(c.Context(), c.actor, workspace.OrganizationFilter{})
	owners := map[string]workspace.Organization{}
	for _, o := range found {
		owners[string(o.ID)] = o
	}
	return owners, err
}

func emailRecord(n mail.Notice, owners map[string]workspace.Organization) record {
	owner := owners[n.Organization].Num
	return newRecord(emailRoot,
		textOrNull("body", n.Body), timeOf("created_at", n.Created), intOf("id", n.Num), textOf("name", n.Name),
		intOf("owner_id", owner).unless(owner == 0), textOrNull("subject", n.Subject), textOf("type", string(n.Occasion)),
		timeOf("updated_at", n.Updated),
	)
}

func emailPath(num int64, more ...string) string {
	return pathTo(append([]string{"emails", strconv.FormatInt(num, 10)}, more...)...)
}

func (l *lens) pathEmail(c *call) (mail.Notice, error) {
	id, err := c.number("id")
	if err != nil {
		return mail.Notice{}, err
	}
	return l.Workspaces.Notice(c.Context(), c.actor, id)
}

// pathEmailToChange is pathEmail for who may change it: others are forbidden.
func (l *lens) pathEmailToChange(c *call) (mail.Notice, error) {
	n, err := l.pathEmail(c)
	if err != nil {
		return n, err
	}
	owners, err := l.owningAll(c)
	if err != nil {
		return n, err
	}
	return n, l.mayChangeEmail(c, owners[n.Organization])
}

func (l *lens) email(c *call) (reply, error) {
	n, err := l.pathEmail(c)
	if err != nil {
		return reply{}, err
	}
	return l.emailReply(c, n, shown)
}

func (l *lens) emailReply(c *call, n mail.Notice, how func(record, view) reply) (reply, error) {
	owners, err := l.owningAll(c)
	if err != nil {
		return reply{}, err
	}
	r := emailRecord(n, owners)
	if !c.html() {
		return how(r, nil), nil
	}
	page, err := l.emailPage(c, n, owners[n.Organization], r)
	return how(r, page), err
}

// applyEmail takes over what was sent of a mail.
func applyEmail(p *params, n *mail.Notice) {
	text := func(name string, into *string) {
		if t := p.text(name); t.sent() {
			*into = t.value
		}
	}
	p.keep("name", "subject", "body", "type")
	text("name", &n.Name)
	text("subject", &n.Subject)
	text("body", &n.Body)
	if t := p.text("type"); t.here && t.value != "" {
		n.Occasion = mail.Occasion(t.value)
		if n.Occasion != mail.NewUser && n.Occasion != mail.Reminder {
			p.blame("type", saysNotIncluded)
		}
	}
}

// emailFields are what the domain's fields are called in a mail.
func emailFields() map[string]string {
	return map[string]string{"occasion": "type", "organization": "owner_id"}
}

func (l *lens) createEmail(c *call) (reply, error) {
	c.fields = emailFields()
	err := l.mayWriteEmails(c)
	if err != nil {
		return reply{}, err
	}
	if c.html() {
		if c.form, err = l.newEmailPage(c); err != nil {
			return reply{}, err
		}
	}
	in, err := c.read(emailRoot)
	if err != nil {
		return reply{}, err
	}
	in.need("name", "subject", "body")
	owner, err := l.ownerOf(c, in.params)
	if err != nil {
		return reply{}, err
	}
	n := mail.Notice{Organization: string(owner), Occasion: mail.NewUser}
	applyEmail(in.params, &n)
	if err := in.faults.err(); err != nil {
		return reply{}, err
	}
	if n, err = l.Workspaces.AddNotice(c.Context(), c.actor, n); err != nil {
		return reply{}, forbidden(c.actor, err)
	}
	return l.emailReply(c, n, func(r record, _ view) reply { return made(r, emailPath(n.Num)) })
}

func (l *lens) updateEmail(c *call) (reply, error) {
	c.fields = emailFields()
	n, err := l.pathEmailToChange(c)
	if err != nil {
		return reply{}, err
	}
	c.form = emailForm(n, nil)
	in, err := c.read(emailRoot)
	if err != nil {
		return reply{}, err
	}
	trial := n
	applyEmail(in.params, &trial)
	if err := in.faults.err(); err != nil {
		return reply{}, err
	}
	n, err = l.Workspaces.UpdateNotice(c.Context(), c.actor, n.Num, func(n *mail.Notice) error {
		applyEmail(in.params, n)
		return nil
	})
	if err != nil {
		return reply{}, builtinMail(err)
	}
	return l.emailReply(c, n, func(r record, _ view) reply { return changed(r, emailPath(n.Num)) })
}

// builtinMail says of a mail that everybody has that it stays as it is.
func builtinMail(err error) error {
	if errors.Is(err, mail.ErrBuiltin) {
		return faulty(onBase, "This mail is everybody's and does not change: make one of your own")
	}
	return err
}

func (l *lens) deleteEmail(c *call) (reply, error) {
	n, err := l.pathEmailToChange(c)
	if err != nil {
		return reply{}, err
	}
	return gone("emails"), builtinMail(l.Workspaces.DeleteNotice(c.Context(), c.actor, n.Num))
}

// previewEmail shows a mail with sample values.
func (l *lens) previewEmail(c *call) (reply, error) {
	n, err := l.pathEmail(c)
	if err != nil {
		return reply{}, err
	}
	e, err := l.Workspaces.PreviewNotice(c.Context(), c.actor, n, nil)
	if err != nil {
		return reply{}, err
	}
	r := newRecord("preview", textOf("html", e.HTML), textOf("subject", e.Subject), textOf("text", e.Text), textOf("to", e.To))
	page := &showPage{
		Title: "Preview of " + n.Name, Entries: []entry{{Label: "To", Text: e.To}, {Label: "Subject", Text: e.Subject}, {Label: "Text", Text: e.Text}},
		Back: &link{"Back to " + n.Name, emailPath(n.Num)},
	}
	return shown(r, page), nil
}
