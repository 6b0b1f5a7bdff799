package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// errDeclined ends a command that somebody thought better of.
var errDeclined = errors.New("nothing was done")

// keyboard returns what somebody types on, if somebody sits there.
func (s streams) keyboard() (*os.File, bool) {
	file, ok := s.in.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// ask asks for a line.
func (s streams) ask(question string) (string, error) {
	keyboard, ok := s.keyboard()
	if !ok {
		return "", usageError(strings.TrimRight(question, ": ") + ": nobody is there to ask")
	}
	fmt.Fprint(s.err, question)
	line, err := bufio.NewReader(keyboard).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// askSecret asks for what is not to be seen.
func (s streams) askSecret(question string) (string, error) {
	keyboard, ok := s.keyboard()
	if !ok {
		return "", usageError("--password: nobody is there to ask, and - reads it from the standard input")
	}
	fmt.Fprint(s.err, question)
	text, err := term.ReadPassword(int(keyboard.Fd()))
	fmt.Fprintln(s.err)
	if err != nil {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	return string(text), nil
}

// sureFlag is shared by commands that destroy something.
type sureFlag struct {
	Yes bool `env:"-" help:"Do it without asking." short:"y"`
}

// sure asks whether something is to be done. Where nobody can be asked it must
// have been said before.
func (f sureFlag) sure(s streams, question string) error {
	if f.Yes {
		return nil
	}
	if _, ok := s.keyboard(); !ok {
		return usageError("nobody is there to confirm it: --yes does")
	}
	answer, err := s.ask(clean(question) + " [y/N] ")
	if err != nil {
		return err
	}
	if answer = strings.ToLower(answer); answer != "y" && answer != "yes" {
		return errDeclined
	}
	return nil
}
