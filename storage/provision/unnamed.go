package provision

import (
	"errors"
	"fmt"
	"os"
)

// unnamed returns a file without a name in a folder, that of temporary files for
// "": it is gone with the process, however that ends.
func unnamed(folder string) (*os.File, error) {
	if folder == "" {
		folder = os.TempDir()
	}
	if file := born(folder); file != nil {
		return file, nil
	}
	file, err := os.CreateTemp(folder, ".spool-*")
	if err == nil {
		if err = os.Remove(file.Name()); err != nil {
			err = errors.Join(err, file.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("provision: restore: %w", err)
	}
	return file, nil
}
