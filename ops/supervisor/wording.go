package supervisor

import (
	"embed"

	"github.com/tincay/hotline/ops/wording"
	"github.com/tincay/hotline/routing/texts"
)

//go:embed wording/*.yaml
var wordingFiles embed.FS

// words are what the pages say in one language, by key.
type words = wording.Words

func readWords() (map[texts.Language]words, error) {
	return wording.Read(wordingFiles, "wording/*.%s.yaml")
}
