package template

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Draft is a template that is not at Meta yet. The examples in its Spec are
// part of it: Meta's reviewers want one for every variable and file. That of a
// file is the handle that Meta gave the upload.
type Draft struct {
	Name, Language, Category string
	TTL                      int // seconds that Meta tries to deliver it, 0 for its default
	Spec
}

// Languages that Meta's templates are written in, by its own codes.
var Languages = []string{
	"af", "sq", "ar", "ar_EG", "ar_AE", "ar_LB", "ar_MA", "ar_QA", "az", "be_BY", "bn", "bn_IN", "bg", "ca", "zh_CN", "zh_HK", "zh_TW", "hr", "cs",
	"da", "prs_AF", "nl", "nl_BE", "en", "en_GB", "en_US", "en_AE", "en_AU", "en_CA", "en_GH", "en_IE", "en_IN", "en_JM", "en_MY", "en_NZ", "en_QA", "en_SG",
	"en_UG", "en_ZA", "et", "fil", "fi", "fr", "fr_BE", "fr_CA", "fr_CH", "fr_CI", "fr_MA", "ka", "de", "de_AT", "de_CH", "el", "gu", "ha",
	"he", "hi", "hu", "id", "ga", "it", "ja", "kn", "kk", "rw_RW", "ko", "ky_KG", "lo", "lv", "lt", "mk", "ms", "ml", "mr", "nb", "ps_AF", "fa",
	"pl", "pt_BR", "pt_PT", "pa", "ro", "ru", "sr", "si_LK", "sk", "sl", "es", "es_AR", "es_CL", "es_CO", "es_CR", "es_DO", "es_EC", "es_HN",
	"es_MX", "es_PA", "es_PE", "es_ES", "es_UY", "sw", "sv", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi", "zu",
}

var (
	goodName     = regexp.MustCompile(`^[a-z0-9_]+$`)
	goodVariable = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	anyBraces    = regexp.MustCompile(`\{\{[^{}]*\}\}`)
)

// Check refuses what Meta would refuse, with a detail for each wrong part.
func (d Draft) Check() error { return asError(d.Wrong()) }

// Wrong lists what Meta would refuse.
func (d Draft) Wrong() []Problem {
	w := drafting{d: d}
	w.want(goodName.MatchString(d.Name), "name", "name", "small Latin letters, digits and _ only")
	w.most("name", d.Name, maxName)
	w.want(slices.Contains(Languages, d.Language), "language", "language", "not a language of WhatsApp's templates")
	w.want(slices.Contains([]string{Marketing, Utility, Authentication}, d.Category), "category", "category", "must be MARKETING, UTILITY or AUTHENTICATION")
	w.want(d.Format == Positional || d.Format == Named, "format", "format", "must be POSITIONAL or NAMED")
	w.want(len(d.Unknown) == 0, "components", "unknown", "has a part that cannot be made here: %s", strings.Join(d.Unknown, ", "))
	if d.Category == Authentication {
		w.code()
		return w.all
	}
	w.want(!d.OneTimeCode(), "buttons", "otp", "a button for a one-time code belongs to the category AUTHENTICATION")
	w.header(-1)
	w.text(-1, "body", d.Body, d.maxBody())
	w.footer()
	w.buttons(-1)
	w.offer()
	w.carousel()
	return w.all
}

type drafting struct {
	d   Draft
	all []Problem
}

func (w *drafting) want(ok bool, part, code, format string, args ...any) {
	if !ok {
		w.all = append(w.all, Problem{part, part, code, fmt.Sprintf(format, args...)})
	}
}

func (w *drafting) most(part, text string, most int) {
	w.want(utf8.ValidString(text) && utf8.RuneCountInString(text) <= most, part, "too_long", "at most %d characters", most)
}

// text checks a text with variables: that of a body or a header.
func (w *drafting) text(card int, part, text string, most int) {
	field := key(card, part)
	w.want(strings.TrimSpace(text) != "", field, "empty", "is empty")
	w.most(field, text, most)
	w.want(!strings.Contains(text, "\n\n\n"), field, "new_lines", "at most one empty line in a row")
	for _, braces := range anyBraces.FindAllString(text, -1) {
		w.want(variable.FindString(braces) == braces, field, "variable", "%s is no variable", braces)
	}
	names := Variables(text)
	for i, name := range names {
		if w.d.Format == Positional {
			w.want(name == strconv.Itoa(i+1), field, "variable_order", "variables are {{1}}, {{2}} and so on, without a gap")
		} else {
			w.want(goodVariable.MatchString(name), field, "variable_name", "%s: small letters, digits and _ only, beginning with a letter", name)
		}
		example := w.d.Examples[key(card, part, name)]
		w.want(strings.TrimSpace(example) != "", key(card, part, name), "example", "needs an example")
		if code, wrong := wrongText(example); code != "" {
			w.want(false, key(card, part, name), code, "%s", wrong)
		}
	}
	if part != "body" || len(names) == 0 {
		return
	}
	bare := strings.TrimSpace(text)
	first, last := variable.FindStringIndex(bare), variable.FindAllStringIndex(bare, -1)
	w.want(first[0] > 0 && last[len(last)-1][1] < len(bare), field, "variable_edge", "must not begin or end with a variable")
	words := len(strings.Fields(variable.ReplaceAllString(bare, " ")))
	w.want(words >= 2*len(names)+1, field, "variable_many", "too few words for so many variables")
}

