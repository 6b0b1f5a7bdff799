package workspace

import (
	"context"
	"errors"

	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// A Mailer writes mails and keeps how those of an organization read, named by
// its identifier, and the notices that it can choose to send; [mail.Service] does.
type Mailer interface {
	Enqueue(ctx context.Context, m mail.Message) error
	Templates(ctx context.Context, organization string) ([]mail.Template, error)
	PutTemplate(ctx context.Context, organization string, t mail.Template) (mail.Template, error)
	DeleteTemplate(ctx context.Context, organization string, k mail.Kind, language string) error
	Preview(ctx context.Context, organization string, k mail.Kind, language string) (mail.Email, error)
	Notices(ctx context.Context, f mail.NoticeFilter) ([]mail.Notice, int, error)
	AddNotice(ctx context.Context, n mail.Notice) (mail.Notice, error)
	SaveNotice(ctx context.Context, n mail.Notice) (mail.Notice, error)
	DeleteNotice(ctx context.Context, num int64) error
	PreviewNotice(ctx context.Context, n mail.Notice, data map[string]any) (mail.Email, error)
	Noticer
}

// MailTemplates lists what an organization's mails are made of, its own
// templates and those that are everybody's. It needs [UpdateOrganization].
func (s *Service) MailTemplates(ctx context.Context, actor Actor, id OrganizationID) ([]mail.Template, error) {
	if _, err := s.authorizeIn(ctx, actor, id, UpdateOrganization); err != nil {
		return nil, err
	}
	if s.mailer == nil {
		return nil, ErrNoMailer
	}
	return s.mailer.Templates(ctx, string(id))
}

// PutMailTemplate gives an organization a template of its own for a kind of mails
// in a language, and returns it. It needs [UpdateOrganization]. One that does not
// render is an InvalidError.
func (s *Service) PutMailTemplate(ctx context.Context, actor Actor, id OrganizationID, t mail.Template) (mail.Template, error) {
	var put mail.Template
	err := s.changeMails(ctx, actor, id, "organization.mail_template.put", func(ctx context.Context) (changes, error) {
		var err error
		put, err = s.mailer.PutTemplate(ctx, string(id), t)
		return changes{"kind": put.Kind, "language": put.Language, "subject": put.Subject}, err
	})
	if err != nil {
		return mail.Template{}, err
	}
	return put, nil
}

// DeleteMailTemplate takes an organization's own template away, so that its mails
// read as everybody's again. It needs [UpdateOrganization].
func (s *Service) DeleteMailTemplate(ctx context.Context, actor Actor, id OrganizationID, k mail.Kind, language string) error {
	return s.changeMails(ctx, actor, id, "organization.mail_template.delete", func(ctx context.Context) (changes, error) {
		return changes{"kind": k, "language": language}, s.mailer.DeleteTemplate(ctx, string(id), k, language)
	})
}

// PreviewMail returns a mail as a member of the organization would receive it in
// a language, with sample values. It needs [UpdateOrganization].
func (s *Service) PreviewMail(ctx context.Context, actor Actor, id OrganizationID, k mail.Kind, language string) (mail.Email, error) {
	if _, err := s.authorizeIn(ctx, actor, id, UpdateOrganization); err != nil {
		return mail.Email{}, err
	}
	if s.mailer == nil {
		return mail.Email{}, ErrNoMailer
	}
	e, err := s.mailer.Preview(ctx, string(id), k, language)
	if err != nil {
		return mail.Email{}, mailError(err)
	}
	return e, nil
}

// changeMails changes a template and records it, in one unit of work that holds
// the organization locked: how many it has is bounded.
func (s *Service) changeMails(
	ctx context.Context, actor Actor, id OrganizationID, action string, fn func(ctx context.Context) (changes, error),
) error {
	if _, err := s.authorizeIn(ctx, actor, id, UpdateOrganization); err != nil {
		return err
	}
	if s.mailer == nil {
		return ErrNoMailer
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		o, err := s.store.LockOrganization(ctx, id)
		if err != nil {
			return err
		}
		set, err := fn(ctx)
		if err != nil {
			return mailError(err)
		}
		return s.record(ctx, actor, o.event(action), set)
	})
}

// mailError tells an error of the mailer as one of this package.
func mailError(err error) error {
	if invalid, ok := errors.AsType[*mail.InvalidError](err); ok {
		return &InvalidError{Field: invalid.Field, Expected: invalid.Expected}
	}
	if errors.Is(err, mail.ErrNotFound) {
		return ErrNotFound
	}
	return err
}
