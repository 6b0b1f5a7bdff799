package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// An account is what "bailiwick login" keeps: a server, and what signs in there.
type account struct {
	Server  string    `json:"server"`
	Token   string    `json:"token"`
	Expires time.Time `json:"expires,omitzero"`
}

// accountFile returns where the account is kept.
func accountFile() (string, error) {
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the folder of settings: %w", err)
	}
	return filepath.Join(folder, "bailiwick", "config.json"), nil
}

// readAccount returns the account that is kept, an empty one where none is. A
// file that others can read is refused: its token is theirs too by now.
func readAccount() (account, error) {
	name, err := accountFile()
	if err != nil {
		return account{}, nil //nolint:nilerr // nothing can be kept where there is no such folder
	}
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return account{}, nil
	}
	if err != nil {
		return account{}, fmt.Errorf("read the account: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return account{}, fmt.Errorf("%s can be read by others (%#o): bailiwick logout, and sign in again", name, mode)
	}
	text, err := os.ReadFile(name) //nolint:gosec // it is the user's own
	if err != nil {
		return account{}, fmt.Errorf("read the account: %w", err)
	}
	var a account
	if err := json.Unmarshal(text, &a); err != nil {
		return account{}, fmt.Errorf("%s is damaged: bailiwick logout, and sign in again", name)
	}
	return a, nil
}

// keep writes the account for its owner alone, whole or not at all.
func (a account) keep() (err error) {
	name, err := accountFile()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("keep the account: %w", err)
	}
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(name), "config.*") // 0600
	if err != nil {
		return fmt.Errorf("keep the account: %w", err)
	}
	_, written := draft.Write(append(text, '\n'))
	if err := errors.Join(written, draft.Close()); err != nil {
		return errors.Join(fmt.Errorf("keep the account: %w", err), os.Remove(draft.Name()))
	}
	return os.Rename(draft.Name(), name)
}

// forget takes the account away, and reports whether there was one.
func forget() (bool, error) {
	name, err := accountFile()
	if err != nil {
		return false, err
	}
	switch err := os.Remove(name); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("forget the account: %w", err)
	}
	return true, nil
}
