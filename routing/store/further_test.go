package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
)

// TestLoad_WhatContactsSaidOfTheirDuty: the last word of each counts, in every Load and by itself.
func TestLoad_WhatContactsSaidOfTheirDuty(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		until := time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC)
		for _, ch := range []routing.DutyChange{
			{Contact: "lan", Duty: routing.Duty{Until: until}},
			{Contact: "hoa", Duty: routing.Duty{On: true, Until: until}},
			{Contact: "lan", Duty: routing.Duty{On: true, Until: until.Add(time.Hour)}},
		} {
			if err := f.store.Commit(f.ctx, f.line, "", until, routing.Decision{Duty: []routing.DutyChange{ch}}); err != nil {
				t.Fatalf("Commit = %v, want no error", err)
			}
		}
		want := map[contacts.ID]routing.Duty{
			"lan": {On: true, Until: until.Add(time.Hour)}, "hoa": {On: true, Until: until},
		}
		l, err := f.store.Load(f.ctx, f.query(f.text("+84905000009", "xin chào")))
		if diff := cmp.Diff(want, l.Duty); err != nil || diff != "" {
			t.Errorf("Load().Duty (%v) (-want +got):\n%s", err, diff)
		}
		got, err := f.store.Duty(f.ctx, ward)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Duty (%v) (-want +got):\n%s", err, diff)
		}
	})
}

// TestLoad_ACaseByItsCodeIsNotOnTheContactsList: who names a case by its code is told nothing by their list.
func TestLoad_ACaseByItsCodeIsNotOnTheContactsList(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		c := f.commit(f.text("+84905000009", "cứu tôi")).Cases[0].After
		for _, tt := range []struct {
			name   string
			from   string
			code   routing.Code
			listed int
			coded  routing.CaseID
		}{
			{"of nobody the case was told to", "+84905000003", c.Code, 0, c.ID},
			{"of a contact who was alerted", "+84905000001", c.Code, 1, c.ID},
			{"a code that no case has", "+84905000003", "W9W9", 0, ""},
			{"no code", "+84905000001", "", 1, ""},
		} {
			q := f.query(f.text(tt.from, "xong"))
			q.Coded = tt.code
			l, err := f.store.Load(f.ctx, q)
			if err != nil {
				t.Fatalf("Load = %v, want no error", err)
			}
			coded := routing.CaseID("")
			if l.State.Coded != nil {
				coded = l.State.Coded.ID
			}
			if len(l.State.Cases) != tt.listed || coded != tt.coded {
				t.Errorf("Load(%s) has %d cases and %q by its code, want %d and %q", tt.name, len(l.State.Cases), coded, tt.listed, tt.coded)
			}
			if tt.listed == 1 && tt.coded != "" && l.State.Coded != l.State.Cases[0] {
				t.Errorf("Load(%s): the case is there twice, want once", tt.name)
			}
		}
	})
}

// TestCase_EveryFurtherFieldIsKept: who joined, who lost the case and what became of each alert come back as
// they were stored, and so does a muted phone.
func TestCase_EveryFurtherFieldIsKept(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		f.commit(f.text("+84905000009", "cứu tôi"))
		e := f.text("+84905000009", "NGUNG")
		l, err := f.store.Load(f.ctx, f.query(e))
		if err != nil {
			t.Fatalf("Load = %v, want no error", err)
		}
		changed, person := *l.State.Own, l.State.Persons[e.Key]
		changed.Joined, changed.Barred = []contacts.ID{"hoa", "ca"}, []contacts.ID{"lan"}
		changed.Alerts[0].Beside, changed.Alerts[0].Declined = true, true
		changed.Alerts[0].LostAt = l.Now
		changed.Deadlines = append(changed.Deadlines, routing.Deadline{Kind: routing.BesideEnds, At: l.Now.Add(time.Minute)})
		person.Muted = true
		d := routing.Decision{Cases: []routing.Change{{Before: l.State.Own, After: &changed}}, Persons: []routing.Person{person}}
		if err := f.store.Commit(f.ctx, f.line, e.SID, l.Now, d); err != nil {
			t.Fatalf("Commit = %v, want no error", err)
		}
		again, err := f.store.Load(f.ctx, f.query(f.text("+84905000009", "xin chào")))
		if err != nil {
			t.Fatalf("Load = %v, want no error", err)
		}
		changed.Version++
		if diff := cmp.Diff(&changed, again.State.Own, cmp.Comparer(sameNumber)); diff != "" {
			t.Errorf("the case as stored and as loaded (-want +got):\n%s", diff)
		}
		if !again.State.Persons[e.Key].Muted {
			t.Error("the phone is not muted, want it to be, also after a restart")
		}
	})
}

// TestReopen_TheWordsOfAnOpenCaseDoNotExpire: what the person wrote is kept as long as the case is open, also when it was
// closed before.
func TestReopen_TheWordsOfAnOpenCaseDoNotExpire(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		c := f.commit(f.text("+84935111222", "chong em hay danh em")).Cases[0].After
		words := string(f.shard) + ":words:" + string(ward) + ":" + string(c.ID) + ":p1"
		f.handle(routing.CloseOrdered{Order: routing.Order{Case: c.ID}})
		if left := rdb.PTTL(f.ctx, words).Val(); left <= 0 {
			t.Errorf("the words of a closed case expire in %v, want in 90 days", left)
		}
		f.handle(routing.ReopenOrdered{Order: routing.Order{Token: "f1", Case: c.ID}})
		if left := rdb.PTTL(f.ctx, words).Val(); left != -1 {
			t.Errorf("the words of a case that was opened again expire in %v, want never", left)
		}
		f.handle(routing.CloseOrdered{Order: routing.Order{Case: c.ID}})
		if left := rdb.PTTL(f.ctx, words).Val(); left <= 0 {
			t.Errorf("the words of a case that was closed again expire in %v, want in 90 days", left)
		}
	})
}
