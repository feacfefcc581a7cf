package account

import "badala/app/db"

// Workers are the active members of an organisation who may answer customers.
func Workers(q db.Q, org int64) (map[int64]bool, error) {
	type one struct {
		user int64
		role Role
	}
	all, err := db.All(q, func(r *db.Rows, m *one) error { return r.Scan(&m.user, &m.role) },
		`SELECT user_id, role FROM member WHERE org_id = ? AND active = 1`, org)
	workers := make(map[int64]bool, len(all))
	for _, m := range all {
		if m.role.AtLeast(needs[Reply]) {
			workers[m.user] = true
		}
	}
	return workers, err
}

// Supervisors are the active members who look after the others: those with that
// role, or the admins and owners of a team that has none.
func Supervisors(q db.Q, org int64) ([]int64, error) {
	of := `SELECT user_id FROM member WHERE org_id = ? AND active = 1 AND role IN (?, ?) ORDER BY user_id`
	id := func(r *db.Rows, v *int64) error { return r.Scan(v) }
	all, err := db.All(q, id, of, org, Supervisor, Supervisor)
	if err != nil || len(all) > 0 {
		return all, err
	}
	return db.All(q, id, of, org, Admin, Owner)
}
