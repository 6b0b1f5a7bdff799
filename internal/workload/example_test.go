package workload_test

import (
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/internal/workload"
)

func Example() {
	w := workload.New(1, nil)
	fmt.Println(len(w.Space.Places), "nodes,", len(w.Space.Rules), "rules,", len(w.Users), "users")
	reader := w.Reader()
	fmt.Println("the reader reads", len(w.Readable(reader)))
	for _, q := range w.Questions(2, 1) {
		fmt.Println(w.Allowed(q.User, q.Node, q.Permission) == q.Want)
	}
	// Output:
	// 111111 nodes, 5556 rules, 1000 users
	// the reader reads 148
	// true
	// true
}
