package database_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func TestBackup(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		w.fill("a", 7)
		var written bytes.Buffer
		w.leaves(func() { w.OK(w.dbs.Backup(w.Context(), w.manager, "a", &written)) }, "database.backup")
		w.fill("a", 5)
		w.leaves(func() {
			d, err := w.dbs.RestoreFrom(w.Context(), w.manager, "a", bytes.NewReader(written.Bytes()))
			if err != nil || d.Name != "a" {
				w.Errorf("restored is %+v, %v", d, err)
			}
		}, "database.restore")
		if n := w.rooms("a"); n != 7 {
			w.Errorf("%d rooms", n)
		}
		w.consistent()
		for what, from := range map[string]io.Reader{
			"nothing": strings.NewReader(""), "another": strings.NewReader("SQLite format 3"),
			"cut short": bytes.NewReader(written.Bytes()[:written.Len()-1]),
		} {
			w.leaves(func() {
				if _, err := w.dbs.RestoreFrom(w.Context(), w.manager, "a", from); !errors.Is(err, database.ErrBackup) {
					w.Errorf("%s: %v", what, err)
				}
			}, "database.restore", "database.restore_failed")
		}
		if n := w.rooms("a"); n != 7 {
			w.Errorf("%d rooms", n)
		}
		w.consistent()
	})
}

func TestKeptBackups(t *testing.T) {
	each(t, func(w *world) {
		d := w.database("a")
		w.fill("a", 7)
		before := w.used(w.owner)
		var b database.Backup
		w.leaves(func() {
			var err error
			b, err = w.dbs.MakeBackup(w.Context(), w.manager, "a")
			w.OK(err)
		}, "database.make_backup")
		if b.Num == 0 || b.Database != d.ID || b.DatabaseName != "a" || b.Name != "a-20260301T120000Z.backup" || b.State != database.Ready ||
			b.Size == 0 || b.CreatedBy != "manager" || !b.Created.Equal(w.Now()) {
			w.Errorf("made is %+v", b)
		}
		if got := w.used(w.owner) - before; got != b.Size {
			w.Errorf("charged with %d, want %d", got, b.Size)
		}
		w.consistent()
		again, err := w.dbs.MakeBackup(w.Context(), w.manager, "a")
		w.OK(err)
		if again.Name != "a-20260301T120000Z-2.backup" {
			w.Errorf("the second of a moment is %s", again.Name)
		}
		list, n, err := w.dbs.Backups(w.Context(), w.manager, "a", database.BackupFilter{})
		if err != nil || n != 2 || !slices.Equal(list, []database.Backup{b, again}) {
			w.Errorf("kept are %+v, %d, %v", list, n, err)
		}
		var opened database.Backup
		var content []byte
		w.leaves(func() {
			got, from, err := w.dbs.OpenBackup(w.Context(), w.manager, b.Name)
			w.OK(err)
			opened = got
			content, err = io.ReadAll(from)
			w.OK(errors.Join(err, from.Close()))
		}, "database.download_backup")
		sum := sha256.Sum256(content)
		if opened != b || int64(len(content)) != b.Size || hex.EncodeToString(sum[:]) != b.Digest {
			w.Errorf("opened is %+v with %d bytes", opened, len(content))
		}
		w.fill("a", 100)
		w.OK(w.dbs.Measure(w.Context()))
		grown := w.used(w.owner)
		w.leaves(func() {
			_, err := w.dbs.RestoreBackup(w.Context(), w.manager, b.Name)
			w.OK(err)
		}, "database.restore")
		if n := w.rooms("a"); n != 7 || w.used(w.owner) >= grown {
			w.Errorf("%d rooms, charged with %d and not less than %d", n, w.used(w.owner), grown)
		}
		// It goes with its database, whatever that is called.
		_, err = w.dbs.Rename(w.Context(), w.manager, "a", "b")
		w.OK(err)
		w.database("a")
		list, _, err = w.dbs.Backups(w.Context(), w.manager, "b", database.BackupFilter{Newest: true})
		if err != nil || !slices.Equal(list, []database.Backup{again, b}) {
			w.Errorf("kept are %+v, %v", list, err)
		}
		if third, err := w.dbs.MakeBackup(w.Context(), w.manager, "a"); err != nil || third.Name != "a-20260301T120000Z-3.backup" {
			w.Errorf("the first of another is %+v, %v", third, err)
		}
		w.fill("b", 1)
		if _, err := w.dbs.RestoreBackup(w.Context(), w.manager, b.Name); err != nil || w.rooms("b") != 7 {
			w.Errorf("restored are %d, %v", w.rooms("b"), err)
		}
		w.leaves(func() { w.OK(w.dbs.DeleteBackup(w.Context(), w.manager, b.Name)) }, "database.delete_backup")
		w.consistent()
		_, _, err = w.dbs.OpenBackup(w.Context(), w.manager, b.Name)
		w.Wants(err, database.ErrNotFound)
	})
}

