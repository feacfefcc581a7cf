package importer_test

import (
	"bytes"
	"fmt"
	"syscall"
	"testing"

	"badala/app/contact/importer"
	"badala/app/table"
)

const benchRows = 100_000

// processor is how long the process has computed, in seconds.
func processor(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// BenchmarkImport imports 100,000 contacts of a dozen columns, the same file
// again, and takes the first import back. Beside the time it tells the seconds that the processors worked,
// which other work on the machine does not change.
func BenchmarkImport(b *testing.B) {
	for _, kind := range []string{"csv", "xlsx"} {
		b.Run(kind, func(b *testing.B) {
			file := benchFile(b, kind)
			w := newWorld(b)
			for b.Loop() {
				start := processor(b)
				var first importer.Import
				for round, name := range []string{"new", "same"} {
					i := w.run(w.upload("many."+kind, bytes.NewReader(file)).ID)
					if round == 0 {
						first = i
					}
					if i.Counts.Rows != benchRows || i.Counts.Errors > 0 || round > 0 && i.Counts.Unchanged != benchRows {
						b.Fatalf("%+v", i.Counts)
					}
					now := processor(b)
					b.ReportMetric(now-start, name+"-cpu-s")
					start = now
				}
				w.must(w.s.Undo(w.ctx(), w.who, first.ID, false))
				w.must(w.s.Run(w.ctx(), first.ID, nil))
				if n := w.count(`SELECT COUNT(*) FROM contact`); n != 0 {
					b.Fatalf("%d contacts are left", n)
				}
				b.ReportMetric(processor(b)-start, "undo-cpu-s")
			}
		})
	}
}

func benchFile(b *testing.B, kind string) []byte {
	var out bytes.Buffer
	var write func(cells ...string) error
	var end func() error
	if kind == "csv" {
		f := table.NewCSV(&out)
		write, end = f.Write, f.Flush
	} else {
		f, err := table.NewXLSX(&out, "Contacts")
		if err != nil {
			b.Fatal(err)
		}
		write, end = f.Write, f.Close
	}
	err := write("name", "phone", "email", "tags", "externalId", "marketingConsent", "companyName", "companyIndustry", "companySize", "source", "createdAt", "City")
	for i := 0; i < benchRows && err == nil; i++ {
		err = write(fmt.Sprintf("Customer %d Al-Rashid", i), fmt.Sprintf("+9656%07d", i*7919%10_000_000), fmt.Sprintf("c%d@shop%d.example", i, i%97),
			[]string{"vip", "lead, instagram", "newsletter", ""}[i%4], fmt.Sprintf("gb-%x", i*2654435761%4294967296), []string{"true", "false", ""}[i%3],
			fmt.Sprintf("Company %d", i%5000), "Retail", "11-50", "instagram", "2023-11-12T06:20:31.088Z", []string{"Kuwait City", "Hawally", "الكويت"}[i%3])
	}
	if err == nil {
		err = end()
	}
	if err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}
