package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/inbox"
)

// tagged makes a tag on a person and, if conv is one, on a conversation.
func (w *world) tagged(tag string, person, conv string) {
	w.t.Helper()
	id, err := db.ParseID("contact", person)
	must(w.t, err)
	_, err = w.contacts.AddTag(w.t.Context(), w.boss(), id, tag)
	must(w.t, err)
	if conv == "" {
		return
	}
	id, err = db.ParseID("conv", conv)
	must(w.t, err)
	must(w.t, w.inbox.AddTag(w.t.Context(), w.boss(), id, tag))
}

// tagPath is the page of a tag.
func (w *world) tagPath(name string) string {
	w.t.Helper()
	all, err := w.contacts.Tags(w.db.Read(w.t.Context()), w.owner.OrgID)
	must(w.t, err)
	for _, t := range all {
		if t.Name == name {
			return "/settings/tags/" + db.FormatID("tag", t.ID)
		}
	}
	w.t.Fatalf("no tag %s", name)
	return ""
}

func TestTagsAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.teammate("Agnes", account.Agent)
	b := w.as("Omar")
	w.as("Agnes").get("/settings/tags").want(t, http.StatusForbidden)
	b.get("/settings/tags").want(t, http.StatusOK, "There is no tag yet", `href="/settings/tags"`)
	b.post("/settings/tags", url.Values{"name": {strings.Repeat("x", 61)}, "description": {"kept"}}).want(t, http.StatusUnprocessableEntity, "1 to 60 characters", "kept")
	b.post("/settings/tags", url.Values{"name": {"VIP"}, "colour": {"red"}, "description": {"Buys every week"}}).
		want(t, http.StatusOK, "“VIP” is there", "Buys every week", "tag-red", "0 contacts · 0 conversations")
	b.post("/settings/tags", url.Values{"name": {"vip"}}).want(t, http.StatusUnprocessableEntity, "Another tag has this name")
	path := w.tagPath("VIP")
	b.get(path).want(t, http.StatusOK, `value="red" checked`, `value="Buys every week"`).without(t, "Merge into another tag")
	b.post(path, url.Values{"name": {""}}).want(t, http.StatusUnprocessableEntity, "1 to 60 characters")
	b.post(path, url.Values{"name": {"Gold"}, "colour": {"teal"}, "description": {""}}).want(t, http.StatusOK, "“Gold” is saved", "tag-teal").without(t, "Buys every week")
	b.post(path+"/remove", nil).want(t, http.StatusOK, "Delete “Gold”?", "cannot be undone")
	b.post(path+"/remove", url.Values{"sure": {"1"}}).want(t, http.StatusOK, "“Gold” is deleted", "There is no tag yet")
	b.get(path).want(t, http.StatusNotFound)
	b.get("/settings/audit?group=tag").want(t, http.StatusOK, "Tag added", "Tag changed", "Tag removed", `href="`+path+`"`)
}

func TestTwoTagsBecomeOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ch := w.connect()
	mona := w.written("Mona", "966555000101", "hello")
	w.tagged("VIP", contactID(w.person("Nour", "+96550009999")), mona)
	w.tagged("Gold", contactID(w.person("Huda", "+96550009998")), "")
	_, err := w.inbox.SetAssignment(t.Context(), w.boss(), ch.ID, inbox.AssignmentPatch{Rules: &[]inbox.RuleInput{{Tag: "VIP", AssigneeID: w.owner.User.ID}}})
	must(t, err)
	b := w.as("Omar")
	vip, gold := w.tagPath("VIP"), strings.TrimPrefix(w.tagPath("Gold"), "/settings/tags/")
	b.get(vip).want(t, http.StatusOK, "1 contact<", "1 conversation<", "Merge into another tag", "Gold")
	b.post(vip+"/merge", nil).want(t, http.StatusUnprocessableEntity, "Choose the tag that stays")
	b.post(vip+"/merge", url.Values{"into": {gold}}).want(t, http.StatusOK, "Merge “VIP” into “Gold”?", "1 contact", "1 conversation", "1 assignment rule")
	b.post(vip+"/merge", url.Values{"into": {gold}, "sure": {"1"}}).want(t, http.StatusOK, "“VIP” is now “Gold”", "2 contacts · 1 conversation").without(t, vip)
	b.get("/c/"+mona).want(t, http.StatusOK, "Gold")
	set, err := w.inbox.Assignment(w.db.Read(t.Context()), w.owner.OrgID, ch.ID)
	if err != nil || len(set.Rules) != 1 || set.Rules[0].Tag.Name != "Gold" {
		t.Errorf("%+v, %v", set.Rules, err)
	}
	b.get("/settings/audit?group=tag").want(t, http.StatusOK, "Tag merged into another")

	b.post("/language", url.Values{"language": {"ar"}})
	b.get("/settings/tags").want(t, http.StatusOK, "الوسوم", "جهتا اتصال")
	if _, err := w.contacts.CreateTag(t.Context(), w.boss(), contact.TagInput{Name: "فضي"}); err != nil {
		t.Fatal(err)
	}
	b.post(w.tagPath("فضي")+"/merge", url.Values{"into": {gold}}).want(t, http.StatusOK, "دمج «فضي» في «Gold»؟", "لا يمكن التراجع")
}
