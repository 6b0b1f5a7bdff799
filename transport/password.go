package transport

import (
	"errors"
	"html/template"
	"net/http"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// PasswordHandler is where people go who have forgotten their password, under
// every path. A GET shows a form: without a token, for having a link sent, and
// with one, as the link has it, for choosing a new password. Neither changes
// anything; a POST of the form does. The page needs no script and tells nobody
// where its visitor came from. A POST from another origin is refused.
//
// Asking for a link is answered alike whoever it is asked for. The handler needs
// no middleware around it.
func PasswordHandler(s *Services) http.Handler {
	h := &passwordHandler{Services: s, page: newPage(passwordText, "")}
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.refuse(w, r, ProblemOf(ErrCrossOrigin))
	}))
	return s.contain(guard.Handler(http.HandlerFunc(h.serve)), h.refuse)
}

type passwordHandler struct {
	*Services

	page page
}

func (h *passwordHandler) serve(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		h.answer(w, r, http.StatusOK, passwordView{Token: r.URL.Query().Get("token")})
	case http.MethodPost:
		h.act(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		h.refuse(w, r, ProblemOf(errMethod))
	}
}

// act sends a link, or sets the new password.
func (h *passwordHandler) act(w http.ResponseWriter, r *http.Request) {
	// The token is read from the body alone: addresses end up in logs.
	if err := r.ParseForm(); err != nil {
		refuse(w, r, h.refuse, &JSONError{Field: "form", Expected: "a form"})
		return
	}
	token := r.PostForm.Get("token")
	if token == "" {
		err := h.SignIn.RequestReset(r.Context(), r.PostForm.Get("name"), h.address(r))
		if errors.Is(err, signin.ErrThrottled) {
			refuse(w, r, h.refuse, err)
			return
		}
		if err != nil {
			NoteError(r.Context(), err)
		}
		h.answer(w, r, http.StatusAccepted, passwordView{Sent: true})
		return
	}
	err := h.SignIn.Reset(r.Context(), token, r.PostForm.Get("password"), h.address(r))
	invalid, malformed := errors.AsType[*workspace.InvalidError](err)
	switch {
	case err == nil:
		h.answer(w, r, http.StatusOK, passwordView{Done: true})
	case malformed && invalid.Field == "password":
		h.answer(w, r, http.StatusBadRequest, passwordView{Token: token, Weak: invalid.Expected})
	case malformed:
		h.answer(w, r, http.StatusBadRequest, passwordView{Ended: true})
	default:
		refuse(w, r, h.refuse, err)
	}
}

// refuse shows a problem.
func (h *passwordHandler) refuse(w http.ResponseWriter, r *http.Request, p Problem) {
	h.answer(w, r, p.Status, passwordView{Wait: p.Status == http.StatusTooManyRequests, Refused: p.Status != http.StatusTooManyRequests})
}

func (h *passwordHandler) answer(w http.ResponseWriter, r *http.Request, status int, v passwordView) {
	known := passwordVocabulary()
	languages := make([]string, 0, len(known))
	for _, words := range known {
		languages = append(languages, words.Language)
	}
	wanted := r.Header.Get("Accept-Language")
	if lang := r.PostForm.Get("language"); lang != "" {
		wanted = lang
	}
	v.Words, v.Style = known[closest(wanted, languages)], style()
	h.page.show(w, status, v.Words.Language, v)
}

// A passwordView is what the page shows.
type passwordView struct {
	Words passwordWords
	Style template.CSS
	Token string
	// Weak says what is expected of a password where the one chosen was not.
	Weak string

	Sent, Done, Ended, Wait, Refused bool
}

// Asks reports whether there is a form to show.
func (v passwordView) Asks() bool { return !v.Sent && !v.Done }

// passwordWords are the page's in one language.
type passwordWords struct {
	Language, Title, Name, Send, Choose, Set       string
	Sent, Done, Ended, Weak, Wait, Refused, ForOwn string
}

