package store_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
)

// filler gives every field of a record a value that no other field has, so that one that is forgotten, or
// read back into the place of another, shows. Booleans have two values only: each gets the bit of its own
// number that the variant names, and any two of them differ in some variant.
type filler struct {
	t       *testing.T
	variant int
	n       int
}

// variants is how many are needed to tell 256 booleans apart. Variant -1 is a record with nothing in it.
const variants = 8

func (f *filler) fill(v reflect.Value) {
	f.t.Helper()
	f.n++
	switch v.Interface().(type) {
	case phone.Number:
		n, err := phone.ParseE164(fmt.Sprintf("+849350%05d", f.n))
		if err != nil {
			f.t.Fatal(err)
		}
		v.Set(reflect.ValueOf(n))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.UnixMilli(1_700_000_000_000 + int64(f.n)).UTC()))
		return
	case time.Duration:
		v.SetInt(int64(f.n) * int64(time.Millisecond))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("s%d", f.n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Uint8: // bytes
		v.SetUint(uint64(f.n))
	case reflect.Bool:
		if f.n >= 1<<variants {
			f.t.Fatalf("more than %d fields: raise variants", f.n)
		}
		v.SetBool(f.n>>f.variant&1 == 1)
	case reflect.Struct:
		for _, field := range v.Fields() {
			f.fill(field)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key)
		f.fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	default:
		f.t.Fatalf("field of type %v: this test cannot fill it", v.Type())
	}
}

// filled makes a record of a type. Variant -1 has nothing in it.
func filled[T any](t *testing.T, variant int) T {
	t.Helper()
	var r T
	if variant >= 0 {
		f := filler{t: t, variant: variant}
		f.fill(reflect.ValueOf(&r).Elem())
	}
	return r
}

// eachVariant runs a test on a store of its own for each way to fill a record.
func eachVariant(t *testing.T, test func(*testing.T, *fixture, int)) {
	for variant := -1; variant < variants; variant++ {
		t.Run(fmt.Sprintf("variant %d", variant), func(t *testing.T) {
			t.Parallel()
			rdb, _ := routingtest.NewRedis(t)
			test(t, newFixture(t, rdb), variant)
		})
	}
}

// TestRecords_CaseForgetsNothing stores a case with every field filled, its alerts, deadlines and calls
// among them, and reads it back.
func TestRecords_CaseForgetsNothing(t *testing.T) {
	t.Parallel()
	eachVariant(t, func(t *testing.T, f *fixture, variant int) {
		want := filled[routing.Case](t, variant)
		want.ID, want.Line, want.Person, want.Code = "case-1", ward, "person-1", "K7" // of the keys it lies under
		want.Via = f.number("+842553800113")
		want.State = routing.Claimed // of the closed set that the agenda knows
		want.Version = 0
		if len(want.Deadlines) == 0 {
			want.Deadlines = []routing.Deadline{{Kind: routing.StepEnds, At: f.now()}} // or it would be refused
		}
		f.decided(routing.Decision{Cases: []routing.Change{{After: &want}}})
		_, got, _, err := f.store.LoadCase(f.ctx, ward, want.ID, "")
		if err != nil || got == nil {
			t.Fatalf("LoadCase = %v, %v; want the case", got, err)
		}
		want.Version = 1
		if diff := cmp.Diff(&want, got, cmp.Comparer(sameNumber)); diff != "" {
			t.Errorf("case read back (-stored +read):\n%s", diff)
		}
	})
}

// TestRecords_CallOfAnyShapeIsReadBack stores each field of a call alone, so that none counts on another.
func TestRecords_CallOfAnyShapeIsReadBack(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	f := newFixture(t, rdb)
	full := filled[routing.Leg](t, 0)
	for i := range reflect.TypeFor[routing.Leg]().NumField() {
		field := reflect.TypeFor[routing.Leg]().Field(i)
		leg := routing.Leg{}
		if into := reflect.ValueOf(&leg).Elem().Field(i); field.Type.Kind() == reflect.Bool {
			into.SetBool(true)
		} else {
			into.Set(reflect.ValueOf(full).Field(i))
		}
		c := newCase(routing.CaseID(fmt.Sprintf("case-%d", i)), leg)
		f.decided(routing.Decision{Cases: []routing.Change{{After: c}}})
		_, got, _, err := f.store.LoadCase(f.ctx, ward, c.ID, "")
		if err != nil || got == nil {
			t.Fatalf("LoadCase = %v, %v; want the case", got, err)
		}
		if diff := cmp.Diff([]routing.Leg{leg}, got.Legs); diff != "" {
			t.Errorf("call with %s alone, read back (-stored +read):\n%s", field.Name, diff)
		}
	}
}

func TestRecords_PersonForgetsNothing(t *testing.T) {
	t.Parallel()
	eachVariant(t, func(t *testing.T, f *fixture, variant int) {
		want := filled[routing.Person](t, variant)
		want.Key, want.Version, want.WrappedKey = "person-1", 0, nil
		if variant < 0 {
			want.Withheld = true // or a person without a number would be refused
		}
		f.decided(routing.Decision{Persons: []routing.Person{want}})
		l, err := f.store.Load(f.ctx, routing.Query{Line: ward, Sender: want.Key})
		if err != nil {
			t.Fatal(err)
		}
		got := l.State.Persons[want.Key]
		if len(got.WrappedKey) == 0 {
			t.Error("a stored person has no key of their own")
		}
		want.Version = 1
		if diff := cmp.Diff(want, got, cmp.Comparer(sameNumber), cmpopts.IgnoreFields(routing.Person{}, "WrappedKey")); diff != "" {
			t.Errorf("person read back (-stored +read):\n%s", diff)
		}
	})
}

func TestRecords_SendForgetsNothing(t *testing.T) {
	t.Parallel()
	eachVariant(t, func(t *testing.T, f *fixture, variant int) {
		want := filled[routing.Send](t, variant)
		want.ID, want.Via = "case-1.x.c1", f.number("+842553800113")
		want.Priority = routing.PriorityCall // of those that have a queue
		want.Rank = routing.PriorityNormal   // a rank is one digit
		f.put(want)
		got, ok, err := f.store.Entry(f.ctx, ward, want.ID)
		if err != nil || !ok {
			t.Fatalf("Entry = %v, %v; want the entry", ok, err)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(sameNumber)); diff != "" {
			t.Errorf("entry read back (-stored +read):\n%s", diff)
		}
	})
}
