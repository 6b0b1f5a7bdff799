package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"github.com/bailiwick-sdk/bailiwick/internal/logtest"
)

// adminPassword is the administrator's in the tests of commands that talk to a
// server.
const adminPassword = "the administrators own word"

// prefixes keep the databases of servers that share a cluster apart.
var prefixes atomic.Int64

// serveHere serves the demonstration in this process, and returns where, with
// what the server logs.
func serveHere(t *testing.T, database string) (address string, log *logtest.Journal) {
	t.Helper()
	dir := t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	out, log := &logtest.Journal{}, &logtest.Journal{}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{
			"serve", "--demo", "--listen", "127.0.0.1:0", "--database", database, "--admin-password", adminPassword,
			"--secret-file", filepath.Join(dir, "secret"), "--mail-folder", filepath.Join(dir, "mail"), "--files", filepath.Join(dir, "files"),
			"--database-prefix", fmt.Sprintf("c%d-", prefixes.Add(1)), "--database-template", "everybodys",
		}, streams{in: strings.NewReader(""), out: out, err: log})
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("the server ended with %d:\n%s", code, log)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", log)
		}
	})
	told := regexp.MustCompile(`state +(http://127\.0\.0\.1:\d+)/healthz`)
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if at := told.FindStringSubmatch(out.String()); at != nil {
			return at[1], log
		}
		if len(ended) > 0 {
			break
		}
	}
	t.Fatalf("the server does not start:\n%s%s", out, log)
	return "", nil
}

// masked takes out of a text what no two runs have in common, and keeps its
// width.
func masked(text string) string {
	for _, of := range []struct{ expression, mask string }{
		{`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "<identifier>------------------------"},
		{`\d{4}-\d{2}-\d{2} \d{2}:\d{2}\b`, "<time>----------"},
		{`bwk_[0-9A-Za-z]{61}`, "bwk_<secret>"},
		{`bwk_[0-9A-Za-z]{12}\b`, "bwk_<prefix>----"},
		{`key-[0-9a-z]{12}@`, "key-<prefix>----@"},
		{`https?://127\.0\.0\.1:\d+`, "http://server"},
	} {
		text = regexp.MustCompile(of.expression).ReplaceAllString(text, of.mask)
	}
	var list []string
	for line := range strings.Lines(text) {
		list = append(list, strings.TrimRight(line, " \n"))
	}
	return strings.Join(list, "\n")
}

// prints is a command of scripts: "prints FILE" wants what the last command
// printed to be what is in the file, and "prints FILE WORD" the lines with a word
// in them.
func prints(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 || len(args) > 2 {
		ts.Fatalf("usage: prints FILE [WORD]")
	}
	got := masked(ts.ReadFile("stdout"))
	if len(args) == 2 {
		got = strings.Join(slices.DeleteFunc(strings.Split(got, "\n"), func(line string) bool { return !strings.Contains(line, args[1]) }), "\n")
	}
	if want := strings.TrimRight(ts.ReadFile(args[0]), "\n"); got != want {
		ts.Fatalf("it printed\n%s\n\nwant\n%s", got, want)
	}
}

// ends is a command of scripts: "ends 3 bailiwick …" runs a command and wants it
// to end with a status. What it writes is in the files out and err.
func ends(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: ends STATUS COMMAND…")
	}
	script := `"$@" >out 2>err </dev/null; echo $? >status`
	ts.Check(ts.Exec("bash", append([]string{"-c", script, "bash"}, args[1:]...)...))
	ts.Logf("%s%s", ts.ReadFile("out"), ts.ReadFile("err"))
	if got := strings.TrimSpace(ts.ReadFile("status")); got != args[0] {
		ts.Fatalf("it ended with %s, want %s", got, args[0])
	}
}

// TestRemote runs the command lines in testdata/remote against a server with the
// demonstration, on both databases. No secret may come into its log.
func TestRemote(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/remote/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("found %v, %v", scripts, err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txtar"), func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, database string) {
				address, log := serveHere(t, database)
				t.Run("script", func(t *testing.T) {
					testscript.Run(t, testscript.Params{
						Files: []string{script},
						Cmds:  map[string]func(ts *testscript.TestScript, neg bool, args []string){"prints": prints, "ends": ends},
						Setup: func(env *testscript.Env) error {
							env.Setenv("SERVER", address)
							env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
							env.Setenv("ELSEWHERE", strings.Replace(address, "127.0.0.1", "localhost", 1))
							env.Setenv("TZ", "UTC")
							env.Setenv("SOON", time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
							return os.WriteFile(filepath.Join(env.WorkDir, "password"), []byte(adminPassword+"\n"), 0o600)
						},
					})
				})
				told := log.String()
				for _, secret := range []string{adminPassword, demoPassword} {
					if strings.Contains(told, secret) {
						t.Errorf("the log tells %q", secret)
					}
				}
				if leaked := regexp.MustCompile(`bwk_[0-9A-Za-z]{40,}`).FindString(told); leaked != "" {
					t.Errorf("the log tells the key %q", leaked)
				}
			})
		})
	}
}

