package database

import (
	"errors"
	"regexp"
)

// A Name names a real database: 1 to 48 of a-z 0-9 _ and -, beginning with a
// letter. It is safe in a file's name and in SQL, where it is quoted all the
// same. dRofus's samples have "akl-test", "dev-template" and "rest_test".
type Name string

// Pattern is what names match.
const Pattern = `^[a-z][a-z0-9_-]{0,47}$`

var pattern = regexp.MustCompile(Pattern)

// ParseName returns a name, or a *NameError.
func ParseName(text string) (Name, error) {
	// $ would let a line end pass in other dialects; here it matches the end only.
	if !pattern.MatchString(text) {
		return "", &NameError{}
	}
	return Name(text), nil
}

// Check returns a *NameError for what is no name.
func (n Name) Check() error {
	_, err := ParseName(string(n))
	return err
}

// A NameError refuses what is no name. It does not quote it.
type NameError struct{}

// Error tells what is expected.
func (*NameError) Error() string {
	return "database: a name matches " + Pattern
}

// Unwrap makes errors.Is(err, ErrName) true.
func (*NameError) Unwrap() error { return ErrName }

// Errors of names and of [Provisioner]s.
var (
	// ErrName is wrapped by [NameError].
	ErrName = errors.New("database: no name of a database")
	// ErrNotFound is returned for what does not exist, or must not be seen.
	ErrNotFound = errors.New("database: not found")
	// ErrExists is returned for a name that is taken.
	ErrExists = errors.New("database: the name is taken")
	// ErrLocked is returned while a database is locked.
	ErrLocked = errors.New("database: locked")
	// ErrBusy is returned where somebody else is at it.
	ErrBusy = errors.New("database: busy")
	// ErrBackup is returned for what is no backup, or not all of one.
	ErrBackup = errors.New("database: no backup of a database of this kind")
)
