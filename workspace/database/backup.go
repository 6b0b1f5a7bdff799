package database

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A BackupID identifies a kept backup: a UUID in lower case, made by the service.
type BackupID string

// A BackupName names a backup, and the file that it is downloaded as:
// "akl-test-20161101T093914Z.backup", and "akl-test-20161101T093914Z-2.backup"
// for the second of a moment.
type BackupName string

// BackupPattern is what names of backups match.
const BackupPattern = `^[a-z][a-z0-9_-]{0,47}-[0-9]{8}T[0-9]{6}Z(-[0-9]{1,9})?\.backup$`

var backupPattern = regexp.MustCompile(BackupPattern)

// ParseBackupName returns a name, or a *BackupNameError.
func ParseBackupName(text string) (BackupName, error) {
	if !backupPattern.MatchString(text) {
		return "", &BackupNameError{}
	}
	return BackupName(text), nil
}

// Check returns a *BackupNameError for what is no name of a backup.
func (n BackupName) Check() error {
	_, err := ParseBackupName(string(n))
	return err
}

// A BackupNameError refuses what is no name of a backup. It does not quote it.
type BackupNameError struct{}

// Error tells what is expected.
func (*BackupNameError) Error() string {
	return "database: a backup's name matches " + BackupPattern
}

// Unwrap makes errors.Is(err, ErrName) true.
func (*BackupNameError) Unwrap() error { return ErrName }

// Backup returns what a backup of a database is called that is made at a time.
func (n Name) Backup(at time.Time) BackupName { return n.backup(at, 1) }

// backup returns what the n-th backup of a moment is called.
func (n Name) backup(at time.Time, nth int) BackupName {
	again := ""
	if nth > 1 {
		again = fmt.Sprintf("-%d", nth)
	}
	return BackupName(string(n) + "-" + at.UTC().Format("20060102T150405Z") + again + ".backup")
}

// A Backup is one that is kept.
type Backup struct {
	ID       BackupID
	Num      int64
	Database workspace.DatabaseID
	// DatabaseName is what the database was called when it was made.
	DatabaseName Name
	Name         BackupName // unique on the platform
	// State is Making, Ready or Dropping.
	State State
	Size  int64 // in bytes
	// Digest is the SHA-256 of the file, in hexadecimal.
	Digest string
	// CreatedBy is the name of who made it, as it was then.
	CreatedBy string
	Created   time.Time
}

// A BackupFilter chooses kept backups. Its zero value chooses all, in order of
// creation.
type BackupFilter struct {
	IDs       []BackupID
	Names     []BackupName
	Databases []workspace.DatabaseID
	States    []State
	// Visible keeps the backups of what somebody may back up, which the service
	// sets.
	Visible *Visibility
	Order   Order
	After   *Mark
	// Newest turns the order of creation round.
	Newest bool
	// Lock keeps everybody else from changing what is chosen until the unit of
	// work ends, and fails outside one.
	Lock   bool
	Offset int
	Limit  int // 0 for no bound
}

// file is what its file is called.
func (b Backup) file() string { return "backups/" + strings.ReplaceAll(string(b.ID), "-", "") }
