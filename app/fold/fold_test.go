package fold_test

import (
	"slices"
	"strings"
	"testing"

	"badala/app/fold"
)

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Hello World":  "hello world",
		"Café ÉCLAIR":  "cafe eclair",
		"Łódź Straße":  "lodz strase",
		"مُحَمَّد":     "محمد",
		"أحمد إلى آدم": "احمد الي ادم",
		"مـــرحبا":     "مرحبا",
		"فاطمة":        "فاطمه",
		"مؤسسة شؤون":   "موسسه شوون",
		"رئيس مسائل":   "رييس مسايل",
		"علی":          "علي",
		"٠١٢٣٤٥٦٧٨٩":   "0123456789",
		"۰۱۲۳۴۵۶۷۸۹":   "0123456789",
		"＋９６５":         "+965",
		"ﷲ ﻻ":          "الله لا",
		"İstanbul ısı": "istanbul isi",
	} {
		if got := fold.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDigits(t *testing.T) {
	t.Parallel()
	if got := fold.Digits("+٩٦٥ (6500) ۱۲۳۴"); got != "96565001234" {
		t.Error(got)
	}
}

func TestStem(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"والكتاب": "كتاب", "بالمدرسه": "مدرس", "للبيت": "بيت", "الله": "الل", "ولد": "ولد",
		"طلبات": "طلب", "مهندسون": "مهندس", "سيارتها": "سيارت", "price": "price",
	} {
		if got := fold.Stem(in); got != want {
			t.Errorf("Stem(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestSpellings is the search test set: each query must find each text when
// query words match as beginnings of indexed words.
func TestSpellings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ query, text string }{
		{"الطلب", "متى يصل طلبي؟"}, {"طلب", "أين الطلبات"}, {"طلبات", "والطلب تأخر"}, {"احمد", "أَحْمَد العلي"},
		{"أحمد", "احمد"}, {"فاطمه", "فاطمة الزهراء"}, {"فاطمة", "فاطمه"}, {"على", "علي"}, {"مستشفي", "المستشفى"},
		{"سؤال", "عندي سوال"}, {"مسئول", "المسيول"}, {"سعر", "السعر كم؟"}, {"السعر", "بسعر ممتاز سعره"}, {"اسعار", "الأسعار"},
		{"رساله", "وصلت الرسالة"}, {"٢٥", "25 دينار"}, {"25", "٢٥ دينار"}, {"مرحبا", "مرحبـــــا"}, {"شكرا", "شُكْرًا"},
		{"مدرسة", "بالمدرسة"}, {"توصيل", "التوصيل مجاني"}, {"للتوصيل", "التوصيل"}, {"cafe", "Café latte"}, {"CRÈME", "creme"},
	} {
		texts := strings.Fields(fold.Index(c.text))
		for _, w := range fold.Stems(c.query) {
			if !slices.ContainsFunc(texts, func(s string) bool { return strings.HasPrefix(s, w) }) {
				t.Errorf("%q does not find %q (%q in %q)", c.query, c.text, w, texts)
			}
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`hello "OR" world`: `"hello"* AND "or"* AND "world"*`, "a": "", "  ": "", "ab*": `"ab"*`,
	} {
		if got := fold.Match(in); got != want {
			t.Errorf("Match(%q) = %q, want %q", in, got, want)
		}
	}
}
