package provision_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// TestBackupUnderLoad has writers move amounts between two tables and count what
// they do in both, and wants each backup, and each copy where one can be made
// meanwhile, to be what was there between two transactions.
func TestBackupUnderLoad(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		const accounts, total = 50, 100000
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE l (id int PRIMARY KEY, amount int, moves int)", "CREATE TABLE r (id int PRIMARY KEY, amount int, moves int)")
		db := p.session(t, "one")
		for i := range accounts {
			run(t, db, fmt.Sprintf("INSERT INTO l VALUES (%d, %d, 0)", i, total/accounts), fmt.Sprintf("INSERT INTO r VALUES (%d, 0, 0)", i))
		}
		ctx, cancel := context.WithCancel(context.Background())
		var group sync.WaitGroup
		for w := range 3 {
			group.Go(func() {
				for i := w; ctx.Err() == nil; i += 7 {
					if err := move(db, i%accounts, (i*31)%accounts, i%13); err != nil && ctx.Err() == nil {
						t.Errorf("move: %v", err)
						return
					}
				}
			})
		}
		var backups [][]byte
		for i := range 4 {
			time.Sleep(50 * time.Millisecond)
			backups = append(backups, p.backup(t, "one"))
			if p.kind == "folder" {
				p.create(t, database.Name(fmt.Sprintf("copy%d", i)), "one")
			}
		}
		cancel()
		group.Wait()
		last := -1
		for i, backup := range backups {
			name := database.Name(fmt.Sprintf("back%d", i))
			if err := p.Restore(t.Context(), name, bytes.NewReader(backup)); err != nil {
				t.Fatal(err)
			}
			moves := balanced(t, p, name, total)
			if moves <= last {
				t.Errorf("backup %d of %d moves after one of %d", i, moves, last)
			}
			last = moves
			if p.kind == "folder" {
				balanced(t, p, database.Name(fmt.Sprintf("copy%d", i)), total)
			}
		}
	})
}

// move is one transaction that leaves half-way what it moves out of both.
func move(db *sql.DB, from, to, amount int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	// All rows in one order, so that nobody waits for another in a circle.
	for _, statement := range []string{
		"UPDATE l SET moves = moves + 1 WHERE id = 0",
		fmt.Sprintf("UPDATE l SET amount = amount - %d WHERE id = %d", amount, from),
		fmt.Sprintf("UPDATE r SET amount = amount + %d WHERE id = %d", amount, to),
		"UPDATE r SET moves = moves + 1 WHERE id = 0",
	} {
		if _, err := tx.Exec(statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func balanced(t *testing.T, p *place, name database.Name, total int) int {
	t.Helper()
	db := p.session(t, name)
	var sum, left, right int
	err := db.QueryRow(`SELECT (SELECT sum(amount) FROM l) + (SELECT sum(amount) FROM r), (SELECT sum(moves) FROM l), (SELECT sum(moves) FROM r)`).
		Scan(&sum, &left, &right)
	if err != nil || sum != total || left != right {
		t.Errorf("%s: sum %d of %d, %d moves on one side and %d on the other, %v", name, sum, total, left, right, err)
	}
	return left
}
