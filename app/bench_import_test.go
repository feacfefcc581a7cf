package app_test

import (
	"bytes"
	"fmt"
	"time"

	"badala/app/db"
	"badala/app/table"
)

const (
	importRows  = 100_000
	importOffer = 50 // webhooks a second that go on meanwhile
)

// imports notes how long a file of 100,000 contacts takes until it is durable,
// and again when nothing in it is new, while webhooks arrive.
func (w *benchWorld) imports() {
	for _, f := range []struct {
		name   string
		data   []byte
		target time.Duration
	}{
		{"csv", w.contactsFile(importRows, func(b *bytes.Buffer) (rowWriter, error) { return csvFile{table.NewCSV(b)}, nil }), 8 * time.Second},
		{"xlsx", w.contactsFile(importRows, func(b *bytes.Buffer) (rowWriter, error) { return table.NewXLSX(b, "Contacts") }), 20 * time.Second},
	} {
		s := w.stoppedShop()
		real := w.serveBinary(s)
		token, org := real.login(), db.FormatID("org", s.org)
		for round, target := range []time.Duration{f.target, f.target / 2} {
			took, hooks := w.oneImport(real, s, token, org, f.name, f.data, round)
			name := fmt.Sprintf("import of %d contacts, %s", importRows, f.name)
			if round > 0 {
				name = "  the same file again"
			}
			w.table.add(name, fmt.Sprintf("%.1f s", took.Seconds()), "", fmt.Sprintf("≤ %.0f s", target.Seconds()), took <= target)
			w.table.add(fmt.Sprintf("  webhooks meanwhile, %d/s offered", importOffer), hooks.String(), "", "p99 < 250 ms", hooks.p99() < 250*time.Millisecond)
		}
		peak := real.memory("VmHWM")
		w.table.add("  memory, peak", mb(peak), "", "≤ 150 MB", peak <= 150*megabyte)
		real.end()
	}
}

// oneImport sends the file and waits until it is done.
func (w *benchWorld) oneImport(real *child, s *shop, token, org, kind string, data []byte, round int) (time.Duration, spread) {
	w.Helper()
	requests := signedRequests(s.number, fmt.Sprint(kind, round), importOffer*120)
	stop := make(chan struct{})
	offered := make(chan []time.Duration, 1)
	go func() {
		var took []time.Duration
		for n := 0; n+importOffer <= len(requests); n += importOffer {
			select {
			case <-stop:
				offered <- took
				return
			default:
			}
			o, err := sendAll(real.address(), requests[n:n+importOffer], time.Minute, importOffer)
			if err != nil {
				w.Error(err)
				break
			}
			took = append(took, o.Took...)
		}
		<-stop
		offered <- took
	}()
	took := w.importFile(real, token, org, "many."+kind, data, importRows)
	close(stop)
	return took, newSpread(<-offered)
}

// importFile sends a file and tells how long it was until all of it was durable.
func (w *benchWorld) importFile(c *child, token, org, name string, data []byte, rows int) time.Duration {
	w.Helper()
	start := time.Now()
	i, err := c.postFile(token, org, name, data)
	w.must(err)
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	for ; ; <-tick.C {
		got, err := c.importCall("GET", "/orgs/"+org+"/contacts/imports/"+i.ImportID, token, nil, "")
		w.must(err)
		if got.Status == "RUNNING" {
			continue
		}
		if got.Status != "DONE" || got.Rows != rows || got.Errors > 0 {
			w.Errorf("%+v", got)
		}
		return time.Since(start)
	}
}

type rowWriter interface {
	Write(cells ...string) error
	Close() error
}

type csvFile struct{ *table.CSVWriter }

func (c csvFile) Close() error { return c.Flush() }

// contactsFile writes contacts as a shop of such a size has them.
func (w *benchWorld) contactsFile(rows int, begin func(*bytes.Buffer) (rowWriter, error)) []byte {
	w.Helper()
	var b bytes.Buffer
	out, err := begin(&b)
	w.must(err)
	w.must(out.Write("name", "phone", "email", "tags", "externalId", "marketingConsent", "companyName", "companyIndustry", "companySize", "source", "createdAt", "City"))
	for i := range rows {
		w.must(out.Write(fmt.Sprintf("Customer %d Al-Rashid", i), fmt.Sprintf("+9656%07d", i*7919%10_000_000), fmt.Sprintf("c%d@shop%d.example", i, i%97),
			[]string{"vip", "lead, instagram", "newsletter", ""}[i%4], fmt.Sprintf("gb-%x", i*2654435761%4294967296), []string{"true", "false", ""}[i%3],
			fmt.Sprintf("Company %d", i%5000), "Retail", "11-50", "instagram", "2023-11-12T06:20:31.088Z", []string{"Kuwait City", "Hawally", "الكويت"}[i%3]))
	}
	w.must(out.Close())
	return b.Bytes()
}
