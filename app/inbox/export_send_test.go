package inbox

import "badala/app/db"

// GivenUp runs what the schedule runs every five minutes.
func (s *Service) GivenUp(tx *db.Tx) error { return s.givenUpTx(tx) }
