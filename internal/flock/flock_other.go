//go:build !unix || solaris || illumos || aix

package flock

import (
	"errors"
	"os"
)

func lock(_ *os.File, alone bool) error {
	if alone {
		return errors.ErrUnsupported
	}
	return nil
}
