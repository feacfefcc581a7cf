package importer

import "strings"

// Fields of a contact that a column can be mapped to; besides these there is
// CustomPrefix with the name of a custom field, and Ignore.
const (
	FieldName       = "name"
	FieldFirst      = "firstName"
	FieldMiddle     = "middleName"
	FieldLast       = "lastName"
	FieldPhone      = "phone"
	FieldOtherPhone = "otherPhone"
	FieldCode       = "countryCode"
	FieldCountry    = "country"
	FieldEmail      = "email"
	FieldOtherEmail = "otherEmail"
	FieldTags       = "tags"
	FieldExternal   = "externalId"
	FieldFallbackID = "fallbackId" // the external id where there is no better one
	FieldConsent    = "marketingConsent"
	FieldOptOut     = "optOut"
	FieldCompany    = "company"
	FieldWebsite    = "website"
	FieldJobTitle   = "jobTitle"
	FieldAddress    = "address"
	FieldSource     = "source"
	FieldCreated    = "createdAt"
	FieldNotes      = "notes"
	FieldUserID     = "userId"
	Ignore          = ""
	CustomPrefix    = "custom:"
)

// Fields lists those that a page offers, in its order.
var Fields = [...]string{
	FieldName, FieldFirst, FieldMiddle, FieldLast, FieldPhone, FieldOtherPhone, FieldCode, FieldCountry, FieldEmail, FieldOtherEmail,
	FieldTags, FieldExternal, FieldConsent, FieldOptOut, FieldCompany, FieldWebsite, FieldJobTitle, FieldAddress, FieldSource, FieldCreated, FieldNotes, FieldUserID,
}

func knownField(f string) bool {
	if name, ok := strings.CutPrefix(f, CustomPrefix); ok {
		return name != ""
	}
	if f == Ignore || f == FieldFallbackID {
		return true
	}
	for _, k := range Fields {
		if k == f {
			return true
		}
	}
	return false
}

// headers finds fields by the folded names that systems give their columns.
var headers = index(map[string]string{
	FieldName:       "name fullname contactname customername displayname الاسم اسم اسمالعميل الاسمالكامل nombre nom nome",
	FieldFirst:      "firstname givenname الاسمالاول prenom",
	FieldMiddle:     "middlename additionalname",
	FieldLast:       "lastname surname familyname اسمالعائلة اللقب apellido",
	FieldPhone:      "phone phonenumber mobile mobilenumber mobilephone whatsapp whatsappnumber waid usernumber msisdn cellphone telephone tel contactnumber phone1value الهاتف رقمالهاتف الجوال رقمالجوال الموبايل رقمالموبايل الواتساب رقمالواتساب telefono telefone telephone celular",
	FieldOtherPhone: "otherphones otherphone phone2value phone3value phone4value homephone homephone2 businessphone businessphone2 primaryphone secondaryphone companymainphone otherphone2",
	FieldCode:       "countrycode dialcode callingcode",
	FieldCountry:    "country countryregion countryname الدولة البلد pays",
	FieldEmail:      "email emailaddress mail email1value البريد البريدالالكتروني الايميل correo",
	FieldOtherEmail: "email2value email3value email4value email2address email3address",
	FieldTags:       "tags tag labels label groupmembership categories الوسوم العلامات التصنيف etiquetas",
	FieldExternal:   "externalid extid customerid crmid identifier clientid المعرف رقمالعميل",
	FieldConsent:    "marketingconsent marketingoptin optin optedin whatsappopted whatsappoptedin allowbroadcast messageoptin consent subscribed الموافقة موافقةالتسويق",
	FieldOptOut:     "optedout optout unsubscribed marketingoptout",
	FieldCompany:    "company companyname organization organizationname organization1name associatedcompany businessname الشركة اسمالشركة المؤسسة societe empresa",
	FieldWebsite:    "website companywebsite website1value",
	FieldJobTitle:   "jobtitle organizationtitle organization1title",
	FieldAddress:    "address1formatted companyaddress",
	FieldSource:     "source contactsource leadsource originalsource المصدر",
	FieldCreated:    "createdat createdon createddate datecreated createdate created datetimecreated تاريخالانشاء تاريخالاضافة",
	FieldNotes:      "notes note ملاحظات",
	FieldUserID:     "bsuid whatsappuserid",
})

