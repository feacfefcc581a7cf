package importer_test

import (
	"slices"
	"strings"
	"testing"

	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
)

// says compares what a contact is with what is wanted of it.
type says struct {
	phone                                   string
	name, email, external, company, created string
	tags, others                            string // joined by |
	consent                                 string // true, false, unknown
	custom                                  map[string]string
}

func (w *world) expect(want says) {
	w.Helper()
	c := w.byPhone(want.phone)
	var tags []string
	for _, t := range c.Tags {
		tags = append(tags, t.Name)
	}
	slices.Sort(tags)
	consent := "unknown"
	if c.Consent != nil {
		consent = map[bool]string{true: "true", false: "false"}[*c.Consent]
	}
	for _, f := range []struct{ field, want, got string }{
		{"name", want.name, c.Name}, {"email", want.email, c.Email}, {"externalId", want.external, c.ExternalID}, {"company", want.company, c.Company.Name},
		{"tags", want.tags, strings.Join(tags, "|")}, {"others", want.others, strings.Join(c.OtherPhones, "|")}, {"consent", want.consent, consent},
		{"created", want.created, db.Time(c.CreatedAt).Format("2006-01-02T15:04:05Z")},
	} {
		if f.want != "" && f.want != f.got && !(f.want == "-" && f.got == "") {
			w.Errorf("%s: %s is %q, want %q", want.phone, f.field, f.got, f.want)
		}
	}
	for k, v := range want.custom {
		if c.Custom[k] != v {
			w.Errorf("%s: %s is %q, want %q", want.phone, k, c.Custom[k], v)
		}
	}
}

func (w *world) wantIssues(i importer.Import, severity string, want ...string) {
	w.Helper()
	if got := w.issues(i.ID, severity); !slices.Equal(got, want) {
		w.Errorf("%s: %s issues %v, want %v", i.Name, severity, got, want)
	}
}

func TestGallaboxCells(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	i := w.bring("gallabox.csv")
	w.wantIssues(i, importer.SeverityError, "9 phone_missing", "11 phone_invalid")
	w.wantIssues(i, importer.SeverityWarning, "3 consent_not_raised", "12 email_invalid", "12 date_out_of_range", "12 boolean_unrecognised", "13 unassigned_range")
	w.expect(says{phone: "+96565001001", name: "Dana Al-Rashid", created: "2023-11-12T06:20:31Z", tags: "Ramadan 2024|vip", consent: "true"})
	w.expect(says{phone: "+96565001002", consent: "false", email: "yousef@karam.example", tags: "newsletter"})
	w.expect(says{phone: "+96565001003", external: "gb-1003", consent: "true", name: "Huda Mansour", created: "2025-05-30T12:00:00Z"})
	w.expect(says{phone: "+96565001005", name: "أحمد العلي", consent: "true", tags: "vip|عميل مهم", custom: map[string]string{"City": "الكويت"}})
	w.expect(says{phone: "+96565001006", name: "Salem, Abdullah", consent: "unknown", company: "Salem & Sons", tags: "-"})
	w.expect(says{phone: "+919800000002", tags: "export|india", consent: "false", custom: map[string]string{"Company size": "51-200"}})
	w.expect(says{phone: "+96599001111", email: "-", consent: "unknown", created: "2026-11-22T09:00:00Z"})
	w.expect(says{phone: "+447700900123", name: "Tom O'Neil"})

	w.clock.add(1000)
	i = w.bring("gallabox.xlsx")
	if i.Recognised.Sheet != "Contacts" || i.Recognised.Source != "gallabox" {
		t.Errorf("%+v", i.Recognised)
	}
	w.expect(says{phone: "+96565001001", created: "2023-11-12T06:20:31Z", tags: "Eid|Ramadan 2024|vip"})
	w.expect(says{phone: "+96565001002", consent: "false"})
	w.expect(says{phone: "+96565001003", consent: "false"})
	if n := w.count(`SELECT COUNT(*) FROM contact WHERE user_id = 'KW.80000000000000000042' AND phone = ''`); n != 1 {
		t.Error("the contact without a phone is not there")
	}
	if n := w.count(`SELECT COUNT(*) FROM contact WHERE custom LIKE '%agent.one%'`); n != 0 {
		t.Error("the owner became a field")
	}
}