func (w *drafting) header(card int) {
	h, field := w.d.card(card).Header, key(card, "header")
	switch {
	case h.Kind == HeaderText:
		w.text(card, "header", h.Text, maxHeader)
		w.want(len(Variables(h.Text)) <= 1, field, "variable_many", "at most one variable")
		w.want(!strings.ContainsAny(h.Text, "\n*_~`"), field, "header_text", "neither formatting nor new lines")
	case h.IsMedia():
		w.want(w.d.Examples[field] != "", field, "example", "needs an example file")
	case h.Kind != "" && h.Kind != HeaderLocation:
		w.want(false, field, "kind", "must be TEXT, IMAGE, VIDEO, DOCUMENT or LOCATION")
	}
}

func (w *drafting) footer() {
	w.most("footer", w.d.Footer, maxFooter)
	w.want(!variable.MatchString(w.d.Footer), "footer", "variable", "has no variables")
	w.want(!strings.Contains(w.d.Footer, "\n"), "footer", "new_line", "must not have a new line")
}

// code checks a template for one-time codes: all but its button is Meta's.
func (w *drafting) code() {
	w.want(len(w.d.Buttons) == 1 && w.d.Buttons[0].Kind == OTP, "buttons", "otp", "one button that copies or fills in the code")
	w.want(w.d.Header.Kind == "" && w.d.Offer == nil && len(w.d.Cards) == 0, "header", "authentication", "a template for codes has a text and a button only")
	w.want(w.d.CodeMinutes >= 0 && w.d.CodeMinutes <= 90, "footer", "minutes", "the code is good for 1 to 90 minutes")
	for i, b := range w.d.Buttons {
		field := fmt.Sprintf("buttons[%d]", i)
		w.most(field, b.Text, maxButtonText)
		w.want(slices.Contains([]string{"COPY_CODE", "ONE_TAP", "ZERO_TAP"}, b.OTPType), field, "otp_type", "must be COPY_CODE, ONE_TAP or ZERO_TAP")
		w.want(b.OTPType == "COPY_CODE" || b.PackageName != "" && b.SignatureHash != "", field, "otp_app", "needs the package name and signature hash of the app")
	}
}

func (w *drafting) offer() {
	o := w.d.Offer
	if o == nil {
		return
	}
	w.want(strings.TrimSpace(o.Text) != "", "offer", "empty", "is empty")
	w.most("offer", o.Text, maxOfferText)
	w.want(w.d.Category == Marketing, "category", "offer_category", "an offer is MARKETING")
	w.want(w.d.Footer == "", "footer", "offer_footer", "an offer has no footer")
	w.want(slices.Contains([]string{"", HeaderImage, HeaderVideo}, w.d.Header.Kind), "header", "offer_header", "an offer has an image, a video or nothing above it")
	copies := slices.ContainsFunc(w.d.Buttons, func(b Button) bool { return b.Kind == CopyCode })
	w.want(!o.Expires || copies, "buttons", "offer_code", "an offer that ends needs a button that copies its code")
	links := slices.ContainsFunc(w.d.Buttons, func(b Button) bool { return b.Kind == URL })
	w.want(links, "buttons", "offer_link", "an offer needs a link")
}

func (w *drafting) carousel() {
	n := len(w.d.Cards)
	if n == 0 {
		return
	}
	w.want(n >= 2 && n <= 10, "cards", "cards", "a carousel has 2 to 10 cards")
	w.want(w.d.Category == Marketing, "category", "cards_category", "a carousel is MARKETING")
	w.want(w.d.Header.Kind == "" && w.d.Footer == "" && len(w.d.Buttons) == 0, "cards", "cards_alone", "beside a carousel stands its text only")
	for i, c := range w.d.Cards {
		field := key(i)
		w.want(c.Header.Kind == HeaderImage || c.Header.Kind == HeaderVideo, field+".header", "card_header", "each card has an image or a video")
		w.header(i)
		if c.Body != "" {
			w.text(i, "body", c.Body, maxCardBody)
		}
		w.want(len(c.Buttons) >= 1 && len(c.Buttons) <= 2, field+".buttons", "card_buttons", "each card has 1 or 2 buttons")
		w.buttons(i)
		w.want(c.alike(w.d.Cards[0]), field, "cards_alike", "all cards have the same kinds of parts")
	}
}

// alike says whether two cards have the same kinds of parts.
func (c Card) alike(o Card) bool {
	return c.Header.Kind == o.Header.Kind && (c.Body == "") == (o.Body == "") &&
		slices.EqualFunc(c.Buttons, o.Buttons, func(a, b Button) bool { return a.Kind == b.Kind })
}
