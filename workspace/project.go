package workspace

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A Project is what a workspace is besides where it is about a building
// (spec/drofus.md §2.1). Its zero value says nothing.
type Project struct {
	// Number is what people call it by, 0 to 30 characters: "01" is not "1".
	Number      string
	Constructor string // who builds, 0 to 255 characters
	Type        int64  // 0 for none: what types there are, the spec does not say
	// GrossArea is in square metres, a decimal number of up to 12 digits before
	// and 4 behind the point, "1250.5", and empty where nobody said.
	GrossArea string
	Status    string // 0 to 99 characters
	// Database is where its data are, empty for a workspace without one. Several
	// projects may share one. Only package workspace/database sets it.
	Database DatabaseID
}

func cleanProject(p *Project) error {
	return first(
		line("number", &p.Number, 0, 30),
		line("constructor", &p.Constructor, 0, 255),
		amount("project_type", p.Type),
		area("gross_area", &p.GrossArea),
		line("status", &p.Status, 0, 99),
	)
}

// differs notes what of a project became something else, but for the database.
func (p Project) differs(before Project) changes {
	set := changes{}
	note(set, "number", before.Number, p.Number)
	note(set, "constructor", before.Constructor, p.Constructor)
	note(set, "project_type", before.Type, p.Type)
	note(set, "gross_area", before.GrossArea, p.GrossArea)
	note(set, "status", before.Status, p.Status)
	return set
}

// SetDatabase sets where the data of a workspace are, or says with an empty ID
// that they are nowhere. It is for package workspace/database, which calls it in
// its unit of work. It needs [ManageWorkspaces] above the workspace, and returns
// ErrNotFound for a database that is not of the workspace's organization. Doing so
// twice changes nothing.
func (s *Service) SetDatabase(ctx context.Context, actor Actor, id ID, db DatabaseID) error {
	return s.change(ctx, actor, id, s.above(actor), func(ctx context.Context, w Workspace) error {
		if w.Project.Database == db {
			return nil
		}
		set := changes{}
		note(set, "database", w.Project.Database, db)
		w.Project.Database = db
		w.Updated, w.UpdatedBy = s.clock(), actor.Name
		if err := s.store.SaveWorkspace(ctx, w); err != nil {
			return err
		}
		return s.record(ctx, actor, w.event("workspace.set_database"), set)
	})
}

// longestTechnical is how long technical names are at most.
const longestTechnical = 30

// Slug returns a technical name made of a name: its letters without what is on
// them, in lower case, and digits, with dashes for all else; "workspace" where
// nothing is left.
func Slug(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(spelled.Replace(strings.ToLower(name))) {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '_':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // an accent
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return shortened(b.String(), longestTechnical)
}

// spelled are letters that do not fall apart into one of ASCII and an accent.
var spelled = strings.NewReplacer( //nolint:gochecknoglobals // immutable
	"æ", "ae", "œ", "oe", "ø", "o", "ß", "ss", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i",
)

// shortened cuts a slug, and gives one to who has none.
func shortened(slug string, most int) string {
	slug = strings.Trim(slug[:min(len(slug), most)], "-")
	if slug == "" {
		return "workspace"
	}
	return slug
}

// untaken returns a slug that no workspace has, with a number where it is taken:
// not always the least that is free, but found among many without asking for each.
func (s *Service) untaken(ctx context.Context, slug string) (string, error) {
	numbered := func(n int) string {
		suffix := "-" + strconv.Itoa(n)
		return shortened(slug, longestTechnical-len(suffix)) + suffix
	}
	taken := func(name string) (bool, error) {
		n, err := s.store.CountWorkspaces(ctx, Filter{TechnicalName: name})
		return n > 0, err
	}
	is, err := taken(slug)
	if err != nil || !is {
		return slug, err
	}
	least, free := 1, 2 // numbers that are taken and free, or might be
	for {
		if is, err = taken(numbered(free)); err != nil {
			return "", err
		}
		if !is {
			break
		}
		least, free = free, free*2
	}
	for free-least > 1 {
		middle := least + (free-least)/2
		if is, err = taken(numbered(middle)); err != nil {
			return "", err
		}
		if is {
			least = middle
		} else {
			free = middle
		}
	}
	return numbered(free), nil
}
