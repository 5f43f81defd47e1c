package twilio

import (
	"context"
	"errors"
	"slices"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/tincay/hotline/gateway/carrier"
)

const (
	inProgress = "in-progress" // status of a conference that has begun and is not over

	// mostInConference is the most that Twilio lets into one (docs: voice/limitations-and-edge-cases).
	mostInConference = 250

	// mostNamesakes bounds the conferences of one name that are read. Twilio has one in progress, unless
	// calls of one name meet in several regions.
	mostNamesakes = 20
)

// Participants lists the SIDs of the calls that are in the conference of that name now, and connected to
// it; none if no conference of the name is in progress. Errors are classed as those of [Client.Send].
func (c *Client) Participants(ctx context.Context, conference string) ([]string, error) {
	call, api := c.newCall(ctx)
	named, err := conferences(call, api, conference)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, sid := range named {
		params := (&openapi.ListParticipantParams{}).SetPageSize(pageSize).SetLimit(mostInConference)
		listed, err := api.ListParticipant(sid, params)
		if err != nil {
			err = over(call.failure(err))
			if isOver(err) {
				continue // it ended meanwhile
			}
			return nil, err
		}
		for _, p := range listed {
			// The other statuses are of calls that are not in yet, or were; servers may leave it out.
			if s := value(p.Status); (s == "" || s == "connected") && !slices.Contains(ids, value(p.CallSid)) {
				ids = append(ids, value(p.CallSid))
			}
		}
	}
	return ids, nil
}

// KeepConference says that a call's leaving no longer ends the conference it is in. An error of cause
// [carrier.CauseOver] says that no conference of that name is in progress, or that the call is not in it.
func (c *Client) KeepConference(ctx context.Context, conference, id string) error {
	if !isSID(id) {
		return carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrBadID)
	}
	call, api := c.newCall(ctx)
	named, err := conferences(call, api, conference)
	if err != nil {
		return err
	}
	for _, sid := range named {
		_, err := api.UpdateParticipant(sid, id, (&openapi.UpdateParticipantParams{}).SetEndConferenceOnExit(false))
		if err == nil || call.answer != nil {
			return nil // done, whatever else the answer says
		}
		if err := over(call.failure(err)); !isOver(err) {
			return err
		}
	}
	return carrier.Fail(carrier.Refuse, carrier.CauseOver, 0, call.status, nil)
}

// conferences returns the SIDs of the conferences of a name that are in progress.
func conferences(call *call, api *openapi.ApiService, name string) ([]string, error) {
	params := (&openapi.ListConferenceParams{}).SetFriendlyName(name).SetStatus(inProgress).SetPageSize(pageSize).SetLimit(mostNamesakes)
	listed, err := api.ListConference(params)
	if err != nil {
		return nil, call.failure(err)
	}
	var sids []string
	for _, l := range listed {
		// Other servers may not filter, or by part of the name.
		if value(l.FriendlyName) != name || value(l.Status) != inProgress {
			continue
		}
		if !isSID(value(l.Sid)) {
			return nil, carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, call.status, ErrUnreadable)
		}
		sids = append(sids, value(l.Sid))
	}
	return sids, nil
}

func isOver(err error) bool {
	e, ok := errors.AsType[*carrier.Error](err)
	return ok && e.Cause == carrier.CauseOver && e.Class == carrier.Refuse
}
