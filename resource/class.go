package resource

import (
	"regexp"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Class says what resources of a kind are: what they are called, what can be
// permitted on them, what they lie in and what they are made of. It is data, and
// a host makes its own.
type Class struct {
	// Name identifies the class: "vector_layer".
	Name   string
	Labels Labels
	// Scopes are the scopes of permissions besides "resource" and "metadata",
	// which every class has.
	Scopes []string
	// Requires are what permissions of the class need besides what their scopes
	// always need: see [Schema]. A Relation other than "" and rbac.Parent is the
	// name "member.attribute" of an attribute that refers to one resource.
	Requires []rbac.Requirement
	// Interfaces say what a resource can be used as, by whoever refers to it or
	// lies in it: "IFeatureLayer".
	Interfaces []string
	// Parents are the classes that it can lie in. Where resource_group is among
	// them, it can lie in a workspace itself.
	Parents []string
	// Category and Order say where lists of classes have it.
	Category string
	Order    int
	// Members are the settings, by member of the resource as a whole.
	Members []Member
	// Check looks at what the attributes themselves do not say, when it is not
	// nil: settings before and after a change, before nil for a new resource. It
	// returns a *workspace.InvalidError.
	Check func(before, after Settings) error
}

// A Member is a named part of a resource's settings: "webmap".
type Member struct {
	Name       string
	Attributes []Attribute
}

// A Kind is what the values of an attribute are.
type Kind string

// The kinds of values.
const (
	Text    Kind = "text"    // a string
	Integer Kind = "integer" // int64
	Number  Kind = "number"  // float64, finite
	Flag    Kind = "flag"    // bool
	// Secret is a text that is encrypted where it is kept, and left out for who
	// may not read it.
	Secret Kind = "secret"
	// Link is the number of another resource of the workspace, of one of
	// the Classes, or with one of the Interfaces.
	Link Kind = "link"
	// Object has the attributes Of, and List is a list of such objects, or of
	// values of the kind Items.
	Object Kind = "object"
	List   Kind = "list"
	// Any is a JSON value that nobody here looks into, at most 64 KiB.
	Any Kind = "any"
)

// An Attribute is a part of a resource's settings.
type Attribute struct {
	Name string
	Kind Kind
	// Required values must be there from the beginning, and stay when they are
	// not repeated; Nullable ones may be null, which is what they are without a Default when nobody said anything.
	// What is neither is not there until somebody says something, and null takes
	// it away again, or puts the Default back.
	Required bool
	Nullable bool
	Default  any
	// Read and Write are the permissions that the attribute needs: resource.read
	// and resource.update when empty. Only a member's own attributes have them.
	Read, Write rbac.Permission
	// Fixed values cannot be changed once there. ReadOnly ones are set by the
	// class's [Keeper] and by nobody else: repeating what is there is no change.
	// Among the attributes of objects in a list, the first ReadOnly one tells
	// which of those that are there an object is, and only where there is one
	// can others be Fixed or a Secret.
	Fixed    bool
	ReadOnly bool
	// When is a value of the first attribute beside it, a Required one with
	// OneOf: only objects in which that has this value have the attribute.
	When string
	// Min and Max bound numbers, and the length of texts (in characters) and
	// lists, where Max is not 0. Without, integers are what a float64 holds
	// exactly, texts have at most 65,536 characters, lists 10,000 values.
	Min, Max float64
	// OneOf are the texts or numbers that are allowed, all when empty.
	OneOf []any
	// Pattern is a regular expression that a text must match, when not empty.
	Pattern string
	// Classes and Interfaces say what a reference may lead to.
	Classes, Interfaces []string
	// Of are the attributes of an object, or of the objects in a list. Items is
	// the kind of a list's values where they are no objects.
	Of    []Attribute
	Items Kind
	// Recursive lets objects in a list have a list of that name of objects like
	// themselves, up to 32 levels deep: "children". Where Of has an attribute of
	// that name, a list with neither Of nor Items, it is that one.
	Recursive string
	// Lenient keeps attributes of an object that nobody knows, as values of any
	// kind.
	Lenient bool
}

// A Catalog is what classes there are. It does not change once made and may be
// shared.
type Catalog struct {
	classes map[string]*Class
	names   []string
	scopes  []Scope
	// patterns are the regular expressions of attributes.
	patterns map[string]*regexp.Regexp
}
