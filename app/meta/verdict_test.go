package meta_test

import (
	"slices"
	"testing"
	"time"

	"badala/app/meta"
)

func TestAction(t *testing.T) {
	t.Parallel()
	tests := []struct {
		codes  []int
		status int
		kind   meta.Kind
	}{
		{[]int{4, 80007, 130429, 131057}, 400, meta.RetryNumber},
		{[]int{meta.NoCode}, 429, meta.RetryNumber},
		{[]int{131056}, 400, meta.RetryPair},
		{[]int{1, 2, 131000, 131016, 133004}, 500, meta.RetryMessage},
		{[]int{0, 3, 10, 33, 190, 200, 231, 299, 133010, 368, 130497, 131031}, 400, meta.HoldChannel},
		{[]int{131042}, 400, meta.HoldTemplates},
		{[]int{131048}, 400, meta.HoldBroadcasts},
		{[]int{131049, 130472}, 0, meta.FailForADay},
		{[]int{100, 131008, 131009, 131021, 131026, 131030, 131047, 131051, 131052, 131053, 132000, 132007, 132011, 132012, 131050}, 400, meta.Fail},
		{[]int{132015, 132016}, 400, meta.HoldTemplate},
		{[]int{meta.NoCode, 613, 987654, 300}, 400, meta.Unmapped},
	}
	for _, tt := range tests {
		for _, code := range tt.codes {
			if got := meta.Action(code, tt.status); got.Kind != tt.kind {
				t.Errorf("Action(%d, %d) = %v, want %v", code, tt.status, got.Kind, tt.kind)
			}
		}
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	v := meta.Action(130429, 0)
	if v.Wait(0) != time.Second || v.Wait(5) != 32*time.Second || v.Wait(99) != time.Minute || v.Wait(-1) != time.Second {
		t.Error("the number waits 1, 2, 4 … 60 s")
	}
	if v := meta.Action(131056, 0); v.Wait(4) != 256*time.Second {
		t.Error("the pair waits 1, 4, 16, 64, 256 s")
	}
	if v := meta.Action(2, 0); v.CheckFirst != 10*time.Second || len(v.Waits) != 5 {
		t.Error("the message waits for a status first")
	}
	if meta.Action(131047, 0).Wait(0) != 0 {
		t.Error("a failed message waits for nothing")
	}
}

func TestEveryCodeIsExplained(t *testing.T) {
	t.Parallel()
	keys := meta.ExplainKeys()
	used := map[string]bool{meta.UnknownKey: true}
	for _, code := range append(meta.KnownCodes(), 2388001, 250, 132003) {
		v := meta.Action(code, 0)
		if !slices.Contains(keys, v.Explain) {
			t.Errorf("code %d: %q is not explained", code, v.Explain)
		}
		if p := meta.English(v.Explain); p.Cause == "" || p.Cure == "" {
			t.Errorf("code %d has no cause or no cure", code)
		}
		used[v.Explain] = true
	}
	for _, k := range keys {
		if !used[k] {
			t.Errorf("%s is never used", k)
		}
	}
	if meta.English("meta.none") != meta.English(meta.UnknownKey) {
		t.Error("an unknown key is not explained as unknown")
	}
}

func TestParseError(t *testing.T) {
	t.Parallel()
	e, ok := meta.ParseError(400, []byte(`{"error":{"message":"(#131047) Re-engagement message","type":"OAuthException","code":131047,
		"error_data":{"messaging_product":"whatsapp","details":"More than 24 hours"},"fbtrace_id":"A9x"}}`))
	if !ok || e.Code != 131047 || e.Details != "More than 24 hours" || e.FBTraceID != "A9x" || e.HTTPStatus != 400 {
		t.Fatalf("%+v", e)
	}
	if e.Verdict().Explain != "meta.131047" {
		t.Error(e.Verdict())
	}
	for _, body := range []string{``, `<html>`, `{}`, `{"error":"text"}`, `[1]`, `{"error":null}`} {
		if _, ok := meta.ParseError(500, []byte(body)); ok {
			t.Errorf("%q taken for a Graph error", body)
		}
	}
}