func TestOtherSystemsCells(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, before string
		errors       []string
		want         []says
	}{
		{"wati.csv", "", []string{"7 phone_invalid"}, []says{
			{phone: "+96565002002"}, {phone: "+966551234567", consent: "false"}, {phone: "+971501234567"}, {phone: "+96565002004", name: "-"},
			{phone: "+96565002001", consent: "true", custom: map[string]string{"AllowSMS": "FALSE", "Attribute 1": "Gold"}},
		}},
		{"wati.xlsx", "wati.csv", nil, []says{
			{phone: "+96565002001", consent: "false", custom: map[string]string{"Attribute 1": "Platinum"}}, {phone: "+966551234567", consent: "false"},
			{phone: "+201001234567", custom: map[string]string{"Attribute 1": "VIP"}},
		}},
		{"chatwoot.csv", "", []string{"5 conflict_phone_owned", "6 phone_missing"}, []says{
			{phone: "+33612345678", external: "cw-aa03"}, {phone: "+96565003006", external: "chatwoot:6", tags: "customer|vip"}, {phone: "+14155550101", external: "cw-aa01", tags: "customer|vip"},
		}},
		{"respondio.csv", "", []string{"5 phone_missing", "6 conflict_phone_owned"}, []says{
			{phone: "+96565004001", external: "respondio:90001", name: "Layla Haddad"}, {phone: "+525587654321"}, {phone: "+5511987654321"},
		}},
		{"google.csv", "", []string{"6 phone_missing"}, []says{
			{phone: "+96565005001", others: "+96522400001", tags: "Suppliers|VIP", company: "Khalil Dental", custom: map[string]string{"Imported note (google)": "Prefers Arabic.\nCall after 5pm, not before"}},
			{phone: "+96565005002", others: "+96599005002", email: "hassan@jaber.example", tags: "-"}, {phone: "+96522400003", name: "-", company: "Acme Parts"}, {phone: "+447700900456", name: "Zoe Ann Brown"},
		}},
		{"hubspot.csv", "", []string{"5 conflict_phone_owned"}, []says{
			{phone: "+33612345601", external: "hubspot:101", consent: "unknown"}, {phone: "+14155550102", email: "john@smith.example", consent: "unknown"},
		}},
		{"aisensy.csv", "", nil, []says{{phone: "+919800000011", name: "Vikram J", tags: "north|priority|vip", created: "2026-06-30T07:00:00Z", consent: "true"}}},
		{"arabic-windows1256.csv", "", nil, []says{
			{phone: "+96565008001", name: "أحمد الصالح", tags: "جملة|عميل مهم", consent: "true", company: "شركة الصالح"}, {phone: "+96565008004", consent: "false"},
		}},
		{"utf16le.tsv", "", nil, []says{{phone: "+96565009001", name: "سارة يوسف"}, {phone: "+46701740605", name: "Löfgren, Åsa", tags: "lead|nordic"}, {phone: "+96565009003", name: `Quote "Q" Tab`}}},
		{"semicolon.csv", "", nil, []says{
			{phone: "+33612345611", name: "Élodie Lefèvre", consent: "true", created: "2023-12-24T21:00:00Z"}, {phone: "+33612345612", consent: "false", created: "2024-04-02T21:00:00Z"}, {phone: "+4915123456789", name: "Müller; Jürgen"},
		}},
		{"duplicates.csv", "", []string{"7 duplicate_external_id_in_file", "8 conflict_phone_owned"}, []says{
			{phone: "+96565010001", tags: "a|b|c", email: "rana@two.example", consent: "false", external: "d-1"}, {phone: "+96565010002", others: "+96565010099"}, {phone: "+96565010004", external: "d-4"},
		}},
		{"ragged.csv", "", []string{"5 too_many_cells", "10 bad_quotes"}, []says{
			{phone: "+96565011004", name: "Multi line", custom: map[string]string{"Imported note": "first\nsecond\nthird"}}, {phone: "+96565011005", name: `Inch 5" pipe`}, {phone: "+96565011007", name: "After"},
		}},
		{"contacts.vcf", "", []string{"4 phone_missing"}, []says{
			{phone: "+96565012001", others: "+96522401234", tags: "Customers|VIP", company: "Saleh Motors", custom: map[string]string{"Imported note (vcard)": "Line one\nline two, with a comma"}},
			{phone: "+96565012002", name: "نورة العلي"}, {phone: "+96565012003", name: "Wa Only", others: "-"},
		}},
		{"excel-damaged.csv", "", []string{"7 phone_truncated_by_spreadsheet", "11 phone_not_a_number", "12 external_id_damaged", "17 phone_not_a_number"}, []says{
			{phone: "+96565007001", external: "00071", created: "2024-01-14T21:00:00Z"}, {phone: "+96565007002", created: "2024-01-15T09:00:00Z"}, {phone: "+96565007003", external: "73", created: "2024-01-14T21:00:00Z"},
			{phone: "+96565007005"}, {phone: "+966551234569", created: "2024-01-31T21:00:00Z"}, {phone: "+96565007012", consent: "true", created: "2024-01-14T21:00:00Z"}, {phone: "+96565007013", consent: "false"},
			{phone: "+96565007014"}, {phone: "+96565007015"},
		}},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.before != "" {
				w.bring(c.before)
			}
			i := w.bring(c.file)
			w.wantIssues(i, importer.SeverityError, c.errors...)
			for _, s := range c.want {
				w.expect(s)
			}
		})
	}
}

func TestWhatsAppQuirks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	w.bring("wa-quirks.csv")
	for phone, waID := range map[string]string{"+525512345678": "5215512345678", "+5531987654321": "553187654321", "+5491123456789": "5491123456789"} {
		if c := w.byPhone(phone); c.WaID != waID || c.Phone != phone {
			t.Errorf("%s: %s %s", phone, c.Phone, c.WaID)
		}
	}
	w.expect(says{phone: "+2290197123456", tags: "bj|bj2"})
	w.expect(says{phone: "+551132654321", name: "Fixo Ltda"})
	if c := w.byPhone("+2290197123456"); c.Source != contact.FromImport {
		t.Error(c.Source)
	}
}
