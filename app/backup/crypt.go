package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"badala/app/db"
	"badala/app/errs"

	"filippo.io/age"
)

const (
	ageMagic  = "age-encryption.org/"
	ageEnding = ".age"
	// workFactor makes a guess of the passphrase cost 64 MiB: what a machine of
	// 512 MB can spare.
	workFactor    = 16
	minPassphrase = 12
)

// ErrPassphrase says that an encrypted backup needs its passphrase.
var ErrPassphrase = errors.New("this backup is encrypted: give its passphrase with --passphrase-file or BADALA_PASSPHRASE")

func checkPassphrase(s string) error {
	if n := len([]rune(s)); n > 0 && n < minPassphrase {
		return errs.Field("passphrase", fmt.Sprintf("at least %d characters", minPassphrase))
	}
	return nil
}

// encrypt writes an encrypted copy of a file.
func encrypt(ctx context.Context, from, to, passphrase string, progress db.Progress) (err error) {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return err
	}
	recipient.SetWorkFactor(workFactor)
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	sealed, err := age.Encrypt(out, recipient)
	if err != nil {
		return err
	}
	if _, err := io.Copy(sealed, &counting{ctx: ctx, r: in, total: st.Size(), progress: progress}); err != nil {
		return err
	}
	return sealed.Close()
}

// decrypt gives the plain bytes of a stream, which may be encrypted.
func decrypt(r io.Reader, passphrase string) (io.Reader, error) {
	head := bufio.NewReaderSize(r, 64<<10)
	if start, err := head.Peek(len(ageMagic)); err != nil || string(start) != ageMagic {
		return head, nil // too short is for others to say
	}
	if passphrase == "" {
		return nil, ErrPassphrase
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, err
	}
	plain, err := age.Decrypt(head, identity)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return nil, errors.New("the passphrase does not open this backup")
	}
	return plain, err
}
