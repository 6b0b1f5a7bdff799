package workspace

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// A Noticer mails the notices that somebody chooses to send, by their number;
// [mail.Service] does.
type Noticer interface {
	// Notice returns a notice. It returns [mail.ErrNotFound].
	Notice(ctx context.Context, num int64) (mail.Notice, error)
	// EnqueueNotice puts a notice into words and queues it, in the caller's unit of
	// work. It returns [mail.ErrNotFound], and a *[mail.InvalidError] for what does
	// not render.
	EnqueueNotice(ctx context.Context, num int64, to, language string, data map[string]any) error
}

// A letter is a notice that is about to be mailed, none without a number.
type letter struct {
	num          int64
	to, language string
	data         map[string]any
}

// hostOf returns the host of an address.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// notice returns what is to be mailed to who is about to become a member, with a
// password where his account was made just now.
func (s *Service) notice(ctx context.Context, actor Actor, w Workspace, u User, made bool, num int64) (letter, error) {
	if num == 0 {
		return letter{}, nil
	}
	if s.mailer == nil {
		return letter{}, ErrNoMailer
	}
	n, err := s.mailer.Notice(ctx, num)
	if err == nil && n.Organization != "" && n.Organization != string(w.Organization) {
		err = mail.ErrNotFound // it is not theirs
	}
	if err != nil {
		return letter{}, noticeError(err)
	}
	data, err := s.told(ctx, actor, w, u, made)
	if err != nil {
		return letter{}, err
	}
	data["new_user"] = made
	if made && s.passwords != nil {
		password := rand.Text()
		if err := s.passwords.Set(ctx, u.ID, password); err != nil {
			return letter{}, err
		}
		data["pw"] = password
	}
	return letter{num: num, to: u.Email, language: u.Language, data: data}, nil
}

// told returns what a notice may tell, as spec/drofus.md §2.2 names it.
func (s *Service) told(ctx context.Context, actor Actor, w Workspace, u User, made bool) (map[string]any, error) {
	var owner Organization
	var database string
	var err error
	if w.Organization != "" {
		if owner, err = s.organization(ctx, w.Organization); err != nil {
			return nil, err
		}
	}
	if w.Project.Database != "" {
		if database, err = s.store.DatabaseName(ctx, w.Project.Database); err != nil {
			return nil, err
		}
	}
	by, err := s.inviter(ctx, actor)
	if err != nil {
		return nil, err
	}
	// His other projects: whoever reads this has them.
	others, err := s.store.Workspaces(ctx, Filter{Member: u.Num})
	if err != nil {
		return nil, err
	}
	projects := []string{w.Name}
	elsewhere, here := false, false
	for _, other := range others {
		projects = append(projects, other.Name)
		here = here || other.Organization == w.Organization
		elsewhere = elsewhere || other.Organization != w.Organization
	}
	name := cmp.Or(strings.TrimSpace(u.FirstName+" "+u.LastName), u.Username)
	person := map[string]any{"name": name, "email": u.Email, "first_name": u.FirstName, "last_name": u.LastName, "username": u.Username}
	return map[string]any{
		"project_user": map[string]any{
			"project": map[string]any{
				"name": w.Name, "description": w.Description, "owner": owner.Name,
				"database": map[string]any{"name": database, "server": s.server},
			},
			"name": name, "email": u.Email, "first_name": u.FirstName, "last_name": u.LastName, "username": u.Username,
		},
		"user": person,
		// Of firms we know none but the one that pays.
		"current_user":    map[string]any{"name": by.Name, "firm": owner.Name},
		"different_owner": !made && elsewhere && !here,
		"project_list":    projects, "server": s.server, "pw": "",
	}, nil
}

// post queues a letter, if it is one.
func (s *Service) post(ctx context.Context, l letter) error {
	if l.num == 0 {
		return nil
	}
	return noticeError(s.mailer.EnqueueNotice(ctx, l.num, l.to, l.language, l.data))
}

// noticeError tells an error of the noticer as one of this package.
func noticeError(err error) error {
	if invalid, ok := errors.AsType[*mail.InvalidError](err); ok {
		return &InvalidError{Field: "mail_type", Expected: "a notice that renders: " + invalid.Field + ": " + invalid.Expected}
	}
	if errors.Is(err, mail.ErrNotFound) {
		return &InvalidError{Field: "mail_type", Expected: "the number of a notice of the organization's or everybody's"}
	}
	return err
}
