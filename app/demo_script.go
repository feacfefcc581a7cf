package app

import "time"

// A demoStep is one thing that happens in the sample shop, so long before now.
type demoStep struct {
	ago  time.Duration
	who  int    // 0: the customer; 1, 2, 3: a teammate
	kind string // see demoActs
	text string
	more string
}

// demoChat is one customer and all that was said.
type demoChat struct {
	name, phone, username string
	tags                  []string
	assignee              int // 0: nobody
	steps                 []demoStep
}

func ago(h, m int) time.Duration { return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute }

// demoChats is a small shop for clothes and flowers in Kuwait on an ordinary day.
func demoChats() []demoChat {
	return append(demoChatsArabic(), demoChatsEnglish()...)
}

func demoChatsArabic() []demoChat {
	return []demoChat{
		{name: "فاطمة العلي", phone: "96550001000", tags: []string{"VIP", "طلب"}, assignee: 1, steps: []demoStep{
			{ago(5, 40), 0, "text", "السلام عليكم، وصلني الطلب رقم 10452 ناقص قطعة واحدة 😕", ""},
			{ago(5, 32), 1, "text", "وعليكم السلام فاطمة، نعتذر منك 🙏 أي قطعة ناقصة؟", ""},
			{ago(5, 28), 0, "picture", "هذي القطع اللي وصلت", ""},
			{ago(5, 10), 2, "note", "المستودع يؤكد: بلوزة مقاس M بقيت في الصندوق الثاني. المندوب يقدر يستلمها الساعة 17:00 بدون رسوم.", ""},
			{ago(4, 58), 1, "text", "تم التأكيد ✅ المندوب بيمر عليكم اليوم بين 17:00 و 19:00.\nTracking: https://example.com/t/88213-KW", ""},
			{ago(4, 50), 0, "reaction", "👍", ""},
			{ago(1, 52), 1, "text", "هل العنوان نفسه؟ Block 4, Street 12, House 7", ""},
			{ago(1, 47), 0, "location", "السالمية، قطعة 4", "29.3339,48.0761"},
			{ago(0, 3), 0, "text", "تمام، بانتظاركم. رقم الطلب #10452 🙏", ""},
		}},
		{name: "محمد الرشيدي", phone: "96550002000", tags: []string{"توصيل"}, steps: []demoStep{
			{ago(3, 15), 0, "text", "مرحبا، عندكم توصيل للجهراء؟", ""},
			{ago(3, 14), 0, "text", "ومتى يفتح الفرع؟", ""},
			{ago(0, 31), 0, "text", "متى يفتح الفرع؟", ""},
		}},
		{name: "عبدالله", phone: "96550003000", tags: []string{"VIP"}, assignee: 1, steps: []demoStep{
			{ago(6, 20), 0, "voice", "", ""},
			{ago(6, 5), 1, "text", "وصلتني رسالتك الصوتية، نجهز لك الباقة ونرسل لك صورتها.", ""},
			{ago(5, 30), 1, "picture", "باقة الورد الأبيض – 18 د.ك", ""},
			{ago(5, 21), 0, "text", "جميلة جداً، اعتمدها 🌹", ""},
			{ago(2, 30), 0, "voice", "", ""},
		}},
		{name: "نورة الكندري", phone: "96550004000", assignee: 2, steps: []demoStep{
			{ago(30, 0), 0, "text", "هل عندكم مقاس 42 من الفستان الأزرق؟", ""},
			{ago(29, 40), 2, "text", "نعم متوفر، السعر *24 د.ك* مع توصيل مجاني.", ""},
			{ago(29, 30), 0, "order", "فستان أزرق", ""},
			{ago(29, 20), 2, "text", "تم تسجيل طلبك، شكراً لك 🌷", ""},
			{ago(29, 10), 2, "close", "", ""},
		}},
		{name: "أم يوسف", phone: "96550005000", tags: []string{"استفسار"}, steps: []demoStep{
			{ago(9, 0), 0, "ad", "أبي أعرف تفاصيل عرض العيد", "عرض العيد – خصم 30%"},
			{ago(8, 59), 0, "forwarded", "خصم 30% على كل التشكيلة حتى نهاية الأسبوع 🎉", ""},
		}},
		{name: "سالم العنزي", phone: "96550006000", assignee: 3, steps: []demoStep{
			{ago(20, 0), 0, "document", "فاتورة الشركة", "فاتورة نوفمبر.pdf"},
			{ago(19, 45), 3, "text", "وصلت الفاتورة، نراجعها ونرد عليك اليوم.", ""},
			{ago(19, 30), 3, "note", "@1 ممكن تراجعين الفاتورة قبل الساعة 4؟", ""},
			{ago(7, 10), 0, "text", "هل تم تحويل المبلغ؟", ""},
		}},
		{name: "دلال", phone: "", username: "dalal.kw", steps: []demoStep{
			{ago(4, 20), 0, "text", "هلا، أكلمكم من اسم المستخدم بدون رقم 🙂 عندكم تغليف هدايا؟", ""},
		}},
		{name: "خالد المطيري", phone: "96550008000", assignee: 2, steps: []demoStep{
			{ago(12, 0), 0, "text", "الطلب وصل متأخر يومين", ""},
			{ago(11, 50), 2, "text", "نعتذر يا خالد، وهذا كود خصم للطلب القادم: `SORRY10`", ""},
			{ago(11, 45), 0, "edit", "الطلب وصل متأخر يوم واحد فقط", ""},
			{ago(11, 40), 0, "reply", "شكراً على سرعة الرد", ""},
		}},
		{name: "مريم", phone: "96550009000", steps: []demoStep{
			{ago(2, 5), 0, "contacts", "خدمة التوصيل", "96599887766"},
			{ago(2, 4), 0, "text", "هذا رقم السائق للتنسيق", ""},
		}},
		{name: "شركة الخليج للهدايا", phone: "96550010000", tags: []string{"جملة"}, assignee: 3, steps: []demoStep{
			{ago(26, 0), 0, "text", "نحتاج عرض سعر لـ 200 باقة لفعالية يوم 5 ديسمبر", ""},
			{ago(25, 30), 3, "document", "عرض السعر", "عرض سعر 200 باقة.pdf"},
			{ago(3, 40), 0, "text", "ممتاز، نعتمد العرض. متى تبدأون؟", ""},
		}},
	}
}

