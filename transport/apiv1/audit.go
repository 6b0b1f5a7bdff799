package apiv1

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

func auditRoutes() []route {
	read, all := member(workspace.ReadAudit), platform(workspace.Administer)
	return []route{
		get("/workspaces/{workspace}/audit", "listAudit", read, (*lens).audit),
		get("/workspaces/{workspace}/audit/export", "exportAudit", read, (*lens).exportAudit),
		get("/workspaces/{workspace}/audit/verify", "verifyAudit", read, (*lens).verifyAudit),
		get("/audit", "listPlatformAudit", all, (*lens).audit),
		get("/audit/export", "exportPlatformAudit", all, (*lens).exportAudit),
		get("/audit/verify", "verifyPlatformAudit", all, (*lens).verifyAudit),
	}
}

// auditWire is an event with everything that is kept of it.
type auditWire struct {
	ID              audit.EventID  `json:"id"`
	Num             int64          `json:"num"`
	Seq             int64          `json:"seq,omitzero"`
	Hash            string         `json:"hash,omitzero"`
	At              time.Time      `json:"at"`
	Principal       int64          `json:"principal"`
	Actor           string         `json:"actor"`
	Via             string         `json:"via,omitzero"`
	Address         string         `json:"address,omitzero"`
	Credential      string         `json:"credential,omitzero"`
	Behalf          string         `json:"behalf,omitzero"`
	BehalfPrincipal int64          `json:"behalf_principal,omitzero"`
	Action          string         `json:"action"`
	Workspace       string         `json:"workspace,omitzero"`
	Organization    string         `json:"organization,omitzero"`
	Object          eventObject    `json:"object"`
	Outcome         audit.Outcome  `json:"outcome"`
	Reason          string         `json:"reason,omitzero"`
	Before          jsontext.Value `json:"before"`
	Detail          jsontext.Value `json:"detail"`
}

func auditOf(e audit.Event) auditWire {
	// A line has what somebody beside the service wrote as a text.
	line := audit.LineOf(e)
	object := func(text []byte) jsontext.Value {
		if len(text) == 0 {
			return jsontext.Value("{}")
		}
		return jsontext.Value(text)
	}
	return auditWire{
		ID: e.ID, Num: e.Num, Seq: e.Seq, Hash: e.Hash, At: e.At, Principal: e.Principal, Actor: e.Actor, Via: e.Via,
		Address: e.Address, Credential: e.Credential, Behalf: e.Behalf, BehalfPrincipal: e.BehalfPrincipal, Action: e.Action,
		Workspace: e.Workspace, Organization: e.Organization,
		Object:  eventObject{Kind: e.Object.Kind, ID: e.Object.ID, Name: e.Object.Name},
		Outcome: line.Outcome, Reason: e.Reason, Before: object(line.Before), Detail: object(line.Detail),
	}
}

// auditFilter reads what of the trail is wanted, of a workspace or, where the
// path names none, of everything.
func (c *call) auditFilter() (workspace.ID, audit.Filter, error) {
	var f audit.Filter
	in := ""
	if _, is := mux.Vars(c.Request)["workspace"]; is {
		var err error
		if in, err = c.id("workspace"); err != nil {
			return "", f, err
		}
	}
	texts := map[string]*string{
		"object_kind": &f.Object.Kind, "object": &f.Object.ID, "credential": &f.Credential, "address": &f.Address, "q": &f.Search,
	}
	if in == "" {
		texts["organization"], texts["workspace"] = &f.Organization, &f.Workspace
	}
	for name, to := range texts {
		text, err := c.text(name)
		if err != nil {
			return "", f, err
		}
		*to = text
	}
	if in == "" {
		beyond, err := c.flag("platform")
		if err != nil {
			return "", f, err
		}
		f.Platform = beyond != nil && *beyond
	}
	outcome, err := c.text("outcome")
	if err == nil && outcome != "" {
		err = oneOf("outcome", outcome, string(audit.Allowed), string(audit.Refused))
	}
	if err != nil {
		return "", f, err
	}
	f.Outcome = audit.Outcome(outcome)
	who, err := c.principalIn("principal")
	if err != nil {
		return "", f, err
	}
	f.Principal = int64(who)
	if f.Actions, err = c.some("action"); err != nil {
		return "", f, err
	}
	if f.Since, err = c.instant("since", false); err != nil {
		return "", f, err
	}
	f.Until, err = c.instant("until", true)
	return workspace.ID(in), f, err
}

