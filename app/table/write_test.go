package table_test

import (
	"strings"
	"testing"

	"badala/app/table"
)

func TestCSVWriter(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	w := table.NewCSV(&b)
	for _, row := range [][]string{{"name", "phone"}, {`=HYPERLINK("x")`, "+96565001234"}, {"a, \"b\"", "-1"}, {"سارة\nيوسف", "＝1"}} {
		if err := w.Write(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "\ufeffname,phone\r\n\"'=HYPERLINK(\"\"x\"\")\",+96565001234\r\n\"a, \"\"b\"\"\",'-1\r\n\"سارة\r\nيوسف\",'＝1\r\n"
	if b.String() != want {
		t.Errorf("%q", b.String())
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "plain": "plain", "+96565001234": "+96565001234", "+1+1": "'+1+1", "=1": "'=1", "-x": "'-x",
		"@a": "'@a", "\tx": "'\tx", "＋１": "'＋１", "'x": "'x", "+12345": "'+12345",
	} {
		got := table.Escape(in)
		if got != want {
			t.Errorf("Escape(%q) = %q", in, got)
		}
		if back := table.Unescape(got); back != in {
			t.Errorf("Unescape(%q) = %q", got, back)
		}
	}
}
