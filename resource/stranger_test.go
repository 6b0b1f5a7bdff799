package resource_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestStrangers calls every method that is told who calls, as people who have
// nothing to do with the city: all refuse, and nothing changes.
func TestStrangers(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.branch(w.city.Num)
		// These tell everybody no more than numbers, or each what is his.
		open := []string{"Names", "PlanDelete", "Resources"}
		called := 0
		for i := range reflect.TypeFor[*resource.Service]().NumMethod() {
			method := reflect.TypeFor[*resource.Service]().Method(i)
			if method.Type.NumIn() < 3 || method.Type.In(2) != reflect.TypeFor[workspace.Actor]() || slices.Contains(open, method.Name) {
				continue
			}
			called++
			for _, who := range []workspace.Actor{
				w.mallory, w.guest, {}, {Principal: rbac.Everyone}, {Principal: rbac.Authenticated}, {Principal: rbac.Owner}, {Principal: 1 << 40},
			} {
				node := n
				if method.Name == "Limits" || method.Name == "SetLimit" {
					node = w.city.Num
				}
				given := map[reflect.Type]any{
					reflect.TypeFor[workspace.Actor]():                who,
					reflect.TypeFor[rbac.Node]():                      node,
					reflect.TypeFor[rbac.Principal]():                 w.editor.Principal,
					reflect.TypeFor[rbac.Permission]():                resource.Read,
					reflect.TypeFor[resource.Draft]():                 draft(n, "new"),
					reflect.TypeFor[resource.Deletion]():              only(n),
					reflect.TypeFor[func(*resource.Resource) error](): func(*resource.Resource) error { return nil },
				}
				args := []reflect.Value{reflect.ValueOf(w.resources), reflect.ValueOf(w.Context())}
				for j := 2; j < method.Type.NumIn(); j++ {
					arg := reflect.Zero(method.Type.In(j))
					if v, ok := given[method.Type.In(j)]; ok {
						arg = reflect.ValueOf(v)
					}
					args = append(args, arg)
				}
				w.untouched(func() {
					results := method.Func.Call(args)
					err, _ := reflect.TypeAssert[error](results[len(results)-1])
					if !errors.Is(err, rbac.ErrDenied) {
						w.Errorf("%s as %q %d: %v, want a refusal", method.Name, who.Name, who.Principal, err)
					}
				})
			}
		}
		if called < 14 {
			w.Errorf("only %d methods were called", called)
		}
	})
}