func passwordVocabulary() []passwordWords {
	return []passwordWords{
		{
			Language: "en", Title: "Choose a new password", Name: "User name or e-mail address", Send: "Send me a link",
			Choose: "New password", Set: "Set the password", ForOwn: "It is sent to the address of your account and works once.",
			Sent: "If there is such an account, a mail with a link is on its way.", Done: "The password is set. You can sign in with it now.",
			Ended: "This link has been used, has ended or is not whole. Ask for a new one.", Weak: "Choose another one: expected",
			Wait: "There were too many tries. Wait a while.", Refused: "Something went wrong. Try again in a moment.",
		},
		{
			Language: "fr", Title: "Choisir un nouveau mot de passe", Name: "Nom d'utilisateur ou adresse e-mail", Send: "Envoyer un lien",
			Choose: "Nouveau mot de passe", Set: "Enregistrer le mot de passe", ForOwn: "Il est envoyé à l'adresse de votre compte et ne sert qu'une fois.",
			Sent: "Si ce compte existe, un message avec un lien est en route.", Done: "Le mot de passe est enregistré. Vous pouvez vous connecter.",
			Ended: "Ce lien a déjà servi, a expiré ou est incomplet. Demandez-en un autre.", Weak: "Choisissez-en un autre : attendu",
			Wait: "Trop d'essais. Attendez un peu.", Refused: "Une erreur est survenue. Réessayez dans un instant.",
		},
		{
			Language: "es", Title: "Elegir una contraseña nueva", Name: "Nombre de usuario o correo electrónico", Send: "Enviarme un enlace",
			Choose: "Contraseña nueva", Set: "Guardar la contraseña", ForOwn: "Se envía a la dirección de su cuenta y sirve una sola vez.",
			Sent: "Si existe esa cuenta, un mensaje con un enlace está en camino.", Done: "La contraseña está guardada. Ya puede iniciar sesión.",
			Ended: "Este enlace ya se usó, ha caducado o no está completo. Pida otro.", Weak: "Elija otra: se esperaba",
			Wait: "Demasiados intentos. Espere un poco.", Refused: "Algo ha fallado. Inténtelo de nuevo dentro de un rato.",
		},
		{
			Language: "ru", Title: "Выбрать новый пароль", Name: "Имя пользователя или адрес электронной почты", Send: "Прислать ссылку",
			Choose: "Новый пароль", Set: "Сохранить пароль", ForOwn: "Она придёт на адрес вашей учётной записи и действует один раз.",
			Sent: "Если такая учётная запись есть, письмо со ссылкой уже в пути.", Done: "Пароль сохранён. Теперь можно войти.",
			Ended: "Ссылка уже использована, устарела или неполна. Попросите новую.", Weak: "Выберите другой: ожидается",
			Wait: "Слишком много попыток. Подождите.", Refused: "Что-то пошло не так. Попробуйте ещё раз чуть позже.",
		},
	}
}

//nolint:gosec // a page that asks for a password holds none
const passwordText = `<!DOCTYPE html>
<html lang="{{.Words.Language}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{.Words.Title}}</title>
<style>{{.Style}}</style>
</head>
<body>
<main>
<h1>{{.Words.Title}}</h1>
{{- with .Weak}}
<p role="alert" id="wrong">{{$.Words.Weak}} {{.}}</p>
{{- end}}
{{- if .Ended}}
<p role="alert">{{.Words.Ended}}</p>
{{- end}}
{{- if .Wait}}
<p role="alert">{{.Words.Wait}}</p>
{{- end}}
{{- if .Refused}}
<p role="alert">{{.Words.Refused}}</p>
{{- end}}
{{- if .Sent}}
<p role="status">{{.Words.Sent}}</p>
{{- end}}
{{- if .Done}}
<p role="status">{{.Words.Done}}</p>
{{- end}}
{{- if .Asks}}
<form method="post" action="?">
<input type="hidden" name="language" value="{{.Words.Language}}">
{{- if .Token}}
<input type="hidden" name="token" value="{{.Token}}">
<label for="password">{{.Words.Choose}}</label>
<input id="password" name="password" type="password" required autocomplete="new-password"{{if .Weak}} aria-invalid="true" aria-describedby="wrong"{{end}}>
<button>{{.Words.Set}}</button>
{{- else}}
<label for="name">{{.Words.Name}}</label>
<input id="name" name="name" required autocomplete="username">
<p>{{.Words.ForOwn}}</p>
<button>{{.Words.Send}}</button>
{{- end}}
</form>
{{- end}}
</main>
</body>
</html>
`