func demoChatsEnglish() []demoChat {
	return []demoChat{
		{name: "Yousef Al-Mutairi", phone: "96551001000", tags: []string{"Order"}, assignee: 1, steps: []demoStep{
			{ago(7, 30), 0, "text", "Hi, order 10452 arrived without the M blouse", ""},
			{ago(7, 21), 1, "text", "Sorry about that! I'm checking with the warehouse and will be back in ten minutes.", ""},
			{ago(7, 19), 0, "text", "ok 👍", ""},
			{ago(0, 4), 0, "text", "الطلب رقم 10452 وصل ناقص قطعة M، شكراً على المتابعة", ""},
		}},
		{name: "Noura Beauty — نورا", phone: "96551002000", assignee: 2, steps: []demoStep{
			{ago(10, 0), 0, "text", "Is my facial still tomorrow at 5?", ""},
			{ago(9, 55), 2, "text", "It is. Please confirm with the button in our reminder 🌿", ""},
			{ago(9, 50), 0, "button", "Confirm", ""},
			{ago(0, 14), 0, "text", "ok 👍", ""},
		}},
		{name: "Sara K.", phone: "96551003000", tags: []string{"Refund", "Order"}, assignee: 1, steps: []demoStep{
			{ago(2, 10), 0, "text", "Can I change my order? It’s #88213", ""},
			{ago(2, 2), 1, "text", "Of course, what should we change?\n- size\n- colour\n- delivery day", ""},
			{ago(1, 58), 0, "text", "Colour please, *black* instead of ~navy~", ""},
			{ago(0, 52), 0, "text", "Can I change my order? It’s #88213", ""},
		}},
		{name: "Gulf Flowers", phone: "96551004000", assignee: 3, steps: []demoStep{
			{ago(5, 0), 0, "text", "Our new autumn arrangements, from 12 KWD", ""},
			{ago(4, 59), 0, "picture", "Autumn", ""},
			{ago(1, 20), 0, "picture", "", ""},
		}},
		{name: "Layla Hassan", phone: "96551005000", tags: []string{"Order"}, steps: []demoStep{
			{ago(3, 50), 0, "text", "Hello, do you ship to Bahrain?", ""},
			{ago(3, 20), 0, "text", "Is the blue one back in stock?", ""},
			{ago(2, 34), 0, "sticker", "", ""},
			{ago(2, 33), 0, "text", "Is the blue one back in stock?", ""},
		}},
		{name: "Daniel Weber", phone: "4915112345678", assignee: 2, steps: []demoStep{
			{ago(50, 0), 0, "text", "Good evening, I would like to pick up my order tomorrow at 10.", ""},
			{ago(49, 50), 2, "text", "See you tomorrow at 10, the parcel is at the counter.", ""},
			{ago(27, 0), 2, "failing", "Your parcel is still here, shall we send it?", ""},
		}},
		{name: "Priya Nair", phone: "919800000001", steps: []demoStep{
			{ago(6, 40), 0, "unsupported", "", ""},
			{ago(6, 38), 0, "text", "Sorry, that was a poll. Which colour is more popular?", ""},
			{ago(6, 30), 0, "text", "oops, wrong chat", ""},
			{ago(6, 29), 0, "revoke", "", ""},
		}},
		{name: "Omar Saleh", phone: "96551008000", assignee: 1, steps: []demoStep{
			{ago(14, 0), 0, "video", "The zip is broken, see here", ""},
			{ago(13, 50), 1, "reply", "Thank you for the video. We will exchange it free of charge.", ""},
			{ago(13, 45), 0, "reaction", "❤️", ""},
			{ago(13, 30), 1, "close", "", ""},
		}},
		{name: "Hessa", phone: "96551009000", username: "hessa", steps: []demoStep{
			{ago(8, 10), 0, "list", "Exchange a size", ""},
			{ago(8, 9), 0, "text", "The dress is too long for me", ""},
		}},
		{name: "Dana Haddad", phone: "13105550117", assignee: 3, steps: []demoStep{
			{ago(40, 0), 0, "text", "I am moving abroad next week, can I still collect points?", ""},
			{ago(39, 30), 3, "text", "Yes, points stay for a year.", ""},
			{ago(16, 0), 0, "number", "13105550163", ""},
			{ago(15, 50), 0, "text", "This is my new number 🙂", ""},
		}},
		{name: "Ahmed Fathi", phone: "96551011000", steps: []demoStep{
			{ago(1, 35), 0, "call", "", ""},
			{ago(1, 33), 0, "text", "I tried to call. Are you open on Friday?", ""},
		}},
	}
}
