package transport

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/text/language"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// InvitationOptions are what an [InvitationHandler] can be told; the zero value
// works.
type InvitationOptions struct {
	// Admit is asked before a token or a password is looked at, and refuses who
	// tries too often with the error that it returns. It may be nil.
	Admit func(r *http.Request) error
	// Portal is what titles end with, "Portal" when empty.
	Portal string
}

// InvitationHandler answers the links of invitations with a page for people: a
// GET shows what the invitation offers and changes nothing, a POST of its form
// accepts or declines. The page is in the invitation's language, needs no
// script, and tells nobody where its visitor came from. A POST from another
// origin is refused.
//
// Whoever has an account must be signed in, in any way that [Services] knows.
// The handler answers under every path and needs no middleware around it.
func InvitationHandler(s *Services, opts *InvitationOptions) http.Handler {
	if opts == nil {
		opts = &InvitationOptions{}
	}
	h := &invitationHandler{Services: s, admit: opts.Admit, page: newPage(pageText, opts.Portal)}
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.refuse(w, r, Problem{Status: http.StatusForbidden, Code: "cross_origin"})
	}))
	return s.Middleware(guard.Handler(http.HandlerFunc(h.serve)), h.refuse)
}

type invitationHandler struct {
	*Services

	admit func(r *http.Request) error
	page  page
}

func (h *invitationHandler) serve(w http.ResponseWriter, r *http.Request) {
	if h.admit != nil {
		if err := h.admit(r); err != nil {
			h.fail(w, r, err)
			return
		}
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		h.show(w, r)
	case http.MethodPost:
		h.act(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		h.refuse(w, r, Problem{Status: http.StatusMethodNotAllowed, Code: "method"})
	}
}

// show tells what an invitation offers.
func (h *invitationHandler) show(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	offer, err := h.Workspaces.InvitationOffer(r.Context(), Actor(r.Context()), token)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.page.write(w, http.StatusOK, h.view(r, token, offer))
}

// view is what the page shows of an offer.
func (h *invitationHandler) view(r *http.Request, token string, offer workspace.Offer) view {
	signedIn := Actor(r.Context()).User != ""
	open := offer.Kind == workspace.Open
	return view{
		Words: wordsOf(offer.Language), Token: token, Offer: offer,
		// An account is asked for in two cases that the domain knows.
		Form:     signedIn || !offer.Account && (!open || len(offer.Domains) == 0),
		Account:  !signedIn,
		AskEmail: open,
		Decline:  !open,
	}
}

// act accepts or declines an invitation.
func (h *invitationHandler) act(w http.ResponseWriter, r *http.Request) {
	// The token is read from the body alone: addresses end up in logs.
	if err := r.ParseForm(); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); !ok {
			err = &JSONError{Field: "form", Expected: "a form"}
		}
		h.fail(w, r, err)
		return
	}
	f := r.PostForm
	token, ctx, actor := f.Get("token"), r.Context(), Actor(r.Context())
	if f.Get("action") == "decline" {
		if err := h.Workspaces.DeclineInvitation(ctx, actor, token); err != nil {
			h.fail(w, r, err)
			return
		}
		h.page.write(w, http.StatusOK, view{Words: h.words(r, f), Declined: true})
		return
	}
	// It is told what went wrong in the page that it was asked from.
	offer, unknown := h.Workspaces.InvitationOffer(ctx, actor, token)
	_, err := h.Workspaces.AcceptInvitation(ctx, actor, token, workspace.Acceptance{
		Username: f.Get("username"), Email: f.Get("email"), FirstName: f.Get("first_name"), LastName: f.Get("last_name"),
		Password: f.Get("password"),
	})
	switch {
	case err == nil:
		h.page.write(w, http.StatusOK, view{Words: h.words(r, f), Accepted: true, Offer: offer})
	case unknown == nil && errors.Is(err, workspace.ErrInvalid), unknown == nil && errors.Is(err, workspace.ErrTaken):
		p := ProblemOf(err)
		v := h.view(r, token, offer)
		v.Wrong, v.Field, v.Form = v.Words.wrong(p), p.Field, true
		v.Username, v.Email, v.FirstName, v.LastName = f.Get("username"), f.Get("email"), f.Get("first_name"), f.Get("last_name")
		h.page.write(w, p.Status, v)
	default:
		h.fail(w, r, err)
	}
}

// fail answers with an error.
func (h *invitationHandler) fail(w http.ResponseWriter, r *http.Request, err error) {
	refuse(w, r, h.refuse, err)
}

// refuse shows a problem.
func (h *invitationHandler) refuse(w http.ResponseWriter, r *http.Request, p Problem) {
	if p.Status == http.StatusUnauthorized {
		// A browser would ask for a password in a window of its own.
		w.Header()["Www-Authenticate"] = nil
	}
	words := h.words(r, r.PostForm)
	h.page.write(w, p.Status, view{Words: words, Wrong: words.wrong(p)})
}

// words are those of the form that was sent, or else of whoever asks.
func (h *invitationHandler) words(r *http.Request, f url.Values) words {
	if lang := f.Get("language"); lang != "" {
		return wordsOf(lang)
	}
	return wordsOf(r.Header.Get("Accept-Language"))
}

// wordsOf returns the words of the language, of a list of them, that fits best.
func wordsOf(wanted string) words {
	known := vocabulary()
	tags := make([]string, 0, len(known))
	for _, w := range known {
		tags = append(tags, w.Language)
	}
	return known[closest(wanted, tags)]
}

// closest returns which of some languages fits a list of wanted ones best, the
// first where none does.
func closest(wanted string, known []string) int {
	tags := make([]language.Tag, 0, len(known))
	for _, k := range known {
		tags = append(tags, language.MustParse(k))
	}
	asked, _, err := language.ParseAcceptLanguage(wanted)
	if err != nil || len(asked) == 0 {
		return 0
	}
	_, i, _ := language.NewMatcher(tags).Match(asked...)
	return i
}

// wrong says what went wrong.
func (w words) wrong(p Problem) string {
	for _, known := range []struct {
		err  error
		text string
	}{
		{workspace.ErrExpired, w.Expired},
		{workspace.ErrInviter, w.Inviter},
		{workspace.ErrInactive, w.Inactive},
		{workspace.ErrSignIn, w.SignIn},
		{workspace.ErrNotFound, w.Unknown},
		{quota.ErrExceeded, w.Full},
		{rbac.ErrDenied, w.SignIn},
	} {
		if p.Err != nil && errors.Is(p.Err, known.err) {
			return known.text
		}
	}
	switch {
	case p.Status >= http.StatusInternalServerError:
		return w.Later
	case p.Field != "" && p.Status == http.StatusConflict:
		return strings.ReplaceAll(w.Taken, "{field}", w.field(p.Field))
	case p.Field != "":
		return strings.ReplaceAll(w.Malformed, "{field}", w.field(p.Field)) + " " + p.Expected
	}
	return w.Refused
}

// field is what the form calls a field.
func (w words) field(name string) string {
	switch name {
	case "username":
		return w.Username
	case "email":
		return w.Email
	case "password":
		return w.Choose
	case "first_name":
		return w.FirstName
	case "last_name":
		return w.LastName
	}
	return name
}
