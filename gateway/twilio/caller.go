package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/tincay/hotline/gateway/carrier"
)

// shortestRing and longestRing are the limits of a call's ringing in seconds, as [carrier.Call] has them;
// the upper one is that of Timeout (docs: voice/api/call-resource).
const shortestRing, longestRing = 5, 600

// Errors under a [carrier.Error] for what is asked about calls.
var (
	ErrNoRing = errors.New("no time to ring")
	ErrBadID  = errors.New("id is not safe in a URL")
)

var _ carrier.Caller = (*Client)(nil)

// URLs returns the URLs about calls that this client hands out.
func (c *Client) URLs() URLs { return c.urls }

// Place has Twilio call somebody and returns the call's SID. Timeout is the time to ring in whole seconds,
// rounded to the nearest; Twilio may ring up to 5 s longer. Ringing, answering and the end are reported
// to the status URL of the reference; by default Twilio would report the end only. Nothing is recorded,
// and no machine is looked for: the look delays the human who answered, and a machine presses no key. A
// call without number, time to ring or URL-safe reference is refused here. Errors are classed as those of
// [Client.Send].
func (c *Client) Place(ctx context.Context, p carrier.Call) (string, error) {
	switch {
	case p.From.IsZero() || p.To.IsZero():
		return "", carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrNoNumber)
	case p.Ring <= 0:
		return "", carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrNoRing)
	case !isTurnOf(p.Ref, p.Turn):
		return "", carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrBadRef)
	}
	params := &openapi.CreateCallParams{}
	params.SetTo(p.To.E164())
	params.SetFrom(p.From.E164())
	params.SetTimeout(min(max(int(p.Ring.Round(time.Second)/time.Second), shortestRing), longestRing))
	params.SetUrl(c.urls.Turn(p.Ref, p.Turn))
	params.SetMethod(http.MethodPost)
	params.SetStatusCallback(c.urls.Status(p.Ref))
	params.SetStatusCallbackMethod(http.MethodPost)
	params.SetStatusCallbackEvent([]string{"ringing", "answered", "completed"})

	call, api := c.newCall(ctx)
	_, err := api.CreateCall(params)
	got, err := call.described(err)
	if err != nil {
		return "", err
	}
	if got.SID == "" {
		return "", carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, call.status, ErrNoID)
	}
	if s, known := CallStatusOf(got.Status); known && s.Final() {
		return "", refused(0, call.status) // over before it began: there may be no report about it
	}
	return got.SID, nil
}

// described is what we read of Twilio's description of a call. twilio-go's own type rejects all of it for
// one field of another type than Twilio's, which some servers write; the call exists all the same.
type described struct{ SID, Status string }

// described reads the answer to a request about one call; err is what twilio-go made of it.
func (c *call) described(err error) (described, error) {
	if c.answer == nil {
		return described{}, c.failure(err)
	}
	var got described
	if json.Unmarshal(c.answer, &got) != nil {
		return described{}, carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, c.status, ErrUnreadable)
	}
	return got, nil
}

// isTurnOf reports whether reference and turn make a URL that [Webhooks] understands.
func isTurnOf(ref string, turn int) bool { return isLegRef(ref) && turn >= 0 && turn < mostTurns }

// FindCalls lists the calls from p.From to p.To that Twilio was asked for at or after since, oldest first;
// a second is allowed for the difference of clocks. As [Client.Find] does, it reads the list twice: from
// since on, and the newest page without that filter, because the filter is on the time a call started and
// a call still in Twilio's queue has none. Legs of a Dial are left out: nobody placed them through this
// interface. Its errors are classed as those of [Client.Send].
func (c *Client) FindCalls(ctx context.Context, p carrier.Call, since time.Time) ([]string, error) {
	if p.From.IsZero() || p.To.IsZero() {
		return nil, carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrNoNumber)
	}
	from := since.UTC().Truncate(time.Second).Add(-time.Second)

	call, api := c.newCall(ctx)
	listed, err := api.ListCall(listCallParams(p).SetStartTimeAfter(from).SetLimit(mostListed))
	if err != nil {
		return nil, call.failure(err)
	}
	newest, err := api.PageCall(listCallParams(p), "", "")
	if err != nil {
		return nil, call.failure(err)
	}
	var all []found
	for _, l := range append(newest.Calls, listed...) {
		if value(l.To) != p.To.E164() || value(l.From) != p.From.E164() || value(l.Direction) == "outbound-dial" {
			continue
		}
		at, ok := firstTime(value(l.DateCreated), value(l.StartTime))
		if !ok || value(l.Sid) == "" {
			return nil, carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, http.StatusOK, ErrUnreadable)
		}
		if !at.Before(from) {
			all = append(all, found{value(l.Sid), at})
		}
	}
	return oldestFirst(all), nil
}