func (l *lens) audit(c *call) (reply, error) {
	in, f, err := c.auditFilter()
	if err != nil {
		return reply{}, err
	}
	p, err := c.page(byCreation)
	if err != nil {
		return reply{}, err
	}
	f.Newest, f.Limit = p.order.Descending, p.more()
	if f.After, err = p.behind(); err != nil {
		return reply{}, err
	}
	var found []audit.Event
	var total int
	if in == "" {
		found, total, err = l.Workspaces.PlatformAudit(c.Context(), c.actor, f)
	} else {
		found, total, err = l.Workspaces.Audit(c.Context(), c.actor, in, f)
	}
	if err != nil {
		return reply{}, err
	}
	shown, next := trim(p, found, func(e audit.Event) workspace.Mark { return workspace.Mark{Num: e.Num} })
	answer := list[auditWire]{Items: all(shown, auditOf), Next: next}
	if total != workspace.Uncounted {
		answer.Total = &total
	}
	return ok(answer), nil
}

// exporting is the body of an answer that begins with the first event: who may
// not is told so before.
type exporting struct {
	http.ResponseWriter

	kind  string
	file  string
	began bool
}

func (e *exporting) begin() {
	if e.began {
		return
	}
	e.began = true
	h := e.Header()
	h.Set("Content-Type", e.kind)
	h.Set("Content-Disposition", "attachment; filename="+strconv.Quote(e.file))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	e.WriteHeader(http.StatusOK)
}

func (e *exporting) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil // which is no beginning
	}
	e.begin()
	return e.ResponseWriter.Write(b) //nolint:wrapcheck // it is the writer's
}

func (l *lens) exportAudit(c *call) (reply, error) {
	in, f, err := c.auditFilter()
	if err != nil {
		return reply{}, err
	}
	format, err := c.text("format")
	if err != nil {
		return reply{}, err
	}
	if format == "" {
		format = "jsonl"
	}
	if err := oneOf("format", format, "csv", "jsonl"); err != nil {
		return reply{}, err
	}
	body := &exporting{ResponseWriter: c.answer, file: "audit." + format, kind: "text/csv; charset=utf-8; header=present"}
	var to audit.Writer = audit.NewCSV(body)
	if format == "jsonl" {
		body.kind = "application/jsonl"
		to = audit.NewJSONLines(body)
	}
	_, err = l.Workspaces.ExportAudit(c.Context(), c.actor, in, f, to)
	switch {
	case err == nil:
		body.begin()
	case !body.began:
		return reply{}, err
	default:
		transport.NoteError(c.Context(), err)
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	return reply{}, nil
}

// reportWire is what verifying a chain came to.
type reportWire struct {
	Chain     string     `json:"chain"`
	Sound     bool       `json:"sound"`
	From      int64      `json:"from"`
	Checked   int64      `json:"checked"`
	Unchained int64      `json:"unchained"`
	Head      headWire   `json:"head"`
	Fault     *faultWire `json:"fault,omitzero"`
}

type headWire struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

type faultWire struct {
	Seq  int64         `json:"seq"`
	ID   audit.EventID `json:"id,omitzero"`
	What string        `json:"what"`
}

func (l *lens) verifyAudit(c *call) (reply, error) {
	in := ""
	if _, is := mux.Vars(c.Request)["workspace"]; is {
		var err error
		if in, err = c.id("workspace"); err != nil {
			return reply{}, err
		}
	}
	r, err := l.Workspaces.VerifyAudit(c.Context(), c.actor, workspace.ID(in))
	if err != nil {
		return reply{}, err
	}
	wire := reportWire{
		Chain: r.Chain, Sound: r.Fault == nil, From: r.From, Checked: r.Checked, Unchained: r.Unchained,
		Head: headWire{Seq: r.Head.Seq, Hash: r.Head.Hash},
	}
	if r.Fault != nil {
		wire.Fault = &faultWire{Seq: r.Fault.Seq, ID: r.Fault.ID, What: r.Fault.What}
	}
	return ok(wire), nil
}
