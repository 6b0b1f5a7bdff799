package drofus

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// What can be wrong with a value, in the words of Rails. Clients compare them.
const (
	saysBlank       = "can't be blank"
	saysNotNumber   = "is not a number"
	saysNotInteger  = "must be an integer"
	saysNotIncluded = "is not included in the list"
	saysTaken       = "has already been taken"
	saysInvalid     = "is invalid"
)

func saysTooLong(limit int) string {
	return fmt.Sprintf("is too long (maximum is %d characters)", limit)
}

// onBase is the field of what is wrong with no field alone. Its messages are whole
// sentences.
const onBase = "base"

// faults are what is wrong with the values of a body, in the order in which it
// was found. They are an error, of status 422.
type faults struct{ list []fault }

type fault struct {
	field    string
	messages []string
}

// add notes what is wrong with a field, once.
func (f *faults) add(field, message string) {
	i := slices.IndexFunc(f.list, func(known fault) bool { return known.field == field })
	if i < 0 {
		f.list = append(f.list, fault{field: field, messages: []string{message}})
		return
	}
	if !slices.Contains(f.list[i].messages, message) {
		f.list[i].messages = append(f.list[i].messages, message)
	}
}

// err returns the faults if there are any, and nil otherwise.
func (f *faults) err() error {
	if f == nil || len(f.list) == 0 {
		return nil
	}
	return f
}

// faulty is the error for a single fault.
func faulty(field, message string) error {
	f := &faults{}
	f.add(field, message)
	return f
}

func (f *faults) Error() string { return "drofus: " + strings.Join(f.sentences(), ", ") }

// sentences tell the faults to people.
func (f *faults) sentences() []string {
	var list []string
	for _, known := range f.list {
		for _, message := range known.messages {
			list = append(list, sentence(known.field, message))
		}
	}
	return list
}

func sentence(field, message string) string {
	if field == onBase {
		return message
	}
	return humanised(field) + " " + message
}

// humanised makes of a field's name what Rails does: "owner_id" is Owner, and
// "user.first_name" User first name.
func humanised(field string) string {
	words := strings.Fields(strings.NewReplacer("_", " ", ".", " ").Replace(strings.TrimSuffix(field, "_id")))
	text := strings.ToLower(strings.Join(words, " "))
	if text == "" {
		return field
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// jsonFaults lists messages by field, under "errors" or, as Rails' scaffolds do,
// bare (spec/drofus.md DA-29).
func jsonFaults(f *faults, bare bool) []byte {
	text := []byte{'{'}
	for i, known := range f.list {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(appendQuoted(text, known.field), ':', '[')
		for j, message := range known.messages {
			if j > 0 {
				text = append(text, ',')
			}
			text = appendQuoted(text, message)
		}
		text = append(text, ']')
	}
	text = append(text, '}')
	if bare {
		return text
	}
	return slices.Concat([]byte(`{"errors":`), text, []byte{'}'})
}

// xmlFaults lists sentences, since Rails has no place for the fields.
func xmlFaults(f *faults) []byte {
	list := record{root: "errors"}
	for _, text := range f.sentences() {
		list.fields = append(list.fields, textOf("error", text))
	}
	return xmlRecord(list)
}

// A renderer answers in the format that was asked for.
type renderer struct {
	*pages

	// bare tells faults in JSON without "errors" around them.
	bare bool
}

// fail answers with a status alone. Without credentials, 401, Rails answers in
// the same words whatever was asked for, and with nothing at all to who wants a
// format that is not to be had.
func (o *renderer) fail(w http.ResponseWriter, r *http.Request, f format, status int) {
	switch {
	case status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="Application"`)
		w.Header().Set("Content-Security-Policy", o.policy)
		send(w, asHTML, status, []byte("HTTP Basic: Access denied.\n"))
	case status == http.StatusNotAcceptable, f == unknown:
		notAcceptable(w)
	case f == asXML:
		send(w, f, status, xmlRecord(statusRecord(status)))
	case f == asJSON:
		send(w, f, status, jsonBare(statusRecord(status)))
	default:
		o.show(w, r, status, &errorPage{Title: statusText(status), Text: explanation(status), Back: &link{"To the start", ""}})
	}
}

// invalid answers with what is wrong with a body, 422. In HTML that is the form
// that it came from, if there is one, with what was typed.
func (o *renderer) invalid(w http.ResponseWriter, r *http.Request, f format, found *faults, from *formPage) {
	const status = http.StatusUnprocessableEntity
	switch {
	case f == unknown:
		notAcceptable(w)
	case f == asXML:
		send(w, f, status, xmlFaults(found))
	case f == asJSON:
		send(w, f, status, jsonFaults(found, o.bare))
	case from != nil:
		from.blame(found)
		o.show(w, r, status, from)
	default:
		o.show(w, r, status, &errorPage{
			Title: statusText(status), Text: "The request could not be carried out.", List: found.sentences(),
		})
	}
}

func notAcceptable(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "Accept")
	w.WriteHeader(http.StatusNotAcceptable)
}

func statusRecord(status int) record {
	return record{root: xmlHash, fields: []field{intOf("status", status), textOf("error", statusText(status))}}
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return text
	}
	return "Error"
}

// explanation is what an error page says besides its title.
func explanation(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "The request could not be understood."
	case http.StatusForbidden:
		return "You may not do this. If you came here from another site, open the page from the menu and try again."
	case http.StatusNotFound:
		return "There is nothing at this address, or nothing that you may see."
	case http.StatusConflict:
		return "This is still in use, or has been changed meanwhile."
	case http.StatusRequestEntityTooLarge:
		return "What was sent is too large."
	case http.StatusTooManyRequests:
		return "There were too many tries. Wait a while."
	case http.StatusServiceUnavailable:
		return "The service is out of reach. Try again in a moment."
	}
	if status >= http.StatusInternalServerError {
		return "Something went wrong on our side. It has been logged."
	}
	return "The request was refused."
}