// What was changed on the disk is not restored.
func TestTamperedBackup(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		w.fill("a", 7)
		b, err := w.dbs.MakeBackup(w.Context(), w.manager, "a")
		w.OK(err)
		w.fill("a", 1)
		// A sound backup of another content, and what is none.
		var other bytes.Buffer
		w.OK(w.dbs.Backup(w.Context(), w.manager, "a", &other))
		file := filepath.Join(w.dir, b.File())
		content, err := os.ReadFile(file)
		w.OK(err)
		w.real.fail(func(method string, _ database.Name) error {
			if method == "Restore" {
				w.Error("it was given to be restored")
			}
			return nil
		})
		for what, text := range map[string][]byte{
			"another": other.Bytes(), "cut short": content[:len(content)-1], "longer": append(slices.Clone(content), 0), "empty": {},
		} {
			w.OK(os.WriteFile(file, text, 0o600))
			if _, err := w.dbs.RestoreBackup(w.Context(), w.manager, b.Name); !errors.Is(err, database.ErrBackup) {
				w.Errorf("%s: %v", what, err)
			}
		}
		w.OK(os.Remove(file))
		_, err = w.dbs.RestoreBackup(w.Context(), w.manager, b.Name)
		w.Wants(err, database.ErrBackup)
		_, _, err = w.dbs.OpenBackup(w.Context(), w.manager, b.Name)
		w.Wants(err, database.ErrBackup)
		w.real.fail(nil)
		if n := w.rooms("a"); n != 8 {
			w.Errorf("%d rooms", n)
		}
		w.OK(os.WriteFile(file, content, 0o600))
		if _, err = w.dbs.RestoreBackup(w.Context(), w.manager, b.Name); err != nil || w.rooms("a") != 7 {
			w.Errorf("restored are %d, %v", w.rooms("a"), err)
		}
	})
}

// A backup for which there is no room ends where there is none, and leaves
// nothing.
func TestBackupExceeds(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		w.fill("a", 3000)
		w.OK(w.dbs.Measure(w.Context()))
		exceeded := func() {
			w.Helper()
			_, err := w.dbs.MakeBackup(w.Context(), w.manager, "a")
			if e, ok := errors.AsType[*quota.ExceededError](err); !ok || e.Kind != quota.Databases || e.Holder != quota.Holder(w.owner.ID) {
				w.Errorf("error %v, want an ExceededError", err)
			}
			w.consistent()
			if len(w.kept()) != 0 {
				w.Errorf("kept are %v", w.kept())
			}
		}
		w.limit(w.used(w.owner) + 1000)
		w.dbs.AtStep(func(name string) {
			if name == "written" {
				w.Error("it was written to the end")
			}
		})
		exceeded()
		w.limit(1_000_000_000)
		// There is none any more when all is written.
		w.dbs.AtStep(func(name string) {
			if name == "written" {
				w.limit(1)
			}
		})
		exceeded()
		w.dbs.AtStep(func(string) {})
		w.limit(1_000_000_000)
		broken := errors.New("broken")
		w.files.fail.Store(&broken)
		_, err := w.dbs.MakeBackup(w.Context(), w.manager, "a")
		w.Wants(err, broken)
		w.files.fail.Store(nil)
		w.OK(w.dbs.Reconcile(w.Context()))
		w.consistent()
		w.real.fail(func(method string, _ database.Name) error {
			if method == "Backup" {
				return broken
			}
			return nil
		})
		_, err = w.dbs.MakeBackup(w.Context(), w.manager, "a")
		w.Wants(err, broken)
		w.real.fail(nil)
		w.consistent()
		if len(w.kept()) != 0 {
			w.Errorf("kept are %v", w.kept())
		}
		_, err = w.dbs.MakeBackup(w.Context(), w.manager, "a")
		w.OK(err)
		w.consistent()
	})
}

