package document

import (
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// bind finds what each alias stands for: the nearest anchor of its name that ends before it. A name may
// be anchored again, and an anchor cannot contain itself.
func (d *Document) bind(n ast.Node, anchors map[string]ast.Node) {
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			d.bind(v, anchors)
		}
	case *ast.MappingValueNode:
		d.bind(n.Key, anchors)
		d.bind(n.Value, anchors)
	case *ast.MappingKeyNode:
		d.bind(n.Value, anchors)
	case *ast.SequenceNode:
		for _, v := range n.Values {
			d.bind(v, anchors)
		}
	case *ast.TagNode:
		d.bind(n.Value, anchors)
	case *ast.AnchorNode:
		d.bind(n.Value, anchors)
		anchors[n.Name.GetToken().Value] = n.Value
	case *ast.AliasNode:
		if target, ok := anchors[n.Value.GetToken().Value]; ok {
			d.aliases[n] = target
			return
		}
		d.report(Error, position(n), "không có neo (&) nào mang tên này ở phía trước", "no anchor (&) of this name comes before")
	}
}

// resolve follows anchors, aliases, tags and long keys to the value; nil if there is none.
func (d *Document) resolve(n ast.Node) ast.Node {
	for {
		switch v := n.(type) {
		case *ast.AnchorNode:
			n = v.Value
		case *ast.AliasNode:
			n = d.aliases[v]
		case *ast.TagNode:
			n = v.Value
		case *ast.MappingKeyNode:
			n = v.Value
		case *ast.NullNode:
			return nil
		default:
			return n
		}
	}
}

// position returns where a node begins.
func position(n ast.Node) Position {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return position(n.Values[0]) // the node's own token is the first colon
		}
	case *ast.MappingValueNode:
		return position(n.Key)
	}
	if n == nil || n.GetToken() == nil { // where the library leaves out an empty value
		return Position{1, 1}
	}
	return tokenPosition(n.GetToken())
}

func tokenPosition(tk *token.Token) Position { return Position{tk.Position.Line, tk.Position.Column} }

// scalar returns the text of a single value as it is written.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode, *ast.NullNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// entries returns the keys of a mapping in the order of the file, merged ones ("<<") after its own.
func (d *Document) entries(n ast.Node, at Position) ([]Field, bool) {
	var own []*ast.MappingValueNode
	switch m := d.resolve(n).(type) {
	case *ast.MappingNode:
		own = m.Values
	case *ast.MappingValueNode:
		own = []*ast.MappingValueNode{m}
	default:
		d.report(Error, at, "ở đây phải là các cặp khóa: giá trị", "expected keys and values here")
		return nil, false
	}
	var fields, merged []Field
	seen := make(map[string]bool, len(own))
	for _, v := range own {
		if !d.spend(at) {
			break
		}
		if v.Key.IsMergeKey() {
			merged = append(merged, d.merged(v.Value)...)
			continue
		}
		keyAt := position(v.Key)
		key, ok := scalar(d.resolve(v.Key))
		switch {
		case !ok:
			d.report(Error, keyAt, "khóa phải là một từ", "a key must be a word")
			continue
		case seen[key]:
			d.report(Error, keyAt, "khóa lặp lại"+shown(key), "repeated key"+shown(key))
			continue
		}
		seen[key] = true
		fields = append(fields, Field{doc: d, Key: key, keyAt: keyAt, at: position(v.Value), node: d.resolve(v.Value)})
	}
	for _, f := range merged { // a mapping's own keys win, then those merged first
		if !seen[f.Key] {
			seen[f.Key] = true
			fields = append(fields, f)
		}
	}
	return fields, true
}

// merged returns the keys of the mapping, or of the list of mappings, behind a merge key.
func (d *Document) merged(n ast.Node) []Field {
	seq, ok := d.resolve(n).(*ast.SequenceNode)
	if !ok {
		fields, _ := d.entries(n, position(n))
		return fields
	}
	var all []Field
	for _, v := range seq.Values {
		fields, _ := d.entries(v, position(v))
		all = append(all, fields...)
	}
	return all
}

// spend counts a value; at [maxVisits] it reports so once and refuses more.
func (d *Document) spend(at Position) bool {
	d.visits++
	if d.visits == maxVisits {
		d.report(Error, at, "tệp quá phức tạp: quá nhiều mục sau khi mở rộng", "the file is too complex: too many entries when expanded")
	}
	return d.visits < maxVisits
}
