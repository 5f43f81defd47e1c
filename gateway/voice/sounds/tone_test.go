package sounds_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/gateway/voice/sounds"
)

// header is that of a WAV file with nothing but samples in it.
type header struct {
	RIFF            [4]byte
	Size            uint32
	WAVE, Fmt       [4]byte
	FormatSize      uint32
	Format, Channel uint16
	Rate, Bytes     uint32
	Width, Bits     uint16
	Data            [4]byte
	DataSize        uint32
}

func TestTone_IsASoftTelephoneTone(t *testing.T) {
	t.Parallel()
	w := get(t, nil, http.MethodGet, prefix+sounds.Tone, nil)
	if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != "audio/wav" {
		t.Fatalf("GET of the tone = %d %s, want 200 audio/wav", w.Code, got)
	}
	const rate, count = 8000, 2400 // 0.3 s
	in := bytes.NewReader(w.Body.Bytes())
	var got header
	if err := binary.Read(in, binary.LittleEndian, &got); err != nil {
		t.Fatalf("header of the tone: %v", err)
	}
	want := header{
		[4]byte([]byte("RIFF")), 36 + 2*count, [4]byte([]byte("WAVE")), [4]byte([]byte("fmt ")), 16, 1, 1, rate, 2 * rate, 2, 16,
		[4]byte([]byte("data")), 2 * count,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("header of the tone (-want +got):\n%s", diff)
	}
	samples := make([]int16, count)
	if err := binary.Read(in, binary.LittleEndian, &samples); err != nil || in.Len() != 0 {
		t.Fatalf("samples of the tone: %v, %d bytes too many", err, in.Len())
	}

	peak, crossings := 0.0, 0
	for i, s := range samples {
		peak = max(peak, math.Abs(float64(s)))
		if i > 0 && (samples[i-1] < 0) != (s < 0) {
			crossings++
		}
	}
	if level := 20 * math.Log10(peak/math.MaxInt16); level > -15 || level < -25 {
		t.Errorf("level of the tone = %.1f dB, want -25 to -15", level)
	}
	if hertz := float64(crossings) / 2 / 0.3; math.Abs(hertz-425) > 5 {
		t.Errorf("pitch of the tone = %.0f Hz, want 425", hertz)
	}
	// It begins and ends in silence: no step from one sample to the next near the ends that would click.
	for _, i := range []int{0, 1, 2, count - 2, count - 1} {
		if math.Abs(float64(samples[i])) > peak/50 {
			t.Errorf("sample %d of the tone = %d, want next to silence", i, samples[i])
		}
	}
}
