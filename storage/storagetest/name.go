package storagetest

import (
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// resourceNames: Names tells what resources, workspaces and organizations are
// called, and leaves out others.
func resourceNames(s *sample) {
	o := s.organization("Ô'payer")
	w := s.workspace("w", o.ID, s.user("boss").ID)
	folder := s.resource(w.Num, "resource_group")
	layer, other := s.resource(folder.Num, "vector_layer"), s.resource(w.Num, "vector_layer")
	for _, c := range []struct {
		name  string
		nodes []rbac.Node
		want  map[rbac.Node]string
	}{
		{"all sorts", []rbac.Node{rbac.Root, o.Num, w.Num, folder.Num, layer.Num, 1 << 40}, map[rbac.Node]string{
			o.Num: o.Name, w.Num: w.Name, folder.Num: folder.DisplayName, layer.Num: layer.DisplayName,
		}},
		{"one twice", []rbac.Node{other.Num, other.Num}, map[rbac.Node]string{other.Num: other.DisplayName}},
		{"none", nil, map[rbac.Node]string{}},
		{"the root", []rbac.Node{rbac.Root}, map[rbac.Node]string{}},
	} {
		got, err := s.Resources.Names(s.t.Context(), c.nodes)
		if err != nil {
			s.t.Fatal(err)
		}
		equal(s.t, c.name, got, c.want)
	}
}
