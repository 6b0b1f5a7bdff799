package provision

import (
	"os"

	"golang.org/x/sys/unix"
)

// born returns a file that never had a name, nil where the file system has none
// such. One that had a name first would be left with it by who is killed then.
func born(folder string) *os.File {
	file, err := os.OpenFile(folder, os.O_RDWR|unix.O_TMPFILE, 0o600) //nolint:gosec // the operator named it
	if err != nil {
		return nil
	}
	return file
}
