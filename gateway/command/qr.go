package command

import (
	"image"
	"strings"
)

// quiet is the width of the light border that a QR code needs, in modules (ISO/IEC 18004).
const quiet = 4

// halfBlocks draws a QR code of one pixel a module as text, two modules above each other in one character. Colours are
// set, so that it is dark on light on every terminal.
func halfBlocks(img image.Image) string {
	box := img.Bounds()
	dark := func(x, y int) bool {
		if !(image.Point{X: x, Y: y}).In(box) {
			return false
		}
		r, g, b, _ := img.At(x, y).RGBA()
		return r+g+b < 3*0x8000
	}
	var s strings.Builder
	for y := box.Min.Y - quiet; y < box.Max.Y+quiet; y += 2 {
		s.WriteString("\x1b[30;107m") // black on bright white
		for x := box.Min.X - quiet; x < box.Max.X+quiet; x++ {
			switch upper, lower := dark(x, y), dark(x, y+1); {
			case upper && lower:
				s.WriteRune('█')
			case upper:
				s.WriteRune('▀')
			case lower:
				s.WriteRune('▄')
			default:
				s.WriteByte(' ')
			}
		}
		s.WriteString("\x1b[0m\n")
	}
	return s.String()
}