// TestAmounts reads amounts as people write them, and refuses what is none.
func TestAmounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "500": 500, "10k": 10_000, "10K": 10_000, "10kB": 10_000, "3M": 3_000_000, "2G": 2_000_000_000, "1T": 1_000_000_000_000,
		"1Ki": 1024, "1KiB": 1024, "2GiB": 2 << 30, "9223372036854775807": 9223372036854775807,
	} {
		got, err := amount(text)
		if err != nil || got.MustGet() != want {
			t.Errorf("%s is %v (%v), want %d", text, got, err, want)
		}
	}
	if got, err := amount("none"); err != nil || !got.IsNull() {
		t.Errorf("none is %v (%v)", got, err)
	}
	for _, text := range []string{"", "-1", "k", "B", "i", "10i", "1.5G", "10 G", "9223372036854775808", "10000000T", "10X", "0x10"} {
		if got, err := amount(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// TestClean wants nothing that others chose to reach a terminal as more than
// text.
func TestClean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Ève Online":         "Ève Online",
		"a\tb\nc":            "a\uFFFDb\uFFFDc",
		"\x1b[31mred\x1b[0m": "\uFFFD[31mred\uFFFD[0m",
		"\u202Eback\u2066":   "\uFFFDback\uFFFD",
		"\u009b2Jnothing":    "\uFFFD2Jnothing",
		"":                   "-",
	} {
		if got := shown(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

// TestServerAddress wants one spelling of each address, since a token is sent
// where it came from and nowhere else.
func TestServerAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://maps.example.org":         "https://maps.example.org",
		"https://MAPS.example.org/":        "https://maps.example.org",
		"https://maps.example.org/api/v1/": "https://maps.example.org",
		"https://example.org/maps/api/v1":  "https://example.org/maps",
		"http://127.0.0.1:8080":            "http://127.0.0.1:8080",
	} {
		if got, err := serverAddress(text); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "maps.example.org", "ftp://example.org", "https://", "https://me:secret@example.org", "https://example.org?a=b", "https://example.org#a"} {
		_, err := serverAddress(text)
		if err == nil {
			t.Errorf("%q is an address", text)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q is told", err)
		}
	}
}

// TestAskSecret wants what is typed as a password not to be shown.
func TestAskSecret(t *testing.T) {
	t.Parallel()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("there are no terminals here: ", err)
	}
	defer screen.Close()
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	keyboard, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	quiet := func() bool {
		state, err := unix.IoctlGetTermios(int(keyboard.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		return state.Lflag&unix.ECHO == 0
	}
	if quiet() {
		t.Fatal("the terminal shows nothing from the start")
	}
	told := make(chan string, 1)
	go func() {
		text, err := streams{in: keyboard, out: io.Discard, err: io.Discard}.askSecret("Password: ")
		if err != nil {
			text = err.Error()
		}
		told <- text
	}()
	for deadline := time.Now().Add(time.Minute); !quiet(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what is typed is shown")
		}
	}
	if _, err := screen.WriteString("correct horse\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-told; got != "correct horse" {
		t.Errorf("it read %q", got)
	}
	if quiet() {
		t.Error("the terminal shows nothing afterwards")
	}
}

// TestDepart wants just what was shown to be done: the token of the preview
// comes with the departure, and nothing is done that is blocked, or only tried.
func TestDepart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		flags   changeFlags
		sure    bool
		plan    string
		status  int
		departs bool
	}{
		"done":    {sure: true, plan: `{"name":"a","token":"seen"}`, departs: true},
		"tried":   {flags: changeFlags{DryRun: true}, sure: true, plan: `{"name":"a","token":"seen"}`},
		"blocked": {sure: true, plan: `{"name":"a","token":"seen","blockers":[{"code":"supervisor","text":"no"}]}`, status: statusConflict},
		"unsure":  {plan: `{"name":"a","token":"seen"}`, status: statusUsage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			departs := false
			err := departure{what: "a", send: func(dry *bool, token string) ([]byte, error) {
				if value(dry) {
					return []byte(test.plan), nil
				}
				departs = true
				if token != "seen" {
					t.Errorf("the token is %q", token)
				}
				return []byte("{}"), nil
			}}.depart(streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard}, test.flags, sureFlag{Yes: test.sure})
			status := 0
			if err != nil {
				status = statusOf(err)
			}
			if status != test.status || departs != test.departs {
				t.Errorf("it ended with %d (%v), departed %v", status, err, departs)
			}
		})
	}
}
