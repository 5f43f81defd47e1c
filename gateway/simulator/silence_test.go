package simulator_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/tincay/hotline/gateway/simulator"
)

func TestRecording_MediaIsSilenceOfItsLength(t *testing.T) {
	t.Parallel()
	const long = "tôi ở tổ 1, nhà màu xanh; " // 33 bytes
	rows := []struct {
		name   string
		lasts  time.Duration
		words  string
		frames int // of 1152 samples, 44100 of which are a second
	}{
		{"nothing", 0, "", 4},
		{"a moment", time.Millisecond, "a", 4},
		{"hardly more than five frames", 130613 * time.Microsecond, "a", 6},
		{"a second", time.Second, "tôi ở tổ 1", 39},
		{"words that need more than seven bits of length", 12 * time.Second, long + long + long + long + long, 460},
		{"as long as a message can be", 2 * time.Minute, "a", 4594},
		{"the longest", 5 * time.Minute, "a", 11485},
		{"longer than that", 100 * 365 * 24 * time.Hour, "a", 11485},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			media := simulator.Recording{Duration: row.lasts, Words: row.words}.Media()
			if !bytes.HasPrefix(media, []byte("ID3\x04\x00\x00")) {
				t.Fatalf("Media() begins with %x, want an ID3v2.4 tag", media[:min(10, len(media))])
			}
			tag, length := media[10:], 0
			for _, b := range media[6:10] {
				if b > 0x7f {
					t.Fatalf("Media() has a tag of length %x, want seven bits a byte", media[6:10])
				}
				length = length<<7 | int(b)
			}
			if tag, sound := tag[:length], tag[length:]; !bytes.HasSuffix(tag, []byte("\x00"+row.words)) {
				t.Errorf("Media() has the tag %q, want the words %q at its end", tag, row.words)
			} else if n := len(sound) / 104; n != row.frames || len(sound)%104 != 0 {
				t.Errorf("Media() has %d bytes of sound, want %d frames of 104", len(sound), row.frames)
			} else {
				for i := range n {
					frame := sound[i*104 : (i+1)*104]
					if !bytes.HasPrefix(frame, []byte{0xff, 0xfb, 0x10, 0xc4}) || len(bytes.Trim(frame[4:], "\x00")) > 0 {
						t.Fatalf("frame %d of Media() is %x, want a header and zeros", i, frame)
					}
				}
			}
		})
	}
}
