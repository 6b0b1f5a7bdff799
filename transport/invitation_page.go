package transport

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// words are a page's in one language. {field} stands for the name of a field.
type words struct {
	Language string
	Title    string // of the page, before the name of the portal

	InvitesYou, For, Until, Domains             string
	Username, Email, FirstName, LastName        string
	Choose, Accept, Decline                     string
	Accepted, Declined                          string
	SignIn, Expired, Inviter, Inactive, Unknown string
	Full, Later, Taken, Malformed, Refused      string
}

// vocabulary holds the languages that pages know, the first for whom none fits.
func vocabulary() []words {
	return []words{
		{
			Language: "en", Title: "Accept the invitation to register",
			InvitesYou: "invites you to", For: "This invitation is for", Until: "It can be accepted until", Domains: "It is for addresses of",
			Username: "User name (your e-mail address if empty)", Email: "E-mail address", FirstName: "First name", LastName: "Last name",
			Choose: "Choose a password", Accept: "Accept the invitation", Decline: "Decline",
			Accepted: "You are a member now.", Declined: "You declined the invitation.",
			SignIn:  "Sign in with the account that the invitation is for, then open the link again.",
			Expired: "This invitation has expired. Ask for a new one.", Inviter: "Whoever invited you may no longer do so. Ask for a new invitation.",
			Inactive: "What you are invited to is closed at present.", Unknown: "This invitation does not exist, was used or was withdrawn.",
			Full: "There is no free place left.", Later: "Something went wrong. Try again in a moment.",
			Taken: "{field}: somebody else has it.", Malformed: "{field}: expected", Refused: "The request was refused.",
		},
		{
			Language: "fr", Title: "Accepter l'invitation à vous inscrire",
			InvitesYou: "vous invite à rejoindre", For: "Cette invitation est destinée à", Until: "Elle peut être acceptée jusqu'au", Domains: "Elle est réservée aux adresses de",
			Username: "Nom d'utilisateur (votre adresse e-mail si vide)", Email: "Adresse e-mail", FirstName: "Prénom", LastName: "Nom",
			Choose: "Choisissez un mot de passe", Accept: "Accepter l'invitation", Decline: "Refuser",
			Accepted: "Vous êtes maintenant membre.", Declined: "Vous avez refusé l'invitation.",
			SignIn:  "Connectez-vous avec le compte auquel l'invitation est destinée, puis rouvrez le lien.",
			Expired: "Cette invitation a expiré. Demandez-en une nouvelle.", Inviter: "La personne qui vous a invité ne peut plus le faire. Demandez une nouvelle invitation.",
			Inactive: "Ce à quoi vous êtes invité est actuellement fermé.", Unknown: "Cette invitation n'existe pas, a déjà servi ou a été retirée.",
			Full: "Il ne reste plus de place.", Later: "Une erreur est survenue. Réessayez dans un instant.",
			Taken: "{field} : déjà utilisé.", Malformed: "{field} : attendu", Refused: "La requête a été refusée.",
		},
		{
			Language: "es", Title: "Aceptar la invitación a registrarse",
			InvitesYou: "le invita a unirse a", For: "Esta invitación es para", Until: "Puede aceptarse hasta", Domains: "Es para direcciones de",
			Username: "Nombre de usuario (su correo electrónico si está vacío)", Email: "Correo electrónico", FirstName: "Nombre", LastName: "Apellidos",
			Choose: "Elija una contraseña", Accept: "Aceptar la invitación", Decline: "Rechazar",
			Accepted: "Ahora es miembro.", Declined: "Ha rechazado la invitación.",
			SignIn:  "Inicie sesión con la cuenta a la que va dirigida la invitación y vuelva a abrir el enlace.",
			Expired: "Esta invitación ha caducado. Pida una nueva.", Inviter: "Quien le invitó ya no puede hacerlo. Pida una nueva invitación.",
			Inactive: "Aquello a lo que se le invita está cerrado por ahora.", Unknown: "Esta invitación no existe, ya se usó o fue retirada.",
			Full: "No queda ninguna plaza libre.", Later: "Algo ha fallado. Inténtelo de nuevo dentro de un rato.",
			Taken: "{field}: ya está en uso.", Malformed: "{field}: se esperaba", Refused: "La solicitud fue rechazada.",
		},
		{
			Language: "ru", Title: "Принять приглашение зарегистрироваться",
			InvitesYou: "приглашает вас в", For: "Это приглашение для", Until: "Его можно принять до", Domains: "Оно для адресов в",
			Username: "Имя пользователя (ваш адрес, если пусто)", Email: "Адрес электронной почты", FirstName: "Имя", LastName: "Фамилия",
			Choose: "Выберите пароль", Accept: "Принять приглашение", Decline: "Отклонить",
			Accepted: "Теперь вы участник.", Declined: "Вы отклонили приглашение.",
			SignIn:  "Войдите в учётную запись, для которой это приглашение, и откройте ссылку снова.",
			Expired: "Срок приглашения истёк. Попросите новое.", Inviter: "Пригласивший вас больше не может этого делать. Попросите новое приглашение.",
			Inactive: "То, куда вас пригласили, сейчас закрыто.", Unknown: "Такого приглашения нет, оно использовано или отозвано.",
			Full: "Свободных мест не осталось.", Later: "Что-то пошло не так. Попробуйте ещё раз чуть позже.",
			Taken: "{field}: уже занято.", Malformed: "{field}: ожидается", Refused: "Запрос отклонён.",
		},
	}
}

