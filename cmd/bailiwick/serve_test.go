package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/logtest"
)

// A process is the program, serving.
type process struct {
	cmd     *exec.Cmd
	address string
	out     *logtest.Journal
	log     *logtest.Journal
	ended   chan error
}

// start starts the program on a free port without waiting for it.
func start(t *testing.T, address string, flags ...string) *process {
	t.Helper()
	p := &process{out: &logtest.Journal{}, log: &logtest.Journal{}, ended: make(chan error, 1)}
	p.cmd = exec.Command("bailiwick", append([]string{"serve", "--listen", "127.0.0.1:0", "--database", address}, flags...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		if t.Failed() {
			t.Logf("output:\n%s\nlog:\n%s", p.out, p.log)
		}
	})
	return p
}

// ready waits until the program has told where it is, and answers there.
func (p *process) ready(t *testing.T) *process {
	t.Helper()
	told := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/readyz`)
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-p.ended:
			t.Fatalf("it ended: %v\n%s%s", err, p.out, p.log)
		default:
		}
		if at := told.FindStringSubmatch(p.out.String()); at != nil && strings.Contains(p.out.String(), "curl") {
			p.address = at[1]
			if status, body := p.call(t, http.MethodGet, "/readyz", "", nil); status != http.StatusOK {
				t.Fatalf("readyz: %d %s", status, body)
			}
			return p
		}
	}
	t.Fatalf("it does not start:\n%s%s", p.out, p.log)
	return nil
}

// serving starts the program and waits for it.
func serving(t *testing.T, address string, flags ...string) *process {
	t.Helper()
	return start(t, address, flags...).ready(t)
}

// stop asks the program to end and wants it to, well.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			t.Fatalf("it ended with %v:\n%s", err, p.log)
		}
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
}

// password returns the administrator's password that was printed, if one was.
func (p *process) password() string {
	told := regexp.MustCompile(`the password ([A-Z2-7]{26}):`).FindStringSubmatch(p.out.String())
	if told == nil {
		return ""
	}
	return told[1]
}

// call makes a request, signed in as "name:password" unless that is empty, and
// returns the status and the body.
func (p *process) call(t *testing.T, method, path, who string, body any) (int, string) {
	t.Helper()
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+p.address+path, in)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if name, password, ok := strings.Cut(who, ":"); ok {
		r.SetBasicAuth(name, password)
	}
	return do(t, r)
}

func do(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	w, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, string(text)
}

// want makes a call and wants a status; it returns the decoded body, if any.
func (p *process) want(t *testing.T, status int, method, path, who string, body any) map[string]any {
	t.Helper()
	got, text := p.call(t, method, path, who, body)
	if got != status {
		t.Fatalf("%s %s as %s: %d %s, want %d", method, path, strings.SplitN(who, ":", 2)[0], got, text, status)
	}
	var decoded map[string]any
	_ = json.Unmarshal([]byte(text), &decoded)
	return decoded
}

func TestServe(t *testing.T) {
	eachDatabase(t, func(t *testing.T, address string) {
		p := serving(t, address)
		admin := "admin:" + p.password()
		me := p.want(t, 200, http.MethodGet, "/entrepot/api/users/me", admin, nil)
		if me["administrator"] != true {
			t.Errorf("the first user is %v, want an administrator", me)
		}
		// Clients that write two slashes are not redirected.
		p.want(t, 200, http.MethodGet, "/entrepot/api//users/me", admin, nil)
		p.want(t, 401, http.MethodGet, "/entrepot/api/users/me", "", nil)
		p.want(t, 200, http.MethodGet, "/api/v1/me", admin, nil)
		p.want(t, 200, http.MethodGet, "/api/v1/openapi.json", "", nil)
		p.want(t, 404, http.MethodGet, "/api/v1/roles/a%2Fb", admin, nil)
		p.want(t, 401, http.MethodGet, "/api/v1/me", "admin:wrong", nil)
		p.want(t, 401, http.MethodGet, "/entrepot/api/users/me", "admin:wrong", nil)
		for who, want := range map[string]bool{admin: true, "": false} {
			question := map[string]any{"node": 0, "permission": "platform.administer"}
			if got := p.want(t, 200, http.MethodPost, "/check", who, question); got["allowed"] != want {
				t.Errorf("/check answers %v, want %v", got, want)
			}
		}
		p.want(t, 200, http.MethodGet, "/healthz", "", nil)
		p.want(t, 404, http.MethodGet, "/nothing", "", nil)
		p.want(t, 405, http.MethodPost, "/healthz", "", nil)
		if status, text := p.call(t, http.MethodGet, "/", "", nil); status != 200 || !strings.Contains(text, "/entrepot/api/") {
			t.Errorf("/: %d %s", status, text)
		}

		token := p.token(t, "admin", p.password())
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.address+"/entrepot/api/users/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		if status, text := do(t, r); status != 200 || !strings.Contains(text, `"administrator":true`) {
			t.Errorf("with the token: %d %s", status, text)
		}

		// The command line works beside the server, and is heard at once.
		set := exec.Command("bailiwick", "user", "password", "admin", "--password=-", "--database="+address)
		set.Stdin = strings.NewReader("quite another secret\n")
		if told, err := set.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, told)
		}
		if status, _ := do(t, r); status != 401 {
			t.Errorf("the token outlived the password: %d", status)
		}
		p.want(t, 401, http.MethodGet, "/entrepot/api/users/me", admin, nil)
		p.want(t, 200, http.MethodGet, "/entrepot/api/users/me", "admin:quite another secret", nil)
		p.stop(t)

		// A second start finds everything there, and makes nobody.
		again := serving(t, address)
		if again.password() != "" {
			t.Error("a second start made another administrator")
		}
		again.want(t, 200, http.MethodGet, "/entrepot/api/users/me", "admin:quite another secret", nil)
		for _, secret := range []string{p.password(), "quite another secret", token} {
			if strings.Contains(p.log.String()+again.log.String(), secret) {
				t.Errorf("the log tells the secret %q", secret)
			}
		}
		again.stop(t)
	})
}

func (p *process) token(t *testing.T, name, password string) string {
	t.Helper()
	form := url.Values{"grant_type": {"password"}, "username": {name}, "password": {password}, "client_id": {"gpf-warehouse"}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.address+"/entrepot/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, text := do(t, r)
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || status != 200 || answer.AccessToken == "" || answer.ExpiresIn <= 0 {
		t.Fatalf("token: %d %s (%v)", status, text, err)
	}
	return answer.AccessToken
}

func TestAdminPassword(t *testing.T) {
	t.Setenv("BAILIWICK_ADMIN_PASSWORD", "given beforehand")
	for kind, empty := range databases() {
		t.Run(kind, func(t *testing.T) {
			p := serving(t, empty(t))
			p.want(t, 200, http.MethodGet, "/entrepot/api/users/me", "admin:given beforehand", nil)
			if strings.Contains(p.out.String()+p.log.String(), "given beforehand") {
				t.Error("the given password is printed")
			}
			p.stop(t)
		})
	}
}

// TestStartAtOnce starts several servers on one empty database: one of them
// makes the administrator, and all of them know him.
func TestStartAtOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, address string) {
		var servers []*process
		for range 3 {
			servers = append(servers, start(t, address, "--demo"))
		}
		var made []string
		for _, p := range servers {
			p.ready(t)
			if password := p.password(); password != "" {
				made = append(made, password)
			}
		}
		if len(made) != 1 {
			t.Fatalf("%d servers made an administrator, want 1", len(made))
		}
		for _, p := range servers {
			p.want(t, 200, http.MethodGet, "/entrepot/api/users/me", "admin:"+made[0], nil)
			p.want(t, 200, http.MethodGet, "/entrepot/api/users/me", "lea:"+demoPassword, nil)
			p.stop(t)
		}
	})
}

// TestSecondSignal wants a program that waits for a request in flight to wait
// no longer when told again.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	p := serving(t, databases()["sqlite"](t))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// A request that never ends: its body does not come.
	fmt.Fprint(conn, "POST /entrepot/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\n")
	time.Sleep(200 * time.Millisecond)
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(p.log.String(), "stopping") {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
	select {
	case err := <-p.ended:
		t.Fatalf("it did not wait for the request: %v", err)
	default:
	}
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		if err == nil {
			t.Error("it ended as if all were done")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it went on waiting")
	}
}

func TestMakeSecret(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	var all sync.WaitGroup
	made := make([][]byte, 16)
	for i := range made {
		all.Go(func() {
			secret, err := makeSecret(file)
			if err != nil {
				t.Error(err)
			}
			made[i] = secret
		})
	}
	all.Wait()
	kept, err := os.ReadFile(file)
	if err != nil || len(kept) != secretSize {
		t.Fatalf("%d bytes, %v", len(kept), err)
	}
	for _, secret := range made {
		if !bytes.Equal(secret, kept) {
			t.Error("somebody works with a secret that is not in the file")
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(entries) != 1 {
		t.Errorf("left %v behind, %v", entries, err)
	}
}

// TestNotReady wants 503 of a server whose database is gone, without saying
// why.
func TestNotReady(t *testing.T) {
	t.Parallel()
	address := databases()["sqlite"](t)
	d := databaseFlag{Database: address}
	db, err := d.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	letters, err := outbox(db, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	services, err := assemble(db, parts{letters: letters, log: serveCommand{LogFormat: "json"}.log(streams{err: io.Discard})})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, routes(db, services, mounts{}), services.Log) }()
	p := &process{address: listener.Addr().String()}
	if status, text := p.call(t, http.MethodGet, "/readyz", "", nil); status != 503 || text != "not ready\n" {
		t.Errorf("a database without tables: %d %q", status, text)
	}
	p.want(t, 200, http.MethodGet, "/healthz", "", nil)
	cancel()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
