package workload

import (
	"math/rand/v2"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Allowed reports whether a user, or the supervisor, has a permission on a node
// of the workspace. It walks the path of the node, remembers nothing, and knows
// what occurs in these worlds: no expiry, no roles, no seals, no links.
func (w *World) Allowed(user rbac.Principal, n rbac.Node, p rbac.Permission) bool {
	place, ok := w.place(n)
	if !ok || n < Workspace || !has(place.Class, p) {
		return false
	}
	if user == Supervisor {
		return true
	}
	if allow, deny := w.given(user, n, p); !allow || deny {
		return false
	}
	switch {
	case p == DataWrite:
		return w.Allowed(user, n, DataRead)
	case p != Read:
		return w.Allowed(user, n, Read)
	case w.Options.NGW && n != Workspace:
		return w.Allowed(user, w.parent(n), Read)
	}
	return true
}

// given reports what the rules on the path of a node of the workspace say.
func (w *World) given(user rbac.Principal, n rbac.Node, p rbac.Permission) (allow, deny bool) {
	class := w.Space.Places[n-Workspace].Class
	for at := n; at >= Workspace; at = w.parent(at) {
		for _, r := range w.rules[at] {
			switch {
			case !w.concerns(r, user) || !names(r, p) || r.Class != "" && r.Class != class || at != n && !r.Propagate:
			case r.Effect == rbac.Deny:
				deny = true
			default:
				allow = true
			}
		}
	}
	return allow, deny
}

func (w *World) parent(n rbac.Node) rbac.Node { return w.Space.Places[n-Workspace].Parent }

func has(class string, p rbac.Permission) bool {
	switch p {
	case Read, Update, "resource.create", "resource.delete", "resource.manage_children", "resource.change_permissions":
		return true
	case DataRead, DataWrite:
		return class == "layer"
	}
	return false
}

func (w *World) concerns(r rbac.Rule, user rbac.Principal) bool {
	return r.Principal == user || r.Principal == w.Group(user) || r.Principal == rbac.Authenticated
}

func names(r rbac.Rule, p rbac.Permission) bool {
	return (r.Scope == "" || r.Scope == p.Scope()) && (r.Permission == "" || r.Permission == p.Name())
}

// A Question asks whether a user has a permission on a node.
type Question struct {
	User       rbac.Principal
	Node       rbac.Node
	Permission rbac.Permission
	// Want is the answer.
	Want bool
}

// Questions returns n questions, exactly half of which (the smaller half when n
// is odd) are answered yes, in an order that does not tell which. The same seed
// asks the same. Eight of ten ask for [Read].
//
// Uniform pairs of a user and a node would practically never be a yes, nor a no
// for any reason but that no rule allows it. So the candidates of each question
// are, by a coin, such a pair, or a rule chosen uniformly with somebody whom it
// concerns and a node below it; the first whose answer is the one that is wanted
// is taken. A fifth of the answers no shall be so because of a deny, and in
// worlds with requirements on the parent another fifth because of those. Where a
// thousand candidates were not so, as in a small world, any reason will do, and
// after ten thousand the question asks for [Read].
func (w *World) Questions(n int, seed uint64) []Question {
	random := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // to be the same again, not to be secret
	questions := make([]Question, n)
	for i := range n / 2 {
		questions[i].Want = true
	}
	random.Shuffle(n, func(i, j int) { questions[i], questions[j] = questions[j], questions[i] })
	for i := range questions {
		q := &questions[i]
		q.Permission = asked(random)
		why := because(random, q.Want, w.Options.NGW)
		for tried := 0; ; tried++ {
			switch tried {
			case 1000:
				why = anything
			case 10_000:
				q.Permission = Read
			case 10_000_000:
				panic("workload: everybody can read everything here, or nobody anything")
			}
			if random.IntN(2) == 0 {
				q.User, q.Node = w.Users[random.IntN(len(w.Users))], Workspace+rbac.Node(random.IntN(len(w.Space.Places)))
			} else {
				q.User, q.Node = w.near(random, why == denied)
			}
			if w.Allowed(q.User, q.Node, q.Permission) == q.Want && w.fits(*q, why) {
				break
			}
		}
	}
	return questions
}

// A reason is why an answer shall be what it is.
type reason int

const (
	anything reason = iota
	denied
	masked
)

func because(random *rand.Rand, want, ngw bool) reason {
	switch turn := random.IntN(5); {
	case want:
	case turn == 0:
		return denied
	case turn == 1 && ngw:
		return masked
	}
	return anything
}

// fits reports whether a question is answered for a reason, given that the
// answer is right.
func (w *World) fits(q Question, why reason) bool {
	if why == anything {
		return true
	}
	allow, deny := w.given(q.User, q.Node, q.Permission)
	if why == masked {
		// That it is allowed, and so is reading where it is, leaves the parent.
		read, unread := w.given(q.User, q.Node, Read)
		return allow && !deny && read && !unread
	}
	return allow && deny
}

func asked(random *rand.Rand) rbac.Permission {
	switch random.IntN(10) {
	case 0:
		return Update
	case 1:
		return []rbac.Permission{DataRead, DataWrite}[random.IntN(2)]
	}
	return Read
}

// near returns somebody whom some rule concerns, one that denies on demand if
// there is any, and a node below it.
func (w *World) near(random *rand.Rand, deny bool) (rbac.Principal, rbac.Node) {
	r := w.Space.Rules[random.IntN(len(w.Space.Rules))]
	for tried := 0; deny && r.Effect == rbac.Allow && tried < 100; tried++ {
		r = w.Space.Rules[random.IntN(len(w.Space.Rules))]
	}
	user := r.Principal
	switch {
	case user == rbac.Authenticated:
		user = w.Users[random.IntN(len(w.Users))]
	case user >= w.Groups[0]:
		members := w.Members(user)
		if len(members) == 0 {
			return w.Users[0], r.Node
		}
		user = members[random.IntN(len(members))]
	}
	// Below a node, each level is a run of numbers.
	first, runs := int(r.Node-Workspace), 1
	below, size := [][2]int{}, 0
	for first < len(w.Space.Places) {
		below = append(below, [2]int{first, runs})
		size += runs
		first, runs = first*w.Options.Fanout+1, runs*w.Options.Fanout
	}
	pick := random.IntN(size)
	for _, run := range below {
		if pick < run[1] {
			return user, Workspace + rbac.Node(run[0]+pick)
		}
		pick -= run[1]
	}
	panic("workload: a node outside of its own levels")
}

// Readable returns the nodes of the workspace that a user can read, ascending:
// those for which [World.Allowed] reports true for [Read].
func (w *World) Readable(user rbac.Principal) []rbac.Node {
	// One walk down, parents first: what was inherited is kept for each node,
	// since asking about each by itself would take a second a user.
	type inherited struct{ allow, deny, folders, read bool }
	at := make([]inherited, len(w.Space.Places))
	var nodes []rbac.Node
	for i, place := range w.Space.Places {
		above := inherited{read: true}
		if i > 0 {
			above = at[(i-1)/w.Options.Fanout]
		}
		here := above
		var self, refused bool
		for _, r := range w.rules[place.Node] {
			switch {
			case !w.concerns(r, user) || !names(r, Read):
			case r.Effect == rbac.Deny && !r.Propagate:
				refused = true
			case r.Effect == rbac.Deny:
				here.deny = true
			case !r.Propagate:
				self = true
			case r.Class != "": // folders only, there is no other
				here.folders = true
			default:
				here.allow = true
			}
		}
		allowed := here.allow || self || here.folders && place.Class == "folder"
		here.read = user == Supervisor || allowed && !here.deny && !refused && (above.read || !w.Options.NGW)
		if here.read {
			nodes = append(nodes, place.Node)
		}
		at[i] = here
	}
	return nodes
}

// Reader returns the user, the first of several and among the first three
// hundred, who can read a number of nodes that is closest to what the options
// say. Finding him takes a second the first time.
func (w *World) Reader() rbac.Principal { return w.reader() }

func (w *World) findReader() rbac.Principal {
	var best rbac.Principal
	distance := -1
	for _, user := range w.Users[:min(300, len(w.Users))] {
		if distance == 0 {
			break
		}
		d := len(w.Readable(user)) - w.Options.Reads
		if d = max(d, -d); distance < 0 || d < distance {
			best, distance = user, d
		}
	}
	return best
}

// Mixed returns the first folder of whose children a user can read nearest to
// half, the workspace when he can read all or none of everybody's.
func (w *World) Mixed(user rbac.Principal) rbac.Node {
	read := map[rbac.Node]int{}
	for _, n := range w.Readable(user) {
		if n != Workspace {
			read[w.parent(n)]++
		}
	}
	best, distance := Workspace, w.Options.Fanout
	for _, place := range w.Space.Places {
		d := 2*read[place.Node] - w.Options.Fanout
		if d = max(d, -d); read[place.Node] > 0 && d < distance {
			best, distance = place.Node, d
		}
	}
	return best
}
