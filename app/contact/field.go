package contact

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
)

// FieldKinds are all of them.
var FieldKinds = [...]string{FieldText, FieldNumber, FieldDate, FieldBoolean, FieldChoice}

const (
	maxFields     = 100
	maxChoices    = 100
	maxChoiceText = 100
)

// field reads one field.
func field(q db.Q, org, id int64) (CustomField, error) {
	all, err := CustomFields(q, org)
	if err != nil {
		return CustomField{}, err
	}
	if at := slices.IndexFunc(all, func(f CustomField) bool { return f.ID == id }); at >= 0 {
		return all[at], nil
	}
	return CustomField{}, errs.New(errs.NotFound, "no such field")
}

// AddField adds a field behind the others. A name that another one has, spelt
// as it may be, is a Conflict.
func (s *Service) AddField(ctx context.Context, who account.Actor, f CustomField) (_ CustomField, err error) {
	defer errs.Wrap(&err, "contact.AddField")
	if err := who.Require(account.ManageTags); err != nil {
		return f, err
	}
	if err := f.clean(); err != nil {
		return f, err
	}
	choices, err := json.Marshal(f.Choices)
	if err != nil {
		return f, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := db.Value[int](tx, `SELECT COUNT(*) FROM custom_field WHERE org_id = ?`, who.OrgID)
		if err == nil && n >= maxFields {
			err = errs.Coded(errs.Conflict, "fields_full", "an organisation has at most 100 fields")
		}
		if all, aerr := CustomFields(tx, who.OrgID); err == nil && aerr == nil && slices.ContainsFunc(all, func(o CustomField) bool { return o.Called(f.Name) }) {
			err = errs.Coded(errs.Conflict, "field_taken", "another field has this name")
		} else if aerr != nil {
			err = aerr
		}
		if err != nil {
			return err
		}
		f.ID = tx.NewID()
		_, err = tx.Exec(`INSERT INTO custom_field(id, org_id, name, name_text, kind, choices, position, created_at)
			VALUES(?1, ?2, ?3, ?4, ?5, ?6, (SELECT COALESCE(MAX(position), 0) + 1 FROM custom_field WHERE org_id = ?2), ?7)`,
			f.ID, who.OrgID, f.Name, fieldKey(f.Name), f.Kind, string(choices), tx.Now())
		if db.IsUnique(err) {
			return errs.Coded(errs.Conflict, "field_taken", "another field has this name")
		}
		if err != nil {
			return err
		}
		return s.fieldChangedTx(tx, who, "contact_field.create", f, nil, &f)
	})
	return f, err
}

// fieldKey is by what two spellings of a field are equal.
func fieldKey(name string) string { return strings.TrimSpace(fold.Text(cleanName(name))) }

// clean normalises a field and reports all that is wrong with it.
func (f *CustomField) clean() error {
	var wrong []string
	f.Name = cleanName(f.Name)
	if fieldKey(f.Name) == "" || max(utf8.RuneCountInString(f.Name), utf8.RuneCountInString(f.Label)) > maxText {
		wrong = append(wrong, "name: needs 1 to 255 characters")
	}
	if !slices.Contains(FieldKinds[:], f.Kind) {
		wrong = append(wrong, "kind: must be one of "+strings.Join(FieldKinds[:], ", "))
	}
	seen := map[string]bool{"": true}
	kept := []string{}
	for _, c := range f.Choices {
		if c = cleanName(c); !seen[c] && f.Kind == FieldChoice {
			seen[c] = true
			kept = append(kept, c)
		}
		if utf8.RuneCountInString(c) > maxChoiceText {
			wrong = append(wrong, "choices: each at most 100 characters")
			break
		}
	}
	f.Choices = kept
	if f.Kind == FieldChoice && (len(kept) == 0 || len(kept) > maxChoices) {
		wrong = append(wrong, "choices: needs 1 to 100 of them")
	}
	if len(wrong) > 0 {
		return errs.Fields(wrong...)
	}
	return nil
}

