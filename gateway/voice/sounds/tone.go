package sounds

import (
	"bytes"
	"encoding/binary"
	"math"
	"sync"
)

// The tone: 425 Hz is what telephone exchanges of most countries ring with (ITU-T E.180), so a caller knows
// it as "still connected"; soft, because somebody beside the phone must not hear it. A telephone line
// carries 8000 samples a second.
const (
	toneHertz  = 425
	toneRate   = 8000
	toneLength = 0.3                // seconds
	toneFade   = 0.04               // seconds at either end; without them it clicks
	toneLevel  = 0.12 * (1<<15 - 1) // about -18 dB of the loudest there is
)

// tone returns the tone as a WAV file.
var tone = sync.OnceValue(func() []byte {
	const count = int(toneRate * toneLength)
	samples := make([]int16, count)
	for i := range samples {
		at := float64(i) / toneRate
		fade := min(1, at/toneFade, (toneLength-at)/toneFade)
		samples[i] = int16(toneLevel * fade * math.Sin(2*math.Pi*toneHertz*at))
	}
	return wave(samples)
})

// wave writes samples as a WAV file: a RIFF of one channel of linear 16-bit samples.
func wave(samples []int16) []byte {
	const header, bits, width = 44, 16, 2
	size := uint32(len(samples) * width)
	var b bytes.Buffer
	b.Grow(header + len(samples)*width)
	for _, part := range []any{
		[]byte("RIFF"), header - 8 + size, []byte("WAVE"),
		[]byte("fmt "), uint32(16), uint16(1) /* linear */, uint16(1) /* channel */, uint32(toneRate),
		uint32(toneRate * width) /* bytes a second */, uint16(width), uint16(bits),
		[]byte("data"), size, samples,
	} {
		// A buffer takes everything, and every part is of a fixed size.
		_ = binary.Write(&b, binary.LittleEndian, part)
	}
	return b.Bytes()
}