// While some back up, others lock, and nobody takes the name away.
func TestBackupsAtOnce(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		w.fill("a", 10)
		begun, end := make(chan bool), make(chan bool)
		var at atomic.Int64
		w.real.fail(func(method string, _ database.Name) error {
			if method != "Backup" {
				return nil
			}
			if at.Add(1) > database.Readers {
				return errBroken
			}
			begun <- true
			<-end
			return nil
		})
		var all sync.WaitGroup
		for range database.Readers {
			all.Go(func() {
				if err := w.dbs.Backup(w.Context(), w.manager, "a", io.Discard); err != nil {
					w.Error(err)
				}
			})
		}
		for range database.Readers {
			<-begun
		}
		_, err := w.dbs.MakeBackup(w.Context(), w.manager, "a")
		w.Wants(err, database.ErrBusy)
		_, err = w.dbs.Rename(w.Context(), w.manager, "a", "b")
		w.Wants(err, database.ErrBusy)
		w.Wants(w.dbs.Delete(w.Context(), w.manager, "a"), database.ErrBusy)
		_, _, err = w.dbs.Lock(w.Context(), w.manager, "a")
		w.OK(err)
		_, _, err = w.dbs.EndSessions(w.Context(), w.manager, "a")
		w.OK(err)
		w.OK(w.dbs.Reconcile(w.Context()))
		w.consistent()
		close(end)
		all.Wait()
		w.real.fail(nil)
		w.OK(w.dbs.Delete(w.Context(), w.manager, "a"))
		w.consistent()
	})
}

// Backups of a database that is written to meanwhile are of one instant each.
func TestBackupUnderLoad(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		db := w.connect("a")
		for _, statement := range []string{
			"PRAGMA busy_timeout = 10000", "CREATE TABLE accounts (id INTEGER PRIMARY KEY, amount INTEGER)",
			"INSERT INTO accounts VALUES (1, 1000), (2, 0)", "CREATE TABLE filler (text TEXT)",
		} {
			_, err := db.ExecContext(w.Context(), statement)
			w.OK(err)
		}
		ctx, stop := context.WithCancel(w.Context())
		var all sync.WaitGroup
		moved := 0
		all.Go(func() {
			for ctx.Err() == nil {
				tx, err := db.BeginTx(w.Context(), nil)
				if err != nil {
					continue
				}
				_, one := tx.ExecContext(w.Context(), "UPDATE accounts SET amount = amount - 1 WHERE id = 1")
				_, two := tx.ExecContext(w.Context(), "INSERT INTO filler VALUES (hex(zeroblob(200)))")
				_, three := tx.ExecContext(w.Context(), "UPDATE accounts SET amount = amount + 1 WHERE id = 2")
				if errors.Join(one, two, three) != nil {
					_ = tx.Rollback()
					continue
				}
				if tx.Commit() == nil {
					moved++
				}
			}
		})
		var list []database.Backup
		for range 5 {
			time.Sleep(30 * time.Millisecond)
			b, err := w.dbs.MakeBackup(w.Context(), w.manager, "a")
			w.OK(err)
			list = append(list, b)
		}
		stop()
		all.Wait()
		w.OK(db.Close())
		if moved < 5 {
			w.Errorf("only %d changes were made meanwhile", moved)
		}
		last := -1
		for _, b := range list {
			_, err := w.dbs.RestoreBackup(w.Context(), w.manager, b.Name)
			w.OK(err)
			read := w.connect("a")
			var sum, second, rows int
			w.OK(read.QueryRowContext(w.Context(), "SELECT SUM(amount), (SELECT amount FROM accounts WHERE id = 2), (SELECT COUNT(*) FROM filler) FROM accounts").Scan(&sum, &second, &rows))
			w.OK(read.Close())
			if sum != 1000 || second != rows || rows < last {
				w.Errorf("%s has %d in all, %d moved in %d steps, after %d", b.Name, sum, second, rows, last)
			}
			last = rows
		}
		w.OK(w.dbs.Measure(w.Context()))
		w.consistent()
	})
}