// A view is what a page shows.
type view struct {
	Words  words
	Portal string
	Style  template.CSS
	Token  string
	Offer  workspace.Offer

	// Form shows the form, Account the part that makes an account.
	Form, Account, AskEmail, Decline bool
	Accepted, Declined               bool

	// Wrong says what went wrong, Field with what.
	Wrong, Field                         string
	Username, Email, FirstName, LastName string
}

// Invites reports whether there is an invitation to show.
func (v view) Invites() bool { return v.Token != "" && !v.Accepted }

// Deadline is when the invitation ends, as people of all languages read it.
func (v view) Deadline() string { return v.Offer.Expires.UTC().Format("2006-01-02 15:04 UTC") }

const pageStyle = `body{font:1.1rem/1.5 sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
label{display:block;margin-top:1rem}input{font:inherit;width:100%;padding:.4rem;border:1px solid #555;box-sizing:border-box}
button{font:inherit;margin:1.5rem 1rem 0 0;padding:.5rem 1rem}[role=alert]{border-left:.3rem solid #b00020;padding-left:1rem}`

const pageText = `<!DOCTYPE html>
<html lang="{{.Words.Language}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{.Words.Title}} | {{.Portal}}</title>
<style>{{.Style}}</style>
</head>
<body>
<main>
<h1>{{.Words.Title}}</h1>
{{- with .Wrong}}
<p role="alert" id="wrong">{{.}}</p>
{{- end}}
{{- if .Accepted}}
<p role="status">{{.Words.Accepted}}{{with .Offer.Workspace}} ({{.}}){{end}}</p>
{{- end}}
{{- if .Declined}}
<p role="status">{{.Words.Declined}}</p>
{{- end}}
{{- if .Invites}}
<p><strong>{{.Offer.Inviter}}</strong> {{.Words.InvitesYou}} <strong>{{.Offer.Workspace}}</strong>.</p>
{{- with .Offer.Email}}
<p>{{$.Words.For}} <strong>{{.}}</strong>.</p>
{{- end}}
{{- with .Offer.Domains}}
<p>{{$.Words.Domains}} {{range $i, $d := .}}{{if $i}}, {{end}}{{$d}}{{end}}.</p>
{{- end}}
<p>{{.Words.Until}} <time datetime="{{.Offer.Expires.Format "2006-01-02T15:04:05Z07:00"}}">{{.Deadline}}</time>.</p>
{{- if not .Form}}
<p>{{.Words.SignIn}}</p>
{{- end}}
<form method="post" action="?">
<input type="hidden" name="token" value="{{.Token}}">
<input type="hidden" name="language" value="{{.Words.Language}}">
{{- if .Form}}
{{- if .Account}}
{{- if .AskEmail}}
<label for="email">{{.Words.Email}}</label>
<input id="email" name="email" type="email" required autocomplete="email" value="{{.Email}}"{{if eq .Field "email"}} aria-invalid="true" aria-describedby="wrong"{{end}}>
{{- end}}
<label for="first_name">{{.Words.FirstName}}</label>
<input id="first_name" name="first_name" autocomplete="given-name" maxlength="99" value="{{.FirstName}}"{{if eq .Field "first_name"}} aria-invalid="true" aria-describedby="wrong"{{end}}>
<label for="last_name">{{.Words.LastName}}</label>
<input id="last_name" name="last_name" autocomplete="family-name" maxlength="99" value="{{.LastName}}"{{if eq .Field "last_name"}} aria-invalid="true" aria-describedby="wrong"{{end}}>
<label for="username">{{.Words.Username}}</label>
<input id="username" name="username" autocomplete="username" maxlength="100" value="{{.Username}}"{{if eq .Field "username"}} aria-invalid="true" aria-describedby="wrong"{{end}}>
<label for="password">{{.Words.Choose}}</label>
<input id="password" name="password" type="password" required autocomplete="new-password"{{if eq .Field "password"}} aria-invalid="true" aria-describedby="wrong"{{end}}>
{{- end}}
<button name="action" value="accept">{{.Words.Accept}}</button>
{{- end}}
{{- if .Decline}}
<button name="action" value="decline" formnovalidate>{{.Words.Decline}}</button>
{{- end}}
</form>
{{- end}}
</main>
</body>
</html>
`

// A page writes views.
type page struct {
	text   *template.Template
	portal string
	policy string
}

func newPage(text, portal string) page {
	sum := sha256.Sum256([]byte(pageStyle))
	return page{
		text:   template.Must(template.New("page").Parse(text)),
		portal: cmp.Or(portal, "Portal"),
		policy: fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			base64.StdEncoding.EncodeToString(sum[:])),
	}
}

// write answers with a view of an invitation.
func (p page) write(w http.ResponseWriter, status int, v view) {
	v.Portal, v.Style = p.portal, style()
	p.show(w, status, v.Words.Language, v)
}

func style() template.CSS { return template.CSS(pageStyle) } //nolint:gosec // ours, and constant

// show answers with a view in a language.
func (p page) show(w http.ResponseWriter, status int, language string, view any) {
	var text bytes.Buffer
	if err := p.text.Execute(&text, view); err != nil {
		panic(fmt.Errorf("transport: page: %w", err))
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", language)
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Length", strconv.Itoa(text.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes()) // whoever has gone cannot be told
}
