package channel

import (
	"badala/app/account"
	"badala/app/db"
)

// auditTx writes down what a person or a key did to a number. What Meta and the
// server do is no matter of the audit log.
func auditTx(tx *db.Tx, who account.Actor, action string, c Channel, before, after map[string]string) error {
	if who.Kind != account.KindUser && who.Kind != account.KindAPI {
		return nil
	}
	l := account.Line{Action: action, Target: "chan", TargetID: c.ID, Detail: c.Name}
	if len(before) > 0 {
		l.Before = before
	}
	if len(after) > 0 {
		l.After = after
	}
	return account.AuditTx(tx, who, l)
}

// difference is the fields in which two states of a number differ. A secret is
// named and never told.
type difference struct{ before, after map[string]string }

func told(was, is Draft) difference {
	d := difference{map[string]string{}, map[string]string{}}
	for _, f := range []struct{ name, was, is string }{
		{"name", was.Name, is.Name}, {"phoneNumber", was.PhoneNumber, is.PhoneNumber}, {"phoneNumberId", was.PhoneNumberID, is.PhoneNumberID},
		{"wabaId", was.WABAID, is.WABAID}, {"appId", was.AppID, is.AppID},
	} {
		if f.was != f.is {
			d.before[f.name], d.after[f.name] = f.was, f.is
		}
	}
	for _, f := range []struct{ name, was, is string }{
		{"accessToken", was.AccessToken, is.AccessToken}, {"appSecret", was.AppSecret, is.AppSecret}, {"verifyToken", was.VerifyToken, is.VerifyToken},
	} {
		if f.was != f.is {
			d.after[f.name] = "changed"
		}
	}
	return d
}

// shown is what tells a number from others.
func shown(c Channel) map[string]string {
	c.AccessToken, c.AppSecret, c.VerifyToken = "", "", ""
	return told(Draft{}, draftOf(c)).after
}

// sending is whether a number may send, and why not.
func sending(c Channel) map[string]string {
	m := map[string]string{"state": string(c.State)}
	if c.PausedReason != "" {
		m["reason"] = c.PausedReason
	}
	return m
}
