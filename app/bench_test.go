package app_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

var (
	benchRound    = flag.Duration("bench-round", 6*time.Second, "length of one round of load in BenchmarkReport")
	benchRounds   = flag.Int("bench-rounds", 3, "rounds of each side in BenchmarkReport")
	benchMessages = flag.Int("bench-messages", 1_000_000, "messages in the large database of BenchmarkReport")
	benchBinary   = flag.String("bench-binary", "", "the badala to measure in BenchmarkReport; built from here if empty")
)

// BenchmarkReport measures what the product promises, each figure beside a
// reference from the same run, and prints a table. It judges nothing: a busy
// machine is slow without anything being wrong. Run it alone:
//
//	go test ./app -run '^$' -bench Report -benchtime 1x -timeout 60m
//
// A part of it is chosen by name, such as -bench Report/Ingest.
func BenchmarkReport(b *testing.B) {
	w := newBenchWorld(b)
	for _, part := range []struct {
		name    string
		measure func(*benchWorld)
	}{
		{"Size", (*benchWorld).size},
		{"Start", (*benchWorld).coldStart},
		{"Ingest", (*benchWorld).ingest},
		{"Offered", (*benchWorld).offered},
		{"Live", (*benchWorld).live},
		{"Hooks", (*benchWorld).hooks},
		{"Pages", (*benchWorld).pages},
		{"Imports", (*benchWorld).imports},
		{"Backup", (*benchWorld).backups},
		{"Broadcasts", (*benchWorld).broadcasts},
		{"Small", (*benchWorld).small},
		{"Flood", (*benchWorld).flood},
	} {
		b.Run(part.name, func(b *testing.B) {
			part.measure(w.in(b))
		})
	}
	w.table.print(os.Stdout)
}

// benchWorld is what all parts share: the real binary and the table.
type benchWorld struct {
	*testing.B
	bin   string // the product, built as for a release
	table *benchTable
}

func newBenchWorld(b *testing.B) *benchWorld {
	w := &benchWorld{B: b, table: &benchTable{}}
	if w.bin = *benchBinary; w.bin == "" {
		w.bin = w.build("badala")
	}
	return w
}

// in is the same world under a part of the benchmark.
func (w *benchWorld) in(b *testing.B) *benchWorld {
	return &benchWorld{B: b, bin: w.bin, table: w.table}
}

// must ends the part when something did not work at all.
func (w *benchWorld) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// benchTable is the report: measured beside its reference and its target.
type benchTable struct{ rows [][]string }

// add puts a line on the table; a measure without a target has "".
func (t *benchTable) add(measure, figure, reference, target string, met bool) {
	verdict := ""
	if target != "" {
		verdict = "missed"
		if met {
			verdict = "met"
		}
	}
	t.rows = append(t.rows, []string{measure, figure, reference, target, verdict})
}

func (t *benchTable) print(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "\nmeasure\tfigure\treference\ttarget\t")
	fmt.Fprintln(tw, "-------\t------\t---------\t------\t")
	for _, row := range t.rows {
		fmt.Fprintln(tw, strings.Join(row, "\t"))
	}
	tw.Flush()
	fmt.Fprintln(w)
}

// spread is a sorted set of durations.
type spread []time.Duration

func newSpread(all []time.Duration) spread {
	slices.Sort(all)
	return all
}

// at is the duration that the share p of all does not exceed.
func (s spread) at(p float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	return s[min(len(s)-1, int(p*float64(len(s))))]
}

func (s spread) p50() time.Duration { return s.at(0.50) }
func (s spread) p99() time.Duration { return s.at(0.99) }
func (s spread) max() time.Duration { return s.at(1) }

func (s spread) String() string { return fmt.Sprintf("p50 %s, p99 %s ms", ms(s.p50()), ms(s.p99())) }

// ms shows a duration in milliseconds.
func ms(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond)) }

const megabyte = 1_000_000

func mb(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/megabyte) }
