package inbox

import (
	"cmp"
	"context"
	"strings"

	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/media"
	"badala/app/template"
)

// TemplateInput names a template of a number's account and gives what fills it.
type TemplateInput struct {
	Name, Language string
	Values         template.Values
}

// check refuses what can never be sent.
func (in *TemplateInput) check() []string {
	if in == nil {
		return []string{"templateName: is missing"}
	}
	in.Name, in.Language = strings.TrimSpace(in.Name), strings.TrimSpace(in.Language)
	var bad []string
	if in.Name == "" {
		bad = append(bad, "templateName: is missing")
	}
	if in.Language == "" {
		bad = append(bad, "templateLanguage: is missing")
	}
	return bad
}

// templateMessageTx is the message that a template makes for a conversation,
// not yet stored and not yet said to be anybody's. It refuses what the template
// does not take; whether the contact may have it is templateAllowedTx's
// business.
func (s *Service) templateMessageTx(tx *db.Tx, c Conversation, in TemplateInput) (Message, error) {
	t, spec, err := s.usableTemplate(tx, c.OrgID, c.ChannelID, in)
	if err != nil {
		return Message{}, err
	}
	return filledMessageTx(tx, c, t, spec, in.Values)
}

// filledMessageTx is templateMessageTx for who knows that the values fit.
func filledMessageTx(tx *db.Tx, c Conversation, t channel.Template, spec template.Spec, v template.Values) (Message, error) {
	if at := v.ExpiresAt; !at.IsZero() && db.Millis(at) <= tx.Now() {
		return Message{}, errs.Field(template.ExpiryKey, "is over already")
	}
	files, err := templateFilesTx(tx, c.OrgID, spec, v)
	if err != nil {
		return Message{}, err
	}
	filled := spec.Fill(v)
	m := Message{
		OrgID: c.OrgID, ConversationID: c.ID, ContactID: c.ContactID, ChannelID: c.ChannelID,
		Direction: Outbound, Type: TypeTemplate, Body: filled.Text(),
	}
	extra := Payload{Template: &Template{Name: t.Name, Language: t.Language, Category: t.Category, Values: &v, Shown: &filled}}
	if header := v.Header; header != nil && spec.Header.IsMedia() {
		m.MediaID = files[0].ID
		extra.FileName, extra.Link = cmp.Or(header.FileName, files[0].FileName), filled.Header.MediaURL
	}
	filled.Body = "" // it is the body of the message
	m.Payload = extra.encode()
	m.search = searchText(&m, &extra)
	return m, nil
}

// usableTemplate reads a template that can be sent now with the values given.
func (s *Service) usableTemplate(q db.Q, org, channelID int64, in TemplateInput) (t channel.Template, spec template.Spec, err error) {
	t, err = s.Channels.Template(q, org, channelID, in.Name, in.Language)
	if errs.Is(err, errs.NotFound) {
		return t, spec, errs.Coded(errs.Unprocessable, "template_unknown", "the number's account has no such template")
	}
	if err == nil {
		err = t.Usable()
	}
	if err == nil {
		spec, err = t.Spec()
	}
	if err == nil {
		err = spec.Check(in.Values)
	}
	return t, spec, err
}

