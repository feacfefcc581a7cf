package guide

import (
	"bytes"
	"html"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown knows tables, gives headings ids that are the same in every
// language when the text names one, and draws code as we do.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone))),
	goldmark.WithParserOptions(parser.WithAutoHeadingID(), parser.WithAttribute()),
	goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(blocks{}, 100))),
)

// render turns a page's Markdown to HTML; its first heading is the title.
func render(source string) (Page, error) {
	src := []byte(source)
	doc := markdown.Parser().Parse(text.NewReader(src))
	var p Page
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok {
			continue
		}
		title := plain(h, src)
		if h.Level == 1 {
			p.Title = title
			continue
		}
		if id, ok := h.AttributeString("id"); ok && h.Level == 2 {
			p.Sections = append(p.Sections, Section{string(id.([]byte)), title})
		}
	}
	if first, ok := doc.FirstChild().(*ast.Heading); ok && first.Level == 1 {
		doc.RemoveChild(doc, first)
	}
	var out bytes.Buffer
	err := markdown.Renderer().Render(&out, src, doc)
	p.HTML = out.String()
	return p, err
}

// plain is the text of a heading.
func plain(n ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(src))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// blocks draws code from left to right in any language, with a name and a place
// for the copy button, and lets wide tables scroll by themselves.
type blocks struct{}

// RegisterFuncs says what blocks draws.
func (blocks) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, drawCode)
	r.Register(ast.KindCodeSpan, drawSpan)
	r.Register(extast.KindTable, drawTable)
}

func drawCode(w util.BufWriter, src []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	n := node.(*ast.FencedCodeBlock)
	name := ""
	if n.Info != nil {
		_, name, _ = strings.Cut(string(n.Info.Segment.Value(src)), " ")
	}
	var code bytes.Buffer
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		code.Write(line.Value(src))
	}
	_, err := w.WriteString(CodeBlock(name, code.String()))
	return ast.WalkSkipChildren, err
}

// CodeBlock is code as the pages show it; the script adds the copy button.
func CodeBlock(name, code string) string {
	head := ""
	if name != "" {
		head = `<figcaption dir="ltr">` + html.EscapeString(name) + `</figcaption>`
	}
	return `<figure class="code-block" data-code>` + head + `<pre dir="ltr" tabindex="0"><code>` + html.EscapeString(code) + "</code></pre></figure>\n"
}

func drawSpan(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	tag := "</code>"
	if entering {
		tag = `<code dir="ltr">`
	}
	_, err := w.WriteString(tag)
	return ast.WalkContinue, err
}

func drawTable(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	tag := "</table></div>\n"
	if entering {
		tag = `<div class="table-scroll" tabindex="0"><table>` + "\n"
	}
	_, err := w.WriteString(tag)
	return ast.WalkContinue, err
}
