package archive

import (
	"fmt"
	"strings"
)

// words are the README of an export.
func (e *Export) words(m Manifest) string {
	var b strings.Builder
	fmt.Fprintf(&b, `%s (%s)

Everything of this organisation, written by badala %s
from %s to %s.

Each .jsonl file has one thing a line, as JSON in UTF-8, in the shapes of the REST
API (/docs/api of your install). Ids are the same in all files. Times are RFC 3339
in UTC. The files in the folder media are named by their id; media.jsonl says which
message each belongs to.

`, m.Org.Name, m.Org.ID, e.Version, moment(m.StartedAt), moment(m.FinishedAt))
	says := map[string]string{mediaDir + ".jsonl": "a file that was sent, received or uploaded; problem says why it is not here"}
	for _, n := range e.Nouns {
		says[n.Name+".jsonl"] = n.Says
	}
	for _, f := range m.Files {
		fmt.Fprintf(&b, "  %-28s %9d  %s\n", f.Name, f.Lines, says[f.Name])
	}
	fmt.Fprintf(&b, "\n  media files: %d, %d bytes; missing %d, damaged %d\n", m.Media.Files, m.Media.Bytes, m.Media.Missing, m.Media.Damaged)
	b.WriteString(`
Not in here, because they open doors: access tokens, app secrets, the secrets and
headers of webhooks, API keys, passwords. Neither are deliveries of webhooks and the
log of events, which are kept for a short time only.

While the server runs, what changes during the export may be in one file as it was
and in another as it became. To have everything as of one moment, restore a backup
elsewhere and export from that.

    sha256sum -c SHA256SUMS     # is every file as it was written?

This folder holds what customers wrote. Keep it as you keep the database.
`)
	return b.String()
}
