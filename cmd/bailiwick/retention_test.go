package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A server forgets what the policy says, and what is left verifies.
func TestAuditRetention(t *testing.T) {
	t.Parallel()
	address := "sqlite:" + filepath.Join(t.TempDir(), "bailiwick.db")
	start(t, address, "--demo").ready(t).stop(t)
	p := start(t, address, "--audit-retention", "1ms").ready(t)
	for deadline := time.Now().Add(time.Minute); strings.Count(p.log.String(), "trail pruned") < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing was pruned")
		}
	}
	p.stop(t)
	var out, log bytes.Buffer
	code := run(t.Context(), []string{"audit", "verify", "--database", address}, streams{in: strings.NewReader(""), out: &out, err: &log})
	if code != 0 || strings.Count(out.String(), "\n") < 2 {
		t.Errorf("audit verify: %d\n%s%s", code, &out, &log)
	}
	t.Logf("%s", &out)
}

// Without a secret nothing can be signed, and so nothing forgotten.
func TestAuditRetentionNeedsASecret(t *testing.T) {
	t.Parallel()
	var out, log bytes.Buffer
	args := []string{"serve", "--database", "postgres://127.0.0.1:1/none", "--audit-retention", "1h"}
	if code := run(t.Context(), args, streams{in: strings.NewReader(""), out: &out, err: &log}); code == 0 || !strings.Contains(log.String(), "--secret-file") {
		t.Errorf("serve: %d\n%s%s", code, &out, &log)
	}
}

// How long keys live is the server's policy.
func TestKeyPolicy(t *testing.T) {
	t.Parallel()
	address := "sqlite:" + filepath.Join(t.TempDir(), "bailiwick.db")
	key := func(life time.Duration) map[string]any {
		body := map[string]any{"title": "Scripts"}
		if life > 0 {
			body["expires"] = time.Now().Add(life).UTC().Format(time.RFC3339)
		}
		return body
	}
	strict := start(t, address, "--key-life", "1h", "--admin-password", "the-password-of-admin").ready(t)
	const path, who = "/api/v1/me/keys", "admin:the-password-of-admin"
	strict.want(t, 400, "POST", path, who, key(2*time.Hour))
	strict.want(t, 400, "POST", path, who, key(0))
	strict.want(t, 201, "POST", path, who, key(time.Hour/2))
	strict.stop(t)
	lenient := start(t, address, "--endless-keys").ready(t)
	lenient.want(t, 201, "POST", path, who, key(0))
	lenient.stop(t)
}