// ChangeField changes what people call a field, and what kind of values it has.
// Values that contacts have stay as they are until somebody edits them; the
// name that programs use stays too.
func (s *Service) ChangeField(ctx context.Context, who account.Actor, id int64, label, kind string, choices []string) (err error) {
	defer errs.Wrap(&err, "contact.ChangeField(%d)", id)
	return s.changeField(ctx, who, id, "contact_field.update", func(tx *db.Tx, f *CustomField) error {
		f.Label, f.Kind, f.Choices = cleanName(label), kind, choices
		if f.Label == f.Name {
			f.Label = ""
		}
		if err := f.clean(); err != nil {
			return err
		}
		all, err := CustomFields(tx, who.OrgID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(o CustomField) bool { return o.ID != id && o.Called(f.Title()) }) {
			return errs.Coded(errs.Conflict, "field_taken", "another field has this name")
		}
		list, err := json.Marshal(f.Choices)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE custom_field SET label = ?, kind = ?, choices = ? WHERE id = ? AND org_id = ?`, f.Label, f.Kind, string(list), id, who.OrgID)
		return err
	})
}

// RemoveField removes a field. The values that contacts have stay with them,
// as text.
func (s *Service) RemoveField(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "contact.RemoveField(%d)", id)
	return s.changeField(ctx, who, id, "contact_field.delete", func(tx *db.Tx, _ *CustomField) error {
		_, err := tx.Exec(`DELETE FROM custom_field WHERE id = ? AND org_id = ?`, id, who.OrgID)
		return err
	})
}

// MoveField puts a field one place up, or down.
func (s *Service) MoveField(ctx context.Context, who account.Actor, id int64, up bool) (err error) {
	defer errs.Wrap(&err, "contact.MoveField(%d)", id)
	return s.changeField(ctx, who, id, "contact_field.update", func(tx *db.Tx, _ *CustomField) error {
		all, err := CustomFields(tx, who.OrgID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(f CustomField) bool { return f.ID == id })
		to := at + 1
		if up {
			to = at - 1
		}
		if to < 0 || to >= len(all) {
			return nil
		}
		all[at], all[to] = all[to], all[at]
		for i, f := range all {
			if _, err := tx.Exec(`UPDATE custom_field SET position = ? WHERE id = ? AND org_id = ?`, i+1, f.ID, who.OrgID); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) changeField(ctx context.Context, who account.Actor, id int64, action string, do func(tx *db.Tx, f *CustomField) error) error {
	if err := who.Require(account.ManageTags); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		was, err := field(tx, who.OrgID, id)
		if err != nil {
			return err
		}
		f := was
		if err := do(tx, &f); err != nil {
			return err
		}
		after := &f
		if strings.HasSuffix(action, ".delete") {
			after = nil
		}
		return s.fieldChangedTx(tx, who, action, f, &was, after)
	})
}

// fieldTold is a field as the audit log tells of it.
type fieldTold struct {
	Name    string   `json:"name"`
	Label   string   `json:"label,omitempty"`
	Type    string   `json:"type"`
	Choices []string `json:"choices,omitempty"`
}

func (s *Service) fieldChangedTx(tx *db.Tx, who account.Actor, action string, f CustomField, before, after *CustomField) error {
	l := account.Line{Action: action, Target: "field", TargetID: f.ID, Detail: f.Name}
	if before != nil {
		l.Before = fieldTold{before.Name, before.Label, before.Kind, before.Choices}
	}
	if after != nil {
		l.After = fieldTold{after.Name, after.Label, after.Kind, after.Choices}
	}
	return account.AuditTx(tx, who, l)
}

// checkCustomTx brings the values of defined fields into their form, under
// the name that the field has, and reports every wrong one. What nobody
// defined is text.
func (s *Service) checkCustomTx(q db.Q, org int64, p *Patch) error {
	if len(p.Custom) == 0 {
		return nil
	}
	fields, err := CustomFields(q, org)
	if err != nil || len(fields) == 0 {
		return err
	}
	var wrong []string
	checked := make(map[string]*string, len(p.Custom))
	for name, v := range p.Custom {
		at := slices.IndexFunc(fields, func(f CustomField) bool { return f.Called(name) })
		if at < 0 || v == nil {
			if at >= 0 {
				name = fields[at].Name
			}
			checked[name] = v
			continue
		}
		f := fields[at]
		text, problem := f.Value(*v)
		switch {
		case problem != "":
			wrong = append(wrong, "customFields."+f.Name+": "+problem)
		case text == "":
			checked[f.Name] = nil
		default:
			checked[f.Name] = &text
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return errs.Fields(wrong...)
	}
	p.Custom = checked
	return nil
}

// Value brings a value into the form of its field, or says what is wrong with it.
func (f CustomField) Value(s string) (value, problem string) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", ""
	}
	switch f.Kind {
	case FieldNumber:
		n := strings.ReplaceAll(strings.ReplaceAll(fold.Text(s), "٬", ""), "٫", ".")
		if _, err := strconv.ParseFloat(n, 64); err != nil || strings.ContainsAny(n, "xXpPnN_") {
			return "", "must be a number"
		}
		return n, ""
	case FieldDate:
		if _, err := time.Parse(time.DateOnly, fold.Text(s)); err != nil {
			return "", "must be a date such as 2026-11-22"
		}
		return fold.Text(s), ""
	case FieldBoolean:
		v, err := strconv.ParseBool(strings.ToLower(s))
		if err != nil {
			return "", "must be true or false"
		}
		return strconv.FormatBool(v), ""
	case FieldChoice:
		for _, c := range f.Choices {
			if fieldKey(c) == fieldKey(s) {
				return c, ""
			}
		}
		return "", "must be one of: " + strings.Join(f.Choices, ", ")
	}
	return s, ""
}
