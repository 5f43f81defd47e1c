// Package document reads one YAML document and collects everything that is wrong with it.
//
// A document is read by asking for what should be there. Whatever is missing, unknown, repeated or of the
// wrong type becomes a [Fault] with line and column, and reading goes on, so that somebody who writes a
// file by hand learns of all mistakes at once. Values are taken as they are written: 0905000001 keeps its
// zero and 18:00 its colon, whatever YAML would make of them. Anchors, aliases and merge keys work.
//
// Files come from outside: Open never panics, and refuses what is larger or more complex than a file
// written by people, since aliases can make a small file stand for an enormous one.
package document

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits on what is read at all, far above any file written by people; they keep a broken or hostile one
// from costing more than about a second.
const (
	maxBytes  = 1 << 20
	maxKeys   = 20_000  // the parser's time grows with their square
	maxDepth  = 32      // of brackets, and of list marks in one line: the parser recurses
	maxTags   = 1_000   // likewise
	maxVisits = 200_000 // values read, each use of an alias counted
)

// Document is one YAML document being read.
type Document struct {
	faults  Faults
	aliases map[*ast.AliasNode]ast.Node
	visits  int
}

// Faults returns what has been found so far, in the order of positions.
func (d *Document) Faults() Faults {
	d.faults.Sort()
	return d.faults
}

func (d *Document) report(s Severity, at Position, vi, en string) {
	d.faults = append(d.faults, Fault{Position: at, Severity: s, VI: vi, EN: en})
}

// Open parses a file and returns its root. The root is absent if there is nothing to read; the document's
// faults say why.
func Open(file []byte) (*Document, Field) {
	d := &Document{aliases: make(map[*ast.AliasNode]ast.Node)}
	start := Position{1, 1}
	root := d.parse(file)
	if root == nil {
		return d, Field{doc: d, keyAt: start, at: start}
	}
	d.bind(root, make(map[string]ast.Node))
	f := Field{doc: d, keyAt: position(root), at: position(root), node: d.resolve(root)}
	if f.Absent() && len(d.faults) == 0 { // null, or a tag without a value
		d.report(Error, f.at, "tệp trống", "the file is empty")
	}
	return d, f
}

func (d *Document) parse(file []byte) ast.Node {
	start := Position{1, 1}
	if len(file) > maxBytes {
		d.report(Error, start, "tệp lớn hơn 1 MiB", "the file is larger than 1 MiB")
		return nil
	}
	file = bytes.TrimPrefix(file, []byte("\ufeff")) // Windows editors put it there
	if at, ok := firstInvalid(file); ok {
		d.report(Error, at, "tệp không phải UTF-8: hãy lưu lại bằng UTF-8", "not UTF-8: save the file as UTF-8")
		return nil
	}
	tokens := lexer.Tokenize(strings.ReplaceAll(string(file), "\r\n", "\n"))
	if at, ok := excessive(tokens); ok {
		d.report(Error, at, "tệp quá phức tạp: lồng quá sâu hoặc quá nhiều mục", "the file is too complex: nested too deeply, or too many keys")
		return nil
	}
	parsed, err := parseTokens(tokens)
	if err != nil {
		d.syntaxFault(err)
		return nil
	}
	var root ast.Node
	for _, doc := range parsed.Docs {
		if _, directive := doc.Body.(*ast.DirectiveNode); doc.Body == nil || directive {
			continue
		}
		if root != nil {
			d.report(Error, position(doc.Body), "có nhiều tài liệu YAML trong một tệp", "more than one YAML document in the file")
			break
		}
		root = doc.Body
	}
	if root == nil {
		d.report(Error, start, "tệp trống", "the file is empty")
	}
	return root
}

// errParser stands for a defect of the YAML library.
var errParser = errors.New("the YAML parser failed")

// parseTokens keeps a defect of the YAML library from stopping the program.
func parseTokens(tokens token.Tokens) (f *ast.File, err error) {
	defer func() {
		if recover() != nil {
			f, err = nil, errParser
		}
	}()
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // we find duplicates with the other faults
}

// syntaxFault reports what the parser says, except where it quotes the file.
func (d *Document) syntaxFault(err error) {
	at, en := Position{1, 1}, "YAML syntax, here or just before"
	if e, ok := errors.AsType[yaml.Error](err); ok {
		if tk := e.GetToken(); tk != nil && tk.Position != nil {
			at = tokenPosition(tk)
		}
		switch m := e.GetMessage(); {
		case strings.Contains(m, "'\t'"):
			d.report(Error, at, "cú pháp YAML: không được thụt dòng bằng phím tab", "YAML syntax: indent with spaces, not tabs")
			return
		case m != "" && !strings.Contains(m, `"`):
			en += ": " + m
		}
	}
	d.report(Error, at, "sai cú pháp YAML ở đây hoặc ngay trước đó", en)
}

// firstInvalid returns where the file stops being UTF-8.
func firstInvalid(file []byte) (Position, bool) {
	at := Position{1, 1}
	for i := 0; i < len(file); {
		r, size := utf8.DecodeRune(file[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return at, true
		case r == '\n':
			at = Position{at.Line + 1, 1}
		default:
			at.Column++
		}
		i += size
	}
	return Position{}, false
}

// excessive returns where the file exceeds a limit.
func excessive(tokens token.Tokens) (Position, bool) {
	keys, tags, brackets, marks, line := 0, 0, 0, 0, 0
	for _, tk := range tokens {
		if tk.Position.Line != line {
			line, marks = tk.Position.Line, 0
		}
		switch tk.Type {
		case token.MappingValueType:
			keys++
		case token.TagType:
			tags++
		case token.SequenceEntryType, token.MappingKeyType:
			marks++
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		}
		if keys > maxKeys || tags > maxTags || brackets > maxDepth || marks > maxDepth {
			return tokenPosition(tk), true
		}
	}
	return Position{}, false
}