// ignored are columns that say nothing which stays true, or nothing about
// WhatsApp.
var ignored = words(`updatedat creator contactowner assignee lastactive lastinteractiontime firstmessage intervenedby photo fileas ipaddress
	marketingcontactstatus unsubscribedfromallemail phoneticfirstname phoneticmiddlename phoneticlastname errors badalaid updated`)

// named are columns of fields that we keep as custom fields under one name.
var named = map[string]string{
	"companyindustry": "Company industry", "industry": "Company industry", "companysize": "Company size",
	"language": "Language", "preferredlanguage": "Language",
}

func index(fields map[string]string) map[string]string {
	byName := map[string]string{}
	for field, names := range fields {
		for _, n := range strings.Fields(names) {
			byName[foldWord(n)] = field
		}
	}
	return byName
}

// preset is what is special about the files of one system.
type preset struct {
	id       string
	prefix   string            // of its ids
	needs    [][]string        // one of these sets of folded names makes a file its own
	overlays map[string]string // fields by folded name, before all else
}

// Sources are the systems whose files are recognised, by their ids.
var presets = []preset{
	{id: "badala", needs: [][]string{{"badalaid"}}},
	{id: "wati", needs: [][]string{{"allowbroadcast"}}},
	{id: "respondio", prefix: "respondio:", needs: [][]string{{"contactid", "lifecycle"}, {"contactid", "datetimecreated"}, {"contactid", "lastinteractiontime"}},
		overlays: map[string]string{"contactid": FieldExternal}},
	{id: "chatwoot", prefix: "chatwoot:", needs: [][]string{{"id", "identifier", "phonenumber"}},
		overlays: map[string]string{"id": FieldFallbackID, "identifier": FieldExternal}},
	{id: "interakt", needs: [][]string{{"whatsappopted"}, {"whatsappopteduserid"}}, overlays: map[string]string{"whatsappopteduserid": FieldConsent}},
	{id: "aisensy", needs: [][]string{{"usernumber"}}},
	{id: "hubspot", prefix: "hubspot:", needs: [][]string{{"recordid"}}, overlays: map[string]string{"recordid": FieldExternal}},
	{id: "google", needs: [][]string{{"phone1value"}, {"email1value"}, {"groupmembership"}}},
	{id: "outlook", needs: [][]string{{"emailaddress", "mobilephone"}, {"emailaddress", "businessphone"}, {"emailaddress", "primaryphone"}},
		overlays: map[string]string{"title": Ignore}},
	{id: "gohighlevel", prefix: "ghl:", needs: [][]string{{"contactid", "lastactivity"}, {"contactid", "opportunities"}, {"contactid", "firstname", "phone", "created"}},
		overlays: map[string]string{"contactid": FieldExternal}},
	{id: "gallabox", needs: [][]string{{"marketingoptin", "contactowner"}, {"marketingoptin", "bsuid"}, {"marketingoptin", "creator"}, {"marketingoptin", "instagramid"},
		{"externalid", "marketingconsent", "companyname"}, {"externalid", "marketingconsent", "company"}}},
	{id: "vcard"},
}

// Sources lists the ids of systems, for a page to offer.
func Sources() []string {
	all := make([]string, len(presets))
	for i, p := range presets {
		all[i] = p.id
	}
	return all
}

func presetByID(id string) preset {
	for _, p := range presets {
		if p.id == id {
			return p
		}
	}
	return preset{}
}

// presetOf recognises whose file has these folded headers.
func presetOf(folded []string) string {
	have := map[string]bool{}
	for _, h := range folded {
		have[h] = true
	}
	for _, p := range presets {
		for _, set := range p.needs {
			all := true
			for _, h := range set {
				all = all && have[h]
			}
			if all {
				return p.id
			}
		}
	}
	return ""
}
