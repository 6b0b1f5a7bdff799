package transport_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A lens wraps its router in the middleware, takes the actor from the request,
// and renders problems in a shape of its own.
func ExampleServices_Middleware() {
	services := &transport.Services{
		// A host that knows its users already says who is calling.
		Host: func(r *http.Request) (workspace.Actor, error) {
			if r.Header.Get("X-Session") != "open sesame" {
				return workspace.Actor{}, transport.ErrUnrecognised
			}
			return workspace.Actor{Principal: 70, Name: "Ali"}, nil
		},
	}
	problem := func(w http.ResponseWriter, _ *http.Request, p transport.Problem) {
		transport.WriteJSON(w, p.Status, map[string]string{"error": p.Code, "field": p.Field, "expected": p.Expected})
	}
	lens := services.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var jar struct {
			Oil int64 `json:"oil"`
		}
		if err := transport.ReadJSON(r, &jar); err != nil {
			problem(w, r, transport.Refusal(transport.Actor(r.Context()), err))
			return
		}
		transport.WriteJSON(w, http.StatusOK, map[string]any{"who": transport.Actor(r.Context()).Name, "oil": jar.Oil})
	}), problem)

	for _, text := range []string{`{"oil":40}`, `{"oil":"forty"}`, `{"oil":40,"oil":41}`} {
		r := httptest.NewRequest(http.MethodPost, "/jars", strings.NewReader(text))
		r.Header.Set("X-Session", "open sesame")
		w := httptest.NewRecorder()
		lens.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 {"oil":40,"who":"Ali"}
	// 400 {"error":"invalid","expected":"an integer of 64 bits","field":"oil"}
	// 400 {"error":"invalid","expected":"no name twice","field":"oil"}
}

func ExampleProblemOf() {
	err := fmt.Errorf("while inviting: %w", &workspace.TakenError{Field: "email", Value: "ali@example.org"})
	p := transport.ProblemOf(err)
	fmt.Println(p.Status, p.Code, p.Field)
	// Output: 409 taken email
}
