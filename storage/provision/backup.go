package provision

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// A kind is what a backup is of. It is written behind the backup, with how long
// that is and its hash, so that what is cut short, damaged or another's is known
// before anything is done with it. Neither pg_restore nor SQLite minds what is
// behind the end, so each backup can be read without us as well.
type kind string

const (
	kindServer kind = "\nbailiwick:postgres:1\n\n"
	kindFolder kind = "\nbailiwick:sqlite:1\n\n\n\n"
)

// sealSize is how long a seal is: the kind, the length, the hash.
const sealSize = int64(len(kindServer)) + 8 + sha256.Size

func (k kind) seal(length int64, sum []byte) []byte {
	text := append([]byte(k), binary.BigEndian.AppendUint64(nil, uint64(length))...)
	return append(text, sum...)
}

// A sealer writes what it is given, and at last the seal.
type sealer struct {
	kind kind
	to   io.Writer
	n    int64
	sum  hash.Hash
}

func (k kind) sealer(to io.Writer) *sealer { return &sealer{kind: k, to: to, sum: sha256.New()} }

func (s *sealer) Write(p []byte) (int, error) {
	n, err := s.to.Write(p)
	s.n += int64(n)
	s.sum.Write(p[:n])
	return n, err //nolint:wrapcheck // the writer's own
}

func (s *sealer) finish() error {
	_, err := s.to.Write(s.kind.seal(s.n, s.sum.Sum(nil)))
	return err //nolint:wrapcheck // the writer's own
}

// spool copies a backup to a file without a name, and returns it at its
// beginning, without the seal. It returns ErrBackup for what is none of this
// kind, or not all of one.
func (k kind) spool(ctx context.Context, folder string, from io.Reader) (_ *os.File, err error) {
	file, err := unnamed(folder)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	size, err := io.Copy(file, reading{ctx, from})
	if err != nil {
		return nil, fmt.Errorf("provision: restore: %w", err)
	}
	length := size - sealSize
	if length < 0 {
		return nil, database.ErrBackup
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(file, 0, length)); err != nil {
		return nil, fmt.Errorf("provision: restore: %w", err)
	}
	seal := make([]byte, sealSize)
	if _, err := file.ReadAt(seal, length); err != nil {
		return nil, fmt.Errorf("provision: restore: %w", err)
	}
	if !bytes.Equal(seal, k.seal(length, sum.Sum(nil))) {
		return nil, database.ErrBackup
	}
	if err := file.Truncate(length); err != nil {
		return nil, fmt.Errorf("provision: restore: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("provision: restore: %w", err)
	}
	return file, nil
}

// reading reads until the context ends.
type reading struct {
	ctx  context.Context //nolint:containedctx // for one copy
	from io.Reader
}

func (r reading) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err //nolint:wrapcheck // the caller's own
	}
	return r.from.Read(p) //nolint:wrapcheck // the reader's own
}
