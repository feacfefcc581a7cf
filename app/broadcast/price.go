package broadcast

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/template"
)

// Price is what a delivered message costs in a country ("" is every other
// one), in millionths of the organisation's currency.
type Price struct {
	Country  string
	Category string
	Micros   int64
	Own      bool // set by the organisation; else the built-in estimate
}

// Estimate is what a broadcast will cost about.
type Estimate struct {
	Currency string
	Micros   int64
	Category string
	Lines    []EstimateLine // dearest first
	BuiltIn  bool           // some of it stands on the built-in prices of PricesAsOf
}

// EstimateLine is the part of a country.
type EstimateLine struct {
	Country  string
	Messages int
	Each     int64 // micros
	Micros   int64
	Own      bool
}

// maxMicros bounds a price: a thousand of any currency for a message.
const maxMicros = 1_000_000_000

var categories = [...]string{template.Marketing, template.Utility, template.Authentication}

type priceKey struct{ country, category string }

func ownPrices(q db.Q, org int64) (map[priceKey]int64, error) {
	all, err := db.All(q, func(r *db.Rows, p *Price) error { return r.Scan(&p.Country, &p.Category, &p.Micros) },
		`SELECT country, category, micros FROM broadcast_price WHERE org_id = ?`, org)
	own := make(map[priceKey]int64, len(all))
	for _, p := range all {
		own[priceKey{p.Country, p.Category}] = p.Micros
	}
	return own, err
}

// priceOf is what holds of these, in this order: the organisation's price of
// the country, the built-in one, the organisation's of every other country,
// the built-in one of those. In another currency than the built-in prices'
// only the organisation's own hold.
func priceOf(own map[priceKey]int64, currency, country, category string) (micros int64, isOwn bool) {
	if p, ok := own[priceKey{country, category}]; ok {
		return p, true
	}
	m, known := builtIn[country]
	if known && country != "" && currency == defaultCurrency {
		return m.of(category), false
	}
	if p, ok := own[priceKey{"", category}]; ok {
		return p, true
	}
	if currency != defaultCurrency {
		return 0, false
	}
	return builtIn[""].of(category), false
}

// Prices lists the prices of an organisation: its own and the built-in ones, by
// country with "" last.
func (s *Service) Prices(q db.Q, org int64) (all []Price, set Settings, err error) {
	if set, err = s.Settings(q, org); err != nil {
		return nil, set, err
	}
	own, err := ownPrices(q, org)
	if err != nil {
		return nil, set, err
	}
	countries := map[string]bool{}
	for c := range builtIn {
		countries[c] = true
	}
	for k := range own {
		countries[k.country] = true
	}
	for c := range countries {
		for _, category := range categories {
			p := Price{Country: c, Category: category}
			p.Micros, p.Own = priceOf(own, set.Currency, c, category)
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Price) int {
		if (a.Country == "") != (b.Country == "") {
			return cmp.Compare(b.Country, a.Country)
		}
		return cmp.Or(cmp.Compare(a.Country, b.Country), cmp.Compare(slices.Index(categories[:], a.Category), slices.Index(categories[:], b.Category)))
	})
	return all, set, nil
}

// SetPrices changes prices of an organisation. One with Own unset goes back to
// the built-in estimate.
func (s *Service) SetPrices(ctx context.Context, who account.Actor, prices []Price) (err error) {
	defer errs.Wrap(&err, "broadcast.SetPrices")
	if err := who.Require(account.SendBroadcasts); err != nil {
		return err
	}
	var wrong []string
	for i := range prices {
		p := &prices[i]
		p.Country, p.Category = strings.ToUpper(strings.TrimSpace(p.Country)), strings.ToUpper(strings.TrimSpace(p.Category))
		if p.Country != "" && len(p.Country) != 2 {
			wrong = append(wrong, "country: a code such as KW, or empty for every other one")
		}
		if !slices.Contains(categories[:], p.Category) {
			wrong = append(wrong, "category: must be MARKETING, UTILITY or AUTHENTICATION")
		}
		if p.Micros < 0 || p.Micros > maxMicros {
			wrong = append(wrong, "price: from 0 to 1000")
		}
	}
	if len(wrong) > 0 {
		return errs.Fields(wrong...)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		for _, p := range prices {
			var err error
			if p.Own {
				_, err = tx.Exec(`INSERT OR REPLACE INTO broadcast_price (org_id, country, category, micros) VALUES (?, ?, ?, ?)`, who.OrgID, p.Country, p.Category, p.Micros)
			} else {
				_, err = tx.Exec(`DELETE FROM broadcast_price WHERE org_id = ? AND country = ? AND category = ?`, who.OrgID, p.Country, p.Category)
			}
			if err != nil {
				return err
			}
		}
		return account.AuditTx(tx, who, account.Line{Action: "broadcast.prices", Target: "org", TargetID: who.OrgID, After: map[string]any{"prices": len(prices)}})
	})
}

// Estimate tells what messages of a category to so many people of each country
// will cost, if all are delivered.
func (s *Service) Estimate(q db.Q, org int64, category string, countries map[string]int) (Estimate, error) {
	set, err := s.Settings(q, org)
	if err != nil {
		return Estimate{}, err
	}
	own, err := ownPrices(q, org)
	if err != nil {
		return Estimate{}, err
	}
	e := Estimate{Currency: set.Currency, Category: category}
	for country, n := range countries {
		each, isOwn := priceOf(own, set.Currency, country, category)
		e.Lines = append(e.Lines, EstimateLine{country, n, each, each * int64(n), isOwn})
		e.Micros += each * int64(n)
		e.BuiltIn = e.BuiltIn || !isOwn
	}
	slices.SortFunc(e.Lines, func(a, b EstimateLine) int {
		return cmp.Or(cmp.Compare(b.Micros, a.Micros), cmp.Compare(a.Country, b.Country))
	})
	return e, nil
}
