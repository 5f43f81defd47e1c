package simulator

import (
	"bytes"
	"time"
)

// What the MP3 of a recording is made of: frames of MPEG-1 layer III at 32 kbit/s and 44.1 kHz with one channel
// (ISO/IEC 11172-3). A frame of zeros after its header is silence.
const (
	mp3Header  = "\xff\xfb\x10\xc4"
	mp3Frame   = 104 // bytes: 144 times 32000 over 44100, rounded down
	mp3Samples = 1152
	mp3Rate    = 44100 // samples per second
	// shortestSilence is that of a recording of a moment: decoders cannot begin with a single frame.
	shortestSilence = 100 * time.Millisecond
	// longestSilence bounds the sound of a recording that went on for hours: 1.2 MB.
	longestSilence = 5 * time.Minute
)

// silentMP3 returns an MP3 of silence of about a length, from [shortestSilence] to [longestSilence], with words in
// front of it where players look for a text. Players that reckon by bytes find it half a percent shorter.
func silentMP3(lasts time.Duration, words string) []byte {
	const second = time.Duration(mp3Samples) * time.Second // of frames, times mp3Rate
	lasts = min(max(lasts, shortestSilence), longestSilence)
	frames := int((lasts*mp3Rate + second - 1) / second)
	silence := append([]byte(mp3Header), make([]byte, mp3Frame-len(mp3Header))...)
	return append(transcript(words), bytes.Repeat(silence, frames)...)
}

// transcript returns an ID3v2.4 tag that holds a text, in a frame of the kind for what is said in a sound.
func transcript(words string) []byte {
	// UTF-8, in a language that is not told, and without a description.
	text := "\x03und\x00" + words
	frame := append([]byte("USLT"), synchsafe(len(text))...)
	frame = append(frame, 0, 0) // flags
	frame = append(frame, text...)
	return append(append([]byte("ID3\x04\x00\x00"), synchsafe(len(frame))...), frame...)
}

// synchsafe is a number as ID3v2.4 writes lengths: seven bits a byte, so that nothing in it looks like sound.
func synchsafe(n int) []byte {
	return []byte{byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}
}
