package rbac_test

import (
	"context"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// TestRuleOfUnknownClass keeps a rule for nodes of a class that the schema lacks,
// which it had when the rule was made: it speaks of no node, also when it is
// explained from memory.
func TestRuleOfUnknownClass(t *testing.T) {
	t.Parallel()
	engine, db := open(t, tree())
	added := plant(t, db, rule(class("alien")))
	if err := engine.Warm(t.Context(), added.Node); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		yes, err := engine.Check(t.Context(), added.Principal, added.Node, "resource.read", rbac.Latest())
		x, err2 := engine.Explain(t.Context(), added.Principal, added.Node, "resource.read", rbac.Latest())
		if err != nil || err2 != nil || yes || x.Allowed {
			t.Errorf("Check: %v, %v, Explain: %v, %v", yes, err, x.Allowed, err2)
		}
	}
	if err := engine.Require(t.Context(), added.Principal, added.Node, "resource.read", rbac.Latest()); err == nil || errorsAs(t, err).Allowed {
		t.Errorf("Require: %v", err)
	}
}

// plant adds a rule whatever it says.
func plant(t *testing.T, db *storage.DB, r rbac.Rule) rbac.Rule {
	t.Helper()
	r.ID = rbac.RuleID(uid.New())
	var added rbac.Rule
	do(t, db, func(ctx context.Context) (err error) {
		added, err = db.Rules().AddRule(ctx, r)
		return err
	})
	return added
}
