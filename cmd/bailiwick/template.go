package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type templateCommands struct {
	List    templateListCommand    `cmd:"" help:"List how the mails of an organization read."`
	Get     templateGetCommand     `cmd:"" help:"Show a template."`
	Put     templatePutCommand     `cmd:"" help:"Have mails of an organization read otherwise."`
	Delete  templateDeleteCommand  `cmd:"" help:"Have mails of an organization read as everybody's again."`
	Preview templatePreviewCommand `cmd:"" help:"Show a mail as somebody would receive it."`
}

func templateView() view[client.MailTemplate] {
	type t = client.MailTemplate
	return view[t]{
		id: func(t t) string { return t.ID },
		columns: []column[t]{
			{"TEMPLATE", func(t t) string { return t.ID }},
			{"SUBJECT", func(t t) string { return t.Subject }},
			{"OWN", func(t t) string { return yes(t.Custom) }},
			{headUpdated, func(t t) string { return shownTimeOf(t.Updated) }},
		},
		more: []column[t]{
			{"VALUES", func(t t) string { return words(t.Values) }},
			{"TEXT", func(t t) string { return t.Text }},
		},
	}
}

type templateListCommand struct {
	remoteFlags
	listFlags
	organizationArgument
}

// Run prints the templates.
func (c templateListCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialTo(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, templateView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListMailTemplatesWithResponse(ctx, id, &client.ListMailTemplatesParams{Sort: given(c.Sort), Cursor: cursor, Limit: limit}))
	})
}

// templateArgument names a template of an organization.
type templateArgument struct {
	organizationArgument

	Template string `arg:"" help:"The template: invitation.fr, reset.en."`
}

type templateGetCommand struct {
	remoteFlags
	outputFlags
	templateArgument
}

// Run prints the template.
func (c templateGetCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialTo(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.GetMailTemplateWithResponse(ctx, id, c.Template, &client.GetMailTemplateParams{}))
	if err != nil {
		return err
	}
	return show(s, c.outputFlags, templateView(), body)
}

type templatePutCommand struct {
	remoteFlags
	changeFlags
	templateArgument

	Subject string `help:"The subject."                                                required:""`
	Text    string `help:"The file with the text; - reads it from the standard input." placeholder:"FILE" required:""`
	HTML    string `help:"The file with the HTML."                                     name:"html"        placeholder:"FILE" required:""`
}

// Run keeps the template and prints it.
func (c templatePutCommand) Run(ctx context.Context, s streams) error {
	text, err := content(s, c.Text)
	if err != nil {
		return err
	}
	html, err := content(s, c.HTML)
	if err != nil {
		return err
	}
	api, id, err := c.dialTo(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.PutMailTemplateWithResponse(ctx, id, c.Template, &client.PutMailTemplateParams{DryRun: c.dry()}, client.MailTemplatePut{
		Subject: c.Subject, Text: text, HTML: html,
	}))
	if err != nil {
		return err
	}
	c.tellf(s, "kept template %s of %s", c.Template, c.Organization)
	return show(s, c.outputFlags, templateView(), body)
}

// content reads a file, or the standard input.
func content(s streams, file string) (string, error) {
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(s.in)
	} else {
		text, err = os.ReadFile(file) //nolint:gosec // the user named it
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", file, err)
	}
	return string(text), nil
}

type templateDeleteCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	templateArgument
}

// Run deletes the organization's own template.
func (c templateDeleteCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialTo(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "Delete template "+c.Template+" of "+c.Organization+"?"); err != nil {
			return err
		}
	}
	if _, err := said(api.DeleteMailTemplateWithResponse(ctx, id, c.Template, &client.DeleteMailTemplateParams{DryRun: c.dry()})); err != nil {
		return err
	}
	c.tellf(s, "deleted template %s of %s", c.Template, c.Organization)
	return nil
}

type templatePreviewCommand struct {
	remoteFlags
	outputFlags
	templateArgument
}

// Run prints the mail.
func (c templatePreviewCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialTo(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.PreviewMailWithResponse(ctx, id, c.Template, &client.PreviewMailParams{}))
	if err != nil {
		return err
	}
	type p = client.MailPreview
	return show(s, c.outputFlags, view[p]{
		id: func(p p) string { return p.Subject },
		columns: []column[p]{
			{"FROM", func(p p) string { return p.From }},
			{"TO", func(p p) string { return p.To }},
			{"LANGUAGE", func(p p) string { return p.Language }},
			{"SUBJECT", func(p p) string { return p.Subject }},
			{"TEXT", func(p p) string { return p.Text }},
		},
	}, body)
}
