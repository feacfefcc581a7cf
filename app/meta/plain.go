package meta

import (
	"maps"
	"slices"
)

// Plain is what an error means and what helps, in plain English.
type Plain struct{ Cause, Cure string }

// English explains a key of Verdict.Explain. A key it does not know is
// explained as UnknownKey.
func English(key string) Plain {
	if p, ok := plain[key]; ok {
		return p
	}
	return plain[UnknownKey]
}

// ExplainKeys lists every key that Action can give, sorted.
func ExplainKeys() []string { return slices.Sorted(maps.Keys(plain)) }

var plain = map[string]Plain{
	"meta.130429":  {"WhatsApp asks us to slow down.", "Nothing to do: the message goes out in a moment."},
	"meta.131057":  {"WhatsApp is upgrading this number.", "Nothing to do: the message goes out in a few minutes."},
	"meta.131056":  {"Too many messages went to this person in a short time.", "Nothing to do: the message goes out in a moment."},
	"meta.131000":  {"WhatsApp had a problem and may not have taken the message.", "Check with the customer before sending it again."},
	"meta.190":     {"WhatsApp no longer accepts the access token of this channel.", "Enter a new access token in the settings of the channel. Waiting messages then go out."},
	"meta.200":     {"The access token lacks a permission.", "Give the token the permissions whatsapp_business_messaging and whatsapp_business_management, then reconnect the channel."},
	"meta.33":      {"WhatsApp does not know the phone number id of this channel.", "Check the phone number id in the settings of the channel."},
	"meta.133010":  {"This number is not registered for the Cloud API.", "Register the number in the settings of the channel."},
	"meta.131031":  {"WhatsApp has locked or restricted this account.", "Open the WhatsApp Manager, see what the account is blamed for, and ask for a review."},
	"meta.130497":  {"WhatsApp does not allow this business to message people in that country.", "Check the messaging policy for the country."},
	"meta.131042":  {"There is a problem with the payment method of the WhatsApp account.", "Check the payment method in the WhatsApp Manager."},
	"meta.131064":  {"WhatsApp lowered the limit of this account because templates are in the wrong category.", "Correct the category of the templates in the WhatsApp Manager."},
	"meta.131048":  {"Too many people blocked or reported messages of this number.", "Wait, check the quality of the number, and send to fewer people."},
	"meta.132015":  {"WhatsApp paused this template because of low quality.", "Wait until it is active again, or improve its text."},
	"meta.132016":  {"WhatsApp disabled this template for good.", "Use another template."},
	"meta.131049":  {"WhatsApp holds marketing back from this person for now.", "Do not send marketing to this person again before tomorrow."},
	"meta.130472":  {"WhatsApp holds marketing back from this person for an experiment.", "Do not send marketing to this person again before tomorrow."},
	"meta.100":     {"WhatsApp found a mistake in the message.", "See the details, correct the message and send it again."},
	"meta.130403":  {"This person has blocked you.", "Reach the person in another way."},
	"meta.131021":  {"The message is addressed to the number that sends it.", "Choose another recipient."},
	"meta.131026":  {"WhatsApp could not deliver the message.", "The person may not use WhatsApp, use an old version, or not have accepted its terms. Ask in another way."},
	"meta.131030":  {"This is a test number, and the recipient is not on its list.", "Add the recipient to the list of the test number, or use a real number."},
	"meta.131037":  {"The display name of this number is not approved.", "Have the display name approved in the WhatsApp Manager."},
	"meta.131047":  {"More than 24 hours have passed since the customer last wrote.", "Send a template. When the customer answers you can write freely."},
	"meta.131050":  {"This person does not want marketing messages from you.", "Do not send marketing to this person."},
	"meta.131051":  {"WhatsApp does not support this kind of message here.", "Send it in another form."},
	"meta.131052":  {"WhatsApp could not fetch the file that the customer sent.", "Ask the customer to send it again."},
	"meta.131053":  {"WhatsApp did not accept the file.", "Check its type and size, convert it, and send it again."},
	"meta.131060":  {"This message cannot be shown at the moment.", "Ask the customer to send it again."},
	"meta.131062":  {"This message needs a phone number, and the person shares none.", "Ask the person for their number."},
	"meta.131065":  {"The message costs more than your limit for that country.", "Raise the price limit in the WhatsApp Manager."},
	"meta.132000":  {"The values do not fit the variables of the template.", "Refresh the templates, fill in every variable and send again."},
	"meta.132001":  {"The template does not exist in this language or is not approved.", "Refresh the templates and choose one that is approved."},
	"meta.132005":  {"The text of the template is too long with these values.", "Shorten the values."},
	"meta.132007":  {"The text breaks the content policy of WhatsApp.", "Change the text of the template."},
	"meta.132012":  {"A value does not fit the template.", "Remove line breaks, tabs and runs of spaces, and leave no value empty."},
	"meta.132068":  {"The form in this message is blocked or throttled.", "Check the form in the WhatsApp Manager."},
	"meta.133005":  {"The two-step PIN is wrong, or was tried too often.", "Enter the right PIN; after many tries wait first."},
	"meta.133016":  {"This number was registered too often.", "Wait 72 hours, then register it again."},
	"meta.137000":  {"This person may be using a new phone or number.", "Confirm who it is, then send again."},
	"meta.2388000": {"WhatsApp did not accept the template.", "See the details and correct the template."},
	UnknownKey:     {"WhatsApp refused the message.", "See the code and the details. If it happens again, pass both on to support."},
}
