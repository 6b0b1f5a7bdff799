package rbac

import "math/bits"

// An Action is a handle of a [Permission], which [Schema.Action] gives: asking
// with it saves looking the text up. The zero Action is nobody's to do.
type Action struct{ verb int32 } // counted from 1

// Action returns the handle of a permission, the zero Action for one that no
// class has.
func (s *Schema) Action(p Permission) Action { return s.verbs[p] }

// A compiledClass is what a class adds for deciding with numbers instead of
// names.
type compiledClass struct {
	// number counts the classes of the schema.
	number int
	// index is the bit of each verb, -1 of those that the class lacks.
	index []int8
	// needs is what each bit needs.
	needs []need
	// above lists the verbs that anything needs on the parent, at most 64.
	above []Action
	// inherits is set when every need is hereditary.
	inherits bool
	// guard is the one verb that is needed on the parent, where there is one,
	// the class inherits, and the verb needs nothing else.
	guard Action
}

// A need is everything that a permission needs, directly or through others of
// its class.
type need struct {
	// within are the bits that must be allowed on the node itself, its own too.
	within uint64
	// above are bits into class.above, those that must be held on the parent;
	// without are those of them that must be even where there is none.
	above, without uint64
	// linked is set when something must be held on a node that a link leads to.
	linked bool
	// direct are the requirements of the permission itself.
	direct []condition
}

// A condition is a Requirement with numbers for names.
type condition struct {
	needs    Action
	bit      int8 // of needs, where it must be held on the node itself
	relation string
	orNone   bool
}

// compile numbers everything.
func (s *Schema) compile() {
	s.verbs = map[Permission]Action{}
	for i, name := range s.names {
		c := s.classes[name]
		c.number = i
		s.list = append(s.list, c)
		for _, p := range c.permissions {
			if _, known := s.verbs[p]; !known {
				s.verbs[p] = Action{int32(len(s.verbs) + 1)}
			}
		}
	}
	for _, c := range s.list {
		c.index = make([]int8, len(s.verbs)+1)
		for i := range c.index {
			c.index[i] = -1
		}
		for p, bit := range c.bit {
			c.index[s.verbs[p].verb] = int8(bit)
		}
		c.compile(s.verbs)
	}
	s.nowhere = &list{leaves: (*bequest)(nil).then(len(s.list), nil, false)}
}

func (c *class) compile(verbs map[Permission]Action) {
	c.needs = make([]need, len(c.permissions))
	position := map[Action]int{}
	for bit := range c.needs {
		c.needs[bit].within = 1 << bit
	}
	// What is needed comes before what needs it among the internal ones, and
	// those that reach other nodes before all of them.
	for _, r := range c.requires {
		n := &c.needs[c.bit[r.Permission]]
		verb := verbs[r.Needs]
		d := condition{needs: verb, bit: c.index[verb.verb], relation: r.Relation, orNone: r.OrNone}
		n.direct = append(n.direct, d)
		switch r.Relation {
		case "":
			needed := c.needs[d.bit]
			n.within |= needed.within
			n.above |= needed.above
			n.without |= needed.without
			n.linked = n.linked || needed.linked
		case Parent:
			at, known := position[verb]
			if !known {
				at = len(c.above)
				position[verb] = at
				c.above = append(c.above, verb)
			}
			n.above |= 1 << at
			if !r.OrNone {
				n.without |= 1 << at
			}
		default:
			n.linked = true
		}
	}
	c.inherits = true
	for _, n := range c.needs {
		c.inherits = c.inherits && c.hereditary(n)
	}
	if c.inherits && len(c.above) == 1 {
		verb := c.above[0]
		if own := c.needs[c.index[verb.verb]]; own.within == 1<<c.index[verb.verb] {
			c.guard = verb
		}
	}
}

// hereditary reports whether all that is needed on the parent is needed on the
// node itself, and by what is needed in turn. Then whatever the parent holds, a
// child of its class holds for which the rules say the same.
func (c *class) hereditary(n need) bool {
	var without uint64
	for rest := n.above; rest != 0; rest &= rest - 1 {
		at := bits.TrailingZeros64(rest)
		bit := c.index[c.above[at].verb]
		if bit < 0 || n.within&(1<<bit) == 0 || c.needs[bit].above&(1<<at) == 0 || c.needs[bit].linked {
			return false
		}
		without |= c.needs[bit].without
	}
	return without == n.without
}
