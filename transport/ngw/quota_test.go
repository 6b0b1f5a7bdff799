package ngw_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
)

// TestQuota answers 402 where a workspace may have no more (spec/ngw.md §5).
func TestQuota(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		limit := func(class string, n int64) {
			t.Helper()
			w.OK(w.Services.Resources.SetLimit(t.Context(), ngwtest.Root(), w.Survey.Num, class, &n))
		}
		check := func(who ngwtest.Person, body any) ngwtest.Answer {
			return w.Call(who, http.MethodPost, "/w/survey/api/component/resource/check_quota", body)
		}
		path := fmt.Sprintf("/api/component/resource/check_quota?parent=%d", top)
		w.Open()
		check(w.Guest, object{"webmap": 1000}).Wants(http.StatusOK).Same(`{"success":true}`)
		limit("webmap", 1)
		limit("", 3)
		w.Plant(w.Editor, "resource_group", top, "one")
		check(w.Guest, object{"webmap": 1, "resource_group": 1}).Wants(http.StatusOK).Same(`{"success":true}`)
		w.Call(w.Guest, http.MethodPost, "/api/component/resource/check_quota", object{"webmap": 1000}).Wants(http.StatusOK)
		w.Serve(w.Request(w.Guest, http.MethodPost, path, object{"webmap": 2})).Wants(http.StatusPaymentRequired).Same(`{"cls":"webmap","required":2,"available":1,
			"message":"Not enough resource quota: 2 required, but only 1 available.","status_code":402,"title":"Quota exceeded",
			"exception":"nextgisweb.resource.exception.QuotaExceeded"}`)
		a := w.Serve(w.Request(w.Editor, http.MethodPost, path, object{"resource_group": 3}))
		if a.Wants(http.StatusPaymentRequired).At("cls") != nil || a.At("required") != 3.0 || a.At("available") != 2.0 {
			t.Errorf("%s", a.Text)
		}
		check(w.Guest, object{"webmap": 0}).Wants(http.StatusOK)
		for _, bad := range []any{object{"spaceship": 1}, object{"webmap": -1}, object{"webmap": "x"}, []any{}} {
			check(w.Guest, bad).Refused(http.StatusUnprocessableEntity, "ValidationError")
		}
		w.Call(w.Guest, http.MethodPost, "/w/survey/api/resource/check_quota", object{"webmap": 1}).Wants(http.StatusOK)

		w.Plant(w.Editor, "webmap", top, "map")
		before := dbtest.Fingerprint(t, w.DB)
		full := func(class string) ngwtest.Failure {
			return w.Call(w.Editor, http.MethodPost, "/api/resource/", object{"resource": object{
				"cls": class, "parent": object{"id": top}, "display_name": "more",
			}}).Refused(http.StatusPaymentRequired, "nextgisweb.resource.exception.QuotaExceeded")
		}
		f := full("webmap")
		if f.Message != "Maximum number of resources exceeded. The limit is 1." || f.Data["cls"] != "webmap" || f.Data["required"] != 1.0 || f.Data["available"] != 0.0 {
			t.Errorf("%v", f)
		}
		if dbtest.Fingerprint(t, w.DB) != before {
			t.Error("a refusal changed something")
		}
		w.Plant(w.Editor, "resource_group", top, "three")
		if f := full("resource_group"); f.Message != "Maximum number of resources exceeded. The limit is 3." || f.Data["cls"] != nil {
			t.Errorf("%v", f)
		}
		w.Call(w.Viewer, http.MethodGet, "/w/survey/api/resource/quota", nil).Wants(http.StatusOK).Same(`{"limit":3,"resource_cls":["webmap"],"count":3}`)
		w.Call(w.Viewer, http.MethodGet, "/api/resource/quota", nil).Wants(http.StatusOK).Same(`{"limit":null,"resource_cls":null,"count":4}`)
		w.Call(w.Outsider, http.MethodGet, fmt.Sprintf("/api/resource/quota?parent=%d", w.Elsewhere.Num), nil).Refused(http.StatusForbidden, "InsufficientPermissions")
		if f := w.Call(w.Outsider, http.MethodPost, fmt.Sprintf("/api/component/resource/check_quota?parent=%d", w.Elsewhere.Num), object{"webmap": 1}).
			Refused(http.StatusForbidden, "InsufficientPermissions"); strings.Contains(f.Message, "Elsewhere") {
			t.Errorf("%v", f)
		}
	})
}

// TestVolume tells how many bytes something takes, to who may read all of it.
func TestVolume(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		folder := w.Plant(w.Editor, "resource_group", top, "folder")
		w.Call(w.Viewer, http.MethodGet, ngwtest.Item(folder)+"/volume", nil).Wants(http.StatusOK).Same(`{"volume":0}`)
		w.Call(w.Viewer, http.MethodGet, ngwtest.Item(folder)+"/volume?recursive=false", nil).Wants(http.StatusOK).Same(`{"volume":0}`)
		w.Call(w.Viewer, http.MethodGet, ngwtest.Item(folder)+"/volume?recursive=perhaps", nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Call(w.Member, http.MethodGet, ngwtest.Item(folder)+"/volume", nil).Refused(http.StatusForbidden, "InsufficientPermissions")
		w.Call(w.Viewer, http.MethodGet, "/api/resource/999999/volume", nil).Refused(http.StatusNotFound, "ResourceNotFound")
	})
}
