package workspace_test

import (
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestShareHistory asks for histories of a share as who may and who may not, and
// for spans of all sorts.
func TestShareHistory(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		t.Helper()
		w := settle(t, db)
		ada, boss := w.user("ada")
		in, other := w.workspace("here", ada, ""), w.workspace("there", ada, "")
		_, reader := w.member(in, "reader", workspace.RoleViewer)
		late, suspended := w.member(in, "late")
		_, err := w.Suspend(w.ctx(), w.admin, in.ID, late.Num)
		w.must(err)
		_, stranger := w.user("stranger")
		pool := w.pool(quota.Storage, "files")
		share, err := w.Allot(w.ctx(), w.admin, in.ID, pool, workspace.SlotData, 50)
		w.must(err)
		w.must(w.meter.Consume(w.ctx(), share.ID, 7, quota.Reason{}))
		w.clock.pass(36 * time.Hour)
		w.must(w.meter.Release(w.ctx(), share.ID, 2, quota.Reason{}))
		now := w.clock.now().UTC().Truncate(time.Microsecond)

		const day = 24 * time.Hour
		for _, c := range []struct {
			name   string
			span   workspace.Span
			points int
			step   time.Duration
			first  time.Time
			last   time.Time
		}{
			{"nothing said", workspace.Span{}, 32, day, now.Add(-30 * day).Truncate(day), now},
			{"by the hour", workspace.Span{Step: time.Hour}, 7*24 + 2, time.Hour, now.Add(-7 * day).Truncate(time.Hour), now},
			{"an end to come", workspace.Span{From: now.Add(-day), To: now.Add(day)}, 3, day, now.Add(-day).Truncate(day), now},
			{"an end", workspace.Span{To: now.Add(-time.Hour)}, 32, day, now.Add(-time.Hour).Add(-30 * day).Truncate(day), now.Add(-time.Hour)},
		} {
			for _, who := range []workspace.Actor{boss, reader, w.admin} {
				h, err := w.ShareHistory(w.ctx(), who, in.ID, pool, workspace.SlotData, c.span)
				w.must(err)
				first, last := h.Points[0], h.Points[len(h.Points)-1]
				if n := len(h.Points); n < c.points-1 || n > c.points || h.Step != c.step || h.Limit != 50 || h.Pool.ID != pool ||
					!first.At.Equal(c.first) || !last.At.Equal(c.last) || first.Use != 0 && c.name != "an end to come" {
					t.Errorf("%s: %d points of %s, %v to %v; want %d", c.name, n, h.Step, first, last, c.points)
				}
				if want := map[bool]int64{true: 5, false: 7}[c.last.Equal(now)]; last.Use != want {
					t.Errorf("%s: %d at last, want %d", c.name, last.Use, want)
				}
			}
		}
		for field, span := range map[string][]workspace.Span{
			"from": {{From: now}, {From: now.Add(time.Hour)}, {From: now.Add(-time.Hour), To: now.Add(-2 * time.Hour)}},
			"step": {{Step: -day}, {Step: time.Second}, {From: now.Add(-401 * day)}, {Step: day + 1}},
		} {
			for _, s := range span {
				_, err := w.ShareHistory(w.ctx(), boss, in.ID, pool, workspace.SlotData, s)
				wantInvalid(t, err, field)
				_, err = w.PoolHistory(w.ctx(), w.admin, pool, s)
				wantInvalid(t, err, field)
			}
		}
		for _, c := range []struct {
			name  string
			actor workspace.Actor
			in    workspace.ID
			pool  quota.PoolID
			slot  string
			want  error
		}{
			{"who is suspended", suspended, in.ID, pool, workspace.SlotData, workspace.ErrNotFound},
			{"a stranger", stranger, in.ID, pool, workspace.SlotData, workspace.ErrNotFound},
			{"of another slot", boss, in.ID, pool, workspace.SlotAnnexes, workspace.ErrNotFound},
			{"of another workspace", boss, other.ID, pool, workspace.SlotData, workspace.ErrNotFound},
			{"of no pool", boss, in.ID, quota.PoolID(uid.New()), workspace.SlotData, workspace.ErrNotFound},
		} {
			_, err := w.ShareHistory(w.ctx(), c.actor, c.in, c.pool, c.slot, workspace.Span{})
			wantErr(t, err, c.want)
		}
		_, err = w.PoolHistory(w.ctx(), boss, pool, workspace.Span{})
		wantErr(t, err, rbac.ErrDenied)
		_, err = w.PoolHistory(w.ctx(), w.admin, quota.PoolID(uid.New()), workspace.Span{})
		wantErr(t, err, workspace.ErrNotFound)
	})
}
