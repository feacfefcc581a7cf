package account

import (
	"context"
	"log/slog"
	"net/mail"
	"strings"
	"sync"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/seal"
)

// Org is an organisation: a tenant whose things nobody else sees.
type Org struct {
	ID        int64
	Name      string
	Timezone  string
	CreatedAt int64
}

// User is a person who can sign in.
type User struct {
	ID            int64
	Email         string
	Name          string
	Lang          string
	Theme         string
	EnterSends    bool
	HasPassword   bool
	InstanceAdmin bool
	SecondStep    bool // is asked for a code at sign-in
	CreatedAt     int64
}

// Membership is an organisation as one of its members sees it.
type Membership struct {
	Org  Org
	Role Role
	// MustSecondStep says that the organisation asks this role for a second step.
	MustSecondStep bool
}

// Options tune the service; the zero value is for production.
type Options struct {
	// Workers is how many passwords may be hashed at once; 0 means 2.
	Workers int
	// HostMemory is how many bytes the host has, 0 if nobody knows: it decides
	// what hashing a password takes.
	HostMemory int64
	// HashMemory is what hashing one takes, in KiB, whatever the host; for tests.
	HashMemory uint32
	// Seal keeps the secrets of second steps from whoever reads the file.
	Seal seal.Sealer
}

// Service answers everything about accounts. Make it with New.
type Service struct {
	db     *db.DB
	events *event.Log
	log    *slog.Logger
	hasher *hasher
	seal   seal.Sealer
	ips    *failureWindow
	setups *failureWindow

	refusedOne, refusedEach *failureWindow

	mu        sync.Mutex
	setupHash []byte
	keyUses   map[int64]int64 // when each key's last use was written
}

// New makes the service. Nothing runs until it is called.
func New(d *db.DB, ev *event.Log, log *slog.Logger, opts Options) *Service {
	if opts.Workers == 0 {
		opts.Workers = 2
	}
	cost := costFor(opts.HostMemory)
	if opts.HashMemory != 0 {
		cost.memory = opts.HashMemory
	}
	return &Service{
		db: d, events: ev, log: log, seal: opts.Seal,
		hasher: newHasher(opts.Workers, cost),
		ips:    newFailureWindow(30, 10*time.Minute),
		setups: newFailureWindow(5, time.Minute),

		refusedOne:  newFailureWindow(refusalsOfOne, refusalWindow),
		refusedEach: newFailureWindow(refusalsOfEach, refusalWindow),

		keyUses: map[int64]int64{},
	}
}

// From is where a request came from, for throttles, sessions and the audit.
type From struct {
	IP        string
	UserAgent string
}

const userColumns = `u.id, u.email, u.name, u.lang, u.theme, u.enter_sends, u.password IS NOT NULL, u.instance_admin,
	EXISTS (SELECT 1 FROM second_step t WHERE t.user_id = u.id AND t.confirmed_at > 0), u.created_at`

func (u *User) fields() []any {
	return []any{&u.ID, &u.Email, &u.Name, &u.Lang, &u.Theme, &u.EnterSends, &u.HasPassword, &u.InstanceAdmin, &u.SecondStep, &u.CreatedAt}
}

func scanUser(r *db.Rows, u *User) error { return r.Scan(u.fields()...) }

// UserByID finds a user of the install.
func UserByID(q db.Q, id int64) (User, error) {
	return db.One(q, scanUser, `SELECT `+userColumns+` FROM user u WHERE u.id = ?`, id)
}

func userByEmail(q db.Q, email string) (User, error) {
	return db.One(q, scanUser, `SELECT `+userColumns+` FROM user u WHERE u.email = ?`, email)
}

// OrgByID finds an organisation.
func OrgByID(q db.Q, id int64) (Org, error) {
	return db.One(q, scanOrg, `SELECT id, name, timezone, created_at FROM org WHERE id = ?`, id)
}

// EveryOrg lists the organisations of the install, the first one first.
func EveryOrg(q db.Q) ([]Org, error) {
	return db.All(q, scanOrg, `SELECT id, name, timezone, created_at FROM org ORDER BY id`)
}

func scanOrg(r *db.Rows, o *Org) error { return r.Scan(&o.ID, &o.Name, &o.Timezone, &o.CreatedAt) }

// Orgs lists the organisations in which the user is an active member, by name.
func Orgs(q db.Q, user int64) ([]Membership, error) {
	return db.All(q, func(r *db.Rows, m *Membership) error {
		return r.Scan(&m.Org.ID, &m.Org.Name, &m.Org.Timezone, &m.Org.CreatedAt, &m.Role, &m.MustSecondStep)
	}, `SELECT o.id, o.name, o.timezone, o.created_at, m.role,
			instr(',' || COALESCE(x.second_step_roles, '') || ',', ',' || m.role || ',') > 0
		FROM member m JOIN org o ON o.id = m.org_id LEFT JOIN org_security x ON x.org_id = m.org_id
		WHERE m.user_id = ? AND m.active = 1 ORDER BY o.name, o.id`, user)
}

// Orgs lists the organisations in which the user is an active member.
func (s *Service) Orgs(ctx context.Context, user int64) ([]Membership, error) {
	return Orgs(s.db.Read(ctx), user)
}

// cleanEmail gives the form under which an address is kept, or a field error.
func cleanEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 {
		return "", errs.Field("email", "not an e-mail address")
	}
	return s, nil
}

// cleanName gives a person's or organisation's name without surrounding space.
func cleanName(field, s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" || len([]rune(s)) > 100 {
		return "", errs.Field(field, "must have 1 to 100 characters")
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", errs.Field(field, "must not have control characters")
	}
	return s, nil
}

// cleanTimezone gives a zone's name; empty means UTC.
func cleanTimezone(s string) (string, error) {
	if s == "" {
		return "UTC", nil
	}
	if _, err := time.LoadLocation(s); err != nil || s == "Local" {
		return "", errs.Field("timezone", "not a time zone name such as Asia/Riyadh")
	}
	return s, nil
}

func cleanLang(s string) string {
	if s == "ar" {
		return s
	}
	return "en"
}