// templateFilesTx finds the uploads that values name: that of the header first,
// then those of the cards. A file that Meta fetches itself is a zero Media.
func templateFilesTx(tx *db.Tx, org int64, spec template.Spec, v template.Values) ([]media.Media, error) {
	var all []media.Media
	one := func(field string, h template.Header, given *template.HeaderValue) error {
		var file media.Media
		if given != nil && given.UploadKey != "" && h.IsMedia() {
			var err error
			if file, err = media.ByKey(tx, org, given.UploadKey); errs.Is(err, errs.NotFound) {
				return errs.Field(field, "there is no such upload")
			} else if err != nil {
				return err
			}
			if err := media.CheckSendable(strings.ToLower(h.Kind), file); err != nil {
				return err
			}
		}
		all = append(all, file)
		return nil
	}
	if err := one("header", spec.Header, v.Header); err != nil {
		return nil, err
	}
	for i, card := range spec.Cards {
		if err := one("cards", card.Header, v.Cards[i].Header); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// templateAllowedTx refuses a template that a contact may not have: marketing
// against their word, and what Meta would refuse anyway.
func (s *Service) templateAllowedTx(tx *db.Tx, c Conversation, category string) error {
	ch, err := s.Channels.ByID(tx, c.OrgID, c.ChannelID)
	if err != nil {
		return err
	}
	if held := ch.Health.TemplatesHeldUntil(); held > tx.Now() {
		return errs.Coded(errs.Conflict, "templates_held", "WhatsApp does not let this number send templates until "+db.FormatTime(held))
	}
	if c.GroupID != "" {
		return nil
	}
	to, err := s.addressOf(tx, c)
	if err != nil {
		return err
	}
	if category == template.Authentication && to.phone == "" {
		return errs.Coded(errs.Conflict, "no_phone", "a one-time code can be sent to a phone number only")
	}
	refused, err := s.refusedMarketing(tx, c, category)
	if err != nil || !refused {
		return err
	}
	return errs.Coded(errs.Conflict, "no_consent", "this contact has refused marketing messages")
}

// refusedMarketing says whether a template of a category goes against the word
// of the contact.
func (s *Service) refusedMarketing(q db.Q, c Conversation, category string) (bool, error) {
	if category != template.Marketing || c.GroupID != "" {
		return false, nil
	}
	person, err := s.Contacts.ByID(q, c.OrgID, c.ContactID)
	return person.Consent != nil && !*person.Consent, err
}

// templateForMeta is the template of a delivery as the Graph API takes it, with
// its files uploaded. fileID is Meta's id of the header's file.
func (s *Service) templateForMeta(ctx context.Context, d delivery, fileID string) (map[string]any, error) {
	gone := &refusal{MessageError{Code: 132001, Title: "The template is no longer there"}}
	sent := d.m.Extra().Template
	if sent == nil || sent.Values == nil {
		return nil, gone
	}
	t, err := s.Channels.Template(s.DB.Read(ctx), d.m.OrgID, d.m.ChannelID, sent.Name, sent.Language)
	if errs.Is(err, errs.NotFound) {
		return nil, gone
	}
	if err != nil {
		return nil, err
	}
	spec, err := t.Spec()
	if err != nil {
		return nil, gone
	}
	return s.templateGraph(ctx, d, t, spec, *sent.Values, fileID)
}

// templateGraph is a template with its values as the Graph API takes it.
func (s *Service) templateGraph(ctx context.Context, d delivery, t channel.Template, spec template.Spec, v template.Values, fileID string) (map[string]any, error) {
	if v.Header != nil && fileID != "" {
		v.Header.MetaID = fileID
		v.Header.FileName = cmp.Or(v.Header.FileName, d.m.Extra().FileName)
	}
	if err := s.uploadCards(ctx, d, v.Cards); err != nil {
		return nil, err
	}
	if wrong := spec.Wrong(v); len(wrong) > 0 { // it was edited meanwhile
		return nil, &refusal{MessageError{Code: 132000, Title: "The template has changed", Detail: wrong[0].Field + ": " + wrong[0].Text}}
	}
	g := map[string]any{"name": t.Name, "language": map[string]string{"code": t.Language}}
	if all := spec.Graph(v); len(all) > 0 {
		g["components"] = all
	}
	return g, nil
}

// uploadCards hands Meta the files of the cards of a carousel.
func (s *Service) uploadCards(ctx context.Context, d delivery, cards []template.CardValues) error {
	for i := range cards {
		h := cards[i].Header
		if h == nil || h.UploadKey == "" {
			continue
		}
		file, err := media.ByKey(s.DB.Read(ctx), d.m.OrgID, h.UploadKey)
		if errs.Is(err, errs.NotFound) {
			return &refusal{MessageError{Code: codeMediaLost, Title: "The file is no longer there"}}
		}
		if err == nil {
			h.MetaID, err = s.fileOnceForMeta(ctx, d, file.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// templateNewsTx does what the failure of a template asks for: it is what Meta
// thinks of the template, or what the person wants.
func (s *Service) templateNewsTx(tx *db.Tx, m *Message) error {
	if m.Type != TypeTemplate || m.Status != StatusFailed {
		return nil
	}
	t := m.Extra().Template
	if t == nil {
		return nil
	}
	var err error
	switch m.Error.Code {
	case 131050:
		err = s.Contacts.PreferenceTx(tx, m.OrgID, m.ContactID, true, tx.Now())
	case 132015:
		err = s.Channels.SetTemplateStatusTx(tx, m.OrgID, m.ChannelID, t.Name, t.Language, channel.TemplatePaused, m.Error.Detail)
	case 132016:
		err = s.Channels.SetTemplateStatusTx(tx, m.OrgID, m.ChannelID, t.Name, t.Language, channel.TemplateDisabled, m.Error.Detail)
	case 132000, 132001, 132012:
		err = s.Channels.WantTemplatesTx(tx, m.OrgID, m.ChannelID)
	}
	if errs.Is(err, errs.NotFound) { // the number or the contact went meanwhile
		return nil
	}
	return err
}

// category is that of the template which the message is made of, or "".
func (m *Message) category() string {
	if t := m.Extra().Template; t != nil {
		return t.Category
	}
	return ""
}
