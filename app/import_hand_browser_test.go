package app_test

import (
	"fmt"
	"testing"

	"badala/app/account"
)

// TestColumnsAreMappedByHand brings a file in which nothing is recognised: a
// person says what each column means, is told what is missing, and the next
// file with the same names is read the same way at once.
func TestColumnsAreMappedByHand(t *testing.T) {
	t.Parallel()
	for lang, say := range map[string]struct{ file, town, unsure, missing, check, done, remembered string }{
		"en": {
			"List of 2026\nPerson,Rufnr,Ort,Punkte\nAmal Hadi,65001001,Salwa,12\nBadr Karam,65001002,Hawally,7\nHuda,65001003,,\n", "custom:Ort",
			"Nothing in this file says", "Choose the column of phone numbers", "What would happen", "Imported", "You have imported a file with these columns before",
		},
		"ar": {
			"قائمة 2026\nفلان,خط,بلدة,نقاط\nأمل هادي,65001001,السالمية,12\nبدر كرم,65001002,حولي,7\nهدى,65001003,,\n", "custom:بلدة",
			"لا شيء في هذا الملف", "اختر عمود أرقام الهواتف", "ما الذي سيحدث", "اكتمل الاستيراد", "سبق أن استوردت ملفًا بهذه الأعمدة",
		},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.user("boss@shop.example", "عائشة الرحمن", account.Owner, lang)
			p := newPage(t, s.URL(), pageOptions{})
			p.SignIn("/contacts/import", "boss@shop.example", password)
			p.Wait("document.querySelector('[data-choose]:not([hidden])')")
			p.drop("h1", "list.csv", []byte(say.file))
			p.WaitText("#columns .warn-line", say.unsure)
			p.choose("#col-0", "name")
			p.choose("#col-3", "ignore")
			p.Click("#columns .actions .primary")
			p.WaitText(".flash.bad", say.missing)
			p.Wait("document.querySelector('#col-0').value === 'name' && document.querySelectorAll('#columns td.off').length === 3")
			p.Judge("import-hand-" + lang)
			p.choose("#col-1", "phone")
			p.choose("#country", "KW")
			p.Click("#columns .actions .primary")
			p.WaitText("#found-title", say.check)
			p.WaitText(".figures", "3")
			p.Click(".go .primary")
			p.WaitText("#found-title", say.done)
			if n := s.countContacts(); n != 3 {
				t.Errorf("%d contacts came in", n)
			}

			p.Open("/contacts/import")
			p.Wait("document.querySelector('[data-choose]:not([hidden])')")
			p.drop("h1", "list.csv", []byte(say.file))
			p.WaitText(".read", say.remembered)
			p.Wait(fmt.Sprintf("[...document.querySelectorAll('#columns [data-column]')].map(s => s.value).join() === %q", "name,phone,"+say.town+",ignore"))
			p.Quiet()
		})
	}
}
