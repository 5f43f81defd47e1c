package gatewaytest_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestProcess_IsNotReadyWhileNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	r := tn.serve()
	rdb := tn.redis.Client()
	// A Redis that waits for replicas it does not have answers reads and refuses writes.
	if err := rdb.ConfigSet(t.Context(), "min-replicas-to-write", "1").Err(); err != nil {
		t.Fatal(err)
	}
	if got := get(r.metrics, "/readyz"); !strings.HasPrefix(got, "503 ") {
		t.Errorf("/readyz while Redis refuses writes = %q, want 503", got)
	}
	if code := tn.post(r, inbound("SMrefused", "+84935440001", "em bi danh")); code != http.StatusServiceUnavailable {
		t.Errorf("webhook while Redis refuses writes answered %d, want 503 so that the carrier repeats it", code)
	}
	if err := rdb.ConfigSet(t.Context(), "min-replicas-to-write", "0").Err(); err != nil {
		t.Fatal(err)
	}
	tn.eventually("it is ready again", func() bool { return get(r.metrics, "/readyz") == "200 ok\n" })
	if code := tn.post(r, inbound("SMrefused", "+84935440001", "em bi danh")); code != http.StatusOK {
		t.Errorf("the repeated webhook answered %d, want 200", code)
	}
}