func listCallParams(p carrier.Call) *openapi.ListCallParams {
	return (&openapi.ListCallParams{}).SetTo(p.To.E164()).SetFrom(p.From.E164()).SetPageSize(pageSize)
}

// Push makes a call in progress drop what it does and ask for its next document at a turn URL. Doing it
// twice is doing it once, so an error of unknown outcome may be answered by doing it again. While the call
// is in a Dial, Twilio also asks for the Dial's own action, as if the call had left by itself.
func (c *Client) Push(ctx context.Context, id, ref string, turn int) error {
	if !isTurnOf(ref, turn) {
		return carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrBadRef)
	}
	params := (&openapi.UpdateCallParams{}).SetUrl(c.urls.Turn(ref, turn)).SetMethod(http.MethodPost)
	status, answer, err := c.update(ctx, id, params)
	if err == nil && status.Final() {
		return carrier.Fail(carrier.Refuse, carrier.CauseOver, 0, answer, nil)
	}
	return err
}

// Cancel stops a call that is queued or ringing. It asks for "canceled", never for "completed", which would
// hang up on somebody who picked up just now.
func (c *Client) Cancel(ctx context.Context, id string) error {
	status, answer, err := c.update(ctx, id, (&openapi.UpdateCallParams{}).SetStatus("canceled"))
	if err == nil && status != carrier.CallQueued && status != carrier.CallRinging && status != carrier.CallCanceled {
		return carrier.Fail(carrier.Refuse, carrier.CauseOver, 0, answer, nil)
	}
	return err
}

// update changes a call and returns its status after that; a word for it that we do not know, or none, is
// taken for the status that was asked for.
func (c *Client) update(ctx context.Context, id string, params *openapi.UpdateCallParams) (s carrier.CallStatus, httpStatus int, err error) {
	if !isSID(id) {
		return "", 0, carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrBadID)
	}
	call, api := c.newCall(ctx)
	_, err = api.UpdateCall(id, params)
	got, err := call.described(err)
	if err != nil {
		return "", 0, over(err)
	}
	s, known := CallStatusOf(got.Status)
	switch {
	case known:
	case params.Status != nil:
		s = carrier.CallCanceled
	default:
		s = carrier.CallInProgress
	}
	return s, call.status, nil
}

// over gives an answer that there is no such call, conference or participant its cause. [Codes] has that
// of a call in another state.
func over(err error) error {
	if e, ok := errors.AsType[*carrier.Error](err); ok && gone(e) {
		return carrier.Fail(carrier.Refuse, carrier.CauseOver, e.Code, e.Status, nil)
	}
	return err
}

func gone(e *carrier.Error) bool {
	return e.Status == http.StatusNotFound || e.Status == http.StatusGone
}

// Look returns how far a call has come; [carrier.CallGone] if Twilio does not know it. A status in a word
// that we do not know is an error of unknown outcome.
func (c *Client) Look(ctx context.Context, id string) (carrier.CallStatus, error) {
	if !isSID(id) {
		return "", carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrBadID)
	}
	call, api := c.newCall(ctx)
	_, err := api.FetchCall(id, nil)
	got, err := call.described(err)
	if e, ok := errors.AsType[*carrier.Error](err); ok && gone(e) {
		return carrier.CallGone, nil
	}
	if err != nil {
		return "", err
	}
	s, known := CallStatusOf(got.Status)
	if !known {
		return "", carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, call.status, ErrUnreadable)
	}
	return s, nil
}
