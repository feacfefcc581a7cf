package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"badala/app/account"
	"badala/app/broadcast"
	"badala/app/contact/importer"
	"badala/app/template"
	"badala/views"
)

// broadcastSettings is what holds for all broadcasts.
func (s *Server) broadcastSettings(c *call) error {
	return c.broadcastSettingsPage(http.StatusOK, nil, nil)
}

// broadcastSettingsPage shows the page, with what was typed where it was wrong.
func (c *call) broadcastSettingsPage(status int, typed *views.PriceRow, wrong fieldTexts) error {
	prices, set, err := c.s.Broadcasts.Prices(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	p := views.BroadcastSettingsPage{Page: c.page(c.t("broadcast.settings")), Explicit: set.ExplicitConsent, Currency: set.Currency,
		CanSet: c.actor.Can(account.ManageOrg), AsOf: broadcast.PricesAsOf, Errors: wrong}
	for _, country := range importer.Countries(c.lang) {
		p.Countries = append(p.Countries, views.Option{ID: country.Code, Name: country.Name})
	}
	slices.SortFunc(p.Countries, func(a, b views.Option) int { return strings.Compare(a.Name, b.Name) })
	for i := 0; i < len(prices); i += 3 { // three categories of each country
		row := views.PriceRow{Country: prices[i].Country, Name: c.countryName(prices[i].Country)}
		for _, price := range prices[i : i+3] {
			row.Own = row.Own || price.Own
			*row.Of(price.Category) = priceText(price.Micros)
		}
		if row.Own {
			p.Own = append(p.Own, row)
		} else {
			p.BuiltIn = append(p.BuiltIn, row)
		}
		if typed == nil && row.Country == strings.ToUpper(c.field("country")) && c.present("country") {
			p.Form = row
		}
	}
	slices.SortStableFunc(p.BuiltIn, func(a, b views.PriceRow) int { return strings.Compare(a.Name, b.Name) })
	if typed != nil {
		p.Form = *typed
	}
	if c.r.Method == http.MethodPost && wrong["currency"] != "" {
		p.Currency, p.Explicit = c.field("currency"), c.field("explicit") == "1"
	}
	return c.render(status, views.BroadcastSettings(p))
}

// countryName is the name of a country in the reader's language.
func (c *call) countryName(code string) string {
	if code == "" {
		return c.t("broadcast.prices.else")
	}
	for _, country := range importer.Countries(c.lang) {
		if country.Code == code {
			return country.Name
		}
	}
	return code
}

// priceText is a price as it is typed: no more digits than it has.
func priceText(micros int64) string {
	s := strconv.FormatFloat(float64(micros)/1e6, 'f', 6, 64)
	s = strings.TrimRight(s, "0")
	return strings.TrimSuffix(s, ".")
}

// saveBroadcastSettings keeps consent and currency.
func (s *Server) saveBroadcastSettings(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	err := s.Broadcasts.SetSettings(c.r.Context(), c.actor, broadcast.Settings{ExplicitConsent: c.field("explicit") == "1", Currency: c.field("currency")})
	if refused(err) {
		return c.broadcastSettingsPage(http.StatusUnprocessableEntity, nil, c.broadcastErrors(err))
	}
	if err != nil {
		return err
	}
	c.flash(c.t("broadcast.settings.saved"))
	return c.redirect("/settings/broadcasts")
}

// saveBroadcastPrices keeps the prices of a country, or takes them back.
func (s *Server) saveBroadcastPrices(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	row := views.PriceRow{Country: c.field("country"), Marketing: c.field("marketing"), Utility: c.field("utility"), Authentication: c.field("authentication")}
	reset := c.field("do") == "reset"
	wrong := fieldTexts{}
	var prices []broadcast.Price
	for _, category := range []string{template.Marketing, template.Utility, template.Authentication} {
		text := *row.Of(category)
		p := broadcast.Price{Country: row.Country, Category: category}
		if !reset && text != "" { // an empty one goes back to the estimate
			price, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64)
			if err != nil || !(price >= 0 && price <= 1000) {
				wrong[strings.ToLower(category)] = c.t("broadcast.wrong.price")
			}
			p.Micros, p.Own = int64(price*1e6+.5), true
		}
		prices = append(prices, p)
	}
	if len(wrong) == 0 {
		err := s.Broadcasts.SetPrices(c.r.Context(), c.actor, prices)
		if err != nil && !refused(err) {
			return err
		}
		wrong = c.broadcastErrors(err)
	}
	if len(wrong) > 0 {
		return c.broadcastSettingsPage(http.StatusUnprocessableEntity, &row, wrong)
	}
	c.flash(c.t("broadcast.prices.saved", c.countryName(strings.ToUpper(row.Country))))
	return c.redirect("/settings/broadcasts#prices")
}