// Names that are none reach neither the database nor the disk.
func TestHostileBackupNames(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		b, err := w.dbs.MakeBackup(w.Context(), w.manager, "a")
		w.OK(err)
		w.real.fail(func(method string, name database.Name) error {
			w.Errorf("%s of %q", method, name)
			return nil
		})
		refused := func(name database.BackupName) {
			w.Helper()
			_, content, opened := w.dbs.OpenBackup(w.Context(), w.manager, name)
			_, restored := w.dbs.RestoreBackup(w.Context(), w.manager, name)
			for _, err := range []error{opened, restored, w.dbs.DeleteBackup(w.Context(), w.manager, name)} {
				if !errors.Is(err, database.ErrName) || content != nil || len(name) > 3 && strings.Contains(err.Error(), string(name)) {
					w.Errorf("%q: %v", name, err)
				}
			}
		}
		names := strange(string(b.Name), 10_000)
		w.Fault.Set(1 << 40)
		for _, name := range names {
			if _, err := database.ParseBackupName(name); err == nil {
				w.Errorf("%q is a name", name)
				continue
			}
			refused(database.BackupName(name))
		}
		if asked := w.Fault.Clear(); asked != 0 {
			w.Errorf("the database was asked %d times", asked)
		}
		if parsed, err := database.ParseBackupName(string(b.Name)); err != nil || parsed != b.Name {
			w.Errorf("%s: %v", b.Name, err)
		}
		w.real.fail(nil)
		w.consistent()
	})
}

// strange returns names that are none, made of one that is.
func strange(sound string, n int) []string {
	parts := []string{
		"../", "..\\", "/", "\\", "\x00", "'", `"`, ";", "`", "$(id)", "%2e%2e%2f", "\n", "\r", "\t", " ", "\u202e", "\u00e9", "\xff", "*", "?", "<", ">", "|", "&",
		"' OR '1'='1", "../../../../etc/passwd", "C:", "~", ".", "{", "\U0001F512", "A", "//",
	}
	seen := map[string]bool{}
	var list []string
	add := func(name string) {
		if len(list) < n && !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	add("")
	for _, part := range parts {
		for i := range len(sound) + 1 {
			add(sound[:i] + part + sound[i:])
			if i < len(sound) {
				add(sound[:i] + part)
				add(part + sound[i+1:] + part)
			}
		}
	}
	for _, one := range parts {
		for _, two := range parts {
			for i := 0; i <= len(sound); i += 2 {
				add(sound[:i] + one + sound[i:] + two)
				add(one + sound[:i] + two + sound[i:])
			}
		}
	}
	return list
}

// Without files, backups are downloaded and not kept.
func TestNoFiles(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		kept, err := w.dbs.MakeBackup(w.Context(), w.manager, "a")
		w.OK(err)
		w.dbs = w.service(&database.Options{})
		w.OK(w.dbs.Backup(w.Context(), w.manager, "a", io.Discard))
		_, err = w.dbs.MakeBackup(w.Context(), w.manager, "a")
		w.Wants(err, database.ErrNoFiles)
		_, _, err = w.dbs.OpenBackup(w.Context(), w.manager, kept.Name)
		w.Wants(err, database.ErrNoFiles)
		_, err = w.dbs.RestoreBackup(w.Context(), w.manager, kept.Name)
		w.Wants(err, database.ErrNoFiles)
		w.Wants(w.dbs.DeleteBackup(w.Context(), w.manager, kept.Name), database.ErrNoFiles)
		w.Wants(w.dbs.DeleteBackup(w.Context(), w.Mallory, kept.Name), database.ErrNotFound)
		w.consistent()
		none := database.New(w.DB.Databases(), nil, w.Workspaces, w.Rights, w.Quotas, w.DB.Trail(), nil)
		w.Wants(none.Backup(w.Context(), w.manager, "a", io.Discard), database.ErrNoProvisioner)
		w.OK(none.Reconcile(w.Context()))
		w.OK(none.Measure(w.Context()))
		if d, err := none.Database(w.Context(), w.manager, "a"); err != nil || d.Name != "a" {
			w.Errorf("read is %+v, %v", d, err)
		}
		p := w.project("p", "")
		w.OK(none.SetDatabase(w.Context(), w.manager, p.ID, "a"))
		_, _, err = none.Access(w.Context(), w.manager, p.ID)
		w.Wants(err, database.ErrNoProvisioner)
		w.Wants(none.Delete(w.Context(), w.Mallory, "a"), database.ErrNotFound)
	})
}
