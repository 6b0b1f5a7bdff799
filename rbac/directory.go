package rbac

import (
	"iter"
	"slices"
	"sync/atomic"
)

// A directory is who is who, in one version: all principals with the groups
// they are in directly. Like a table it shares with other versions what did not
// change, and it remembers those who asked.
type directory struct {
	profiles table[*Profile]
	last     int32 // the greatest number, plus 1
	subjects memo[subject]
	bytes    int
}

// A subject is a principal who asks: in whose name he has what rules give.
type subject struct {
	principal Principal
	// names are in ascending order, and sign has a bit for each.
	names    []Principal
	sign     uint64
	disabled bool
	// behalf is who a key acts for.
	behalf *subject
}

// farthest bounds the numbers of principals that a directory can hold.
const farthest = 1 << 30

func newDirectory(profiles []Profile) *directory {
	d := &directory{profiles: table[*Profile]{bits: pageBits}}
	for i := range profiles {
		d.put(&profiles[i])
	}
	d.profiles.share()
	d.subjects = newMemo[subject](d.last, pageBits)
	d.weigh()
	return d
}

func (d *directory) put(p *Profile) {
	if p.Principal < 0 || p.Principal >= farthest {
		return
	}
	d.profiles.set(int32(p.Principal), p)
	d.last = max(d.last, int32(p.Principal)+1)
}

func (d *directory) weigh() {
	d.bytes = d.profiles.size(8)
	for i := range d.last {
		if p := d.profiles.at(i); p != nil {
			d.bytes += 80 + 8*len(p.Groups)
		}
	}
}

// after returns the directory with the changes of a delta.
func (d *directory) after(delta *Delta) *directory {
	if len(delta.Profiles) == 0 && len(delta.GoneProfiles) == 0 {
		return d
	}
	n := &directory{profiles: d.profiles, last: d.last, bytes: d.bytes}
	n.profiles.share()
	all := false
	touched := make([]Principal, 0, len(delta.Profiles)+len(delta.GoneProfiles))
	for i := range delta.Profiles {
		p := &delta.Profiles[i]
		was := d.profile(p.Principal)
		all = all || was != nil && d.others(was)
		n.put(p)
		n.bytes += 80 + 8*len(p.Groups)
		touched = append(touched, p.Principal)
	}
	for _, p := range delta.GoneProfiles {
		if was := d.profile(p); was != nil {
			all = all || d.others(was)
			n.profiles.set(int32(p), nil)
		}
		touched = append(touched, p)
	}
	n.profiles.share()
	if all {
		n.subjects = newMemo[subject](n.last, pageBits)
		return n
	}
	n.subjects = d.subjects.fork(n.last)
	for _, p := range touched {
		if p >= 0 && p < farthest {
			n.subjects.forget(int32(p), int32(p)+1)
		}
	}
	return n
}

// others reports whether what is known of a principal can be part of what is
// known of others: members of a group, keys of a user.
func (d *directory) others(p *Profile) bool {
	if p.Kind == Group {
		return true
	}
	if p.Kind == Key {
		return false
	}
	for i := range d.last {
		if q := d.profiles.at(i); q != nil && q.Behalf == p.Principal {
			return true
		}
	}
	return false
}

// profile returns what is known of a principal, nil for one who does not exist.
func (d *directory) profile(p Principal) *Profile {
	if p < 0 || p >= farthest {
		return nil
	}
	return d.profiles.at(int32(p))
}

// chosen goes through the principals that a filter chooses, in ascending order
// and whatever its limit.
func (d *directory) chosen(f PrincipalFilter) iter.Seq2[Principal, Kind] {
	return func(yield func(Principal, Kind) bool) {
		for p := max(0, f.From); p < Principal(d.last); p++ {
			profile := d.profile(p)
			if profile == nil || f.Kind != "" && profile.Kind != f.Kind {
				continue
			}
			if !yield(p, profile.Kind) {
				return
			}
		}
	}
}

// subject returns a principal who asks, nil for one who does not exist.
func (d *directory) subject(p Principal) *subject {
	if p < 0 || p >= farthest {
		return nil
	}
	if s := d.subjects.get(int32(p)); s != nil {
		return s
	}
	s := d.flatten(p, nil)
	if s != nil {
		d.subjects.put(int32(p), s)
	}
	return s
}

// flatten makes a subject of a principal, with whom he acts for unless that
// goes in a circle.
func (d *directory) flatten(p Principal, chain []Principal) *subject {
	profile := d.profile(p)
	if profile == nil || slices.Contains(chain, p) {
		return nil
	}
	s := &subject{principal: p, disabled: profile.Disabled}
	if profile.Behalf != 0 {
		s.behalf = d.flatten(profile.Behalf, append(chain, p))
	}
	switch {
	case s.disabled:
	case p == Guest:
		s.names = []Principal{Guest, Everyone}
	default:
		s.names = d.groups(append(s.names, profile.Groups...))
		// Whoever has said who he is is no guest, whatever groups he is in.
		s.names = slices.DeleteFunc(s.names, func(name Principal) bool { return name == Guest })
		s.names = append(s.names, p, Everyone, Authenticated)
		slices.Sort(s.names)
		s.names = slices.Compact(s.names)
	}
	for _, name := range s.names {
		s.sign |= 1 << (uint64(name) & 63)
	}
	return s
}

// groups returns some groups with all groups that those are in.
func (d *directory) groups(some []Principal) []Principal {
	known := make(map[Principal]bool, len(some))
	for _, g := range some {
		known[g] = true
	}
	for i := 0; i < len(some); i++ {
		profile := d.profile(some[i])
		if profile == nil {
			continue
		}
		for _, g := range profile.Groups {
			if !known[g] {
				known[g] = true
				some = append(some, g)
			}
		}
	}
	return some
}

// named reports whether a subject has what rules give to a principal.
func (s *subject) named(p Principal) bool {
	if len(s.names) > fewEntries {
		_, found := slices.BinarySearch(s.names, p)
		return found
	}
	return slices.Contains(s.names, p)
}

// A Subject is a handle of a principal, which [Engine.Subject] gives. It is good
// for any number of questions and never out of date: whoever asks with it is
// looked up again when somebody's groups, or whether he is disabled, changed.
type Subject struct {
	principal Principal
	// known is what he was in the directory that he was last looked up in.
	known atomic.Pointer[acquaintance]
}

type acquaintance struct {
	directory *directory
	subject   *subject
}

// Principal returns whom the handle is for.
func (s *Subject) Principal() Principal { return s.principal }

// in returns the subject in a directory, nil when he does not exist there.
func (s *Subject) in(d *directory) *subject {
	if known := s.known.Load(); known != nil && known.directory == d {
		return known.subject
	}
	found := d.subject(s.principal)
	s.known.Store(&acquaintance{d, found})
	return found
}
