package signin_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// A policy is told whose password it is.
func TestPolicy(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{Words: []string{"Géoportail"}})
		u := b.add(t, "marguerite", func(u *workspace.User) {
			u.Email, u.FirstName, u.LastName = "m.dupont-durand@ministere.example", "Marguerite", "Dupont-Durand"
		})
		refuse := func(password, expected string) {
			t.Helper()
			err := b.SetPassword(t.Context(), workspace.Command("test"), u.ID, password)
			invalid, ok := errors.AsType[*workspace.InvalidError](err)
			if !ok || invalid.Field != "password" || !strings.Contains(invalid.Expected, expected) {
				t.Errorf("SetPassword(%q) = %v, want an InvalidError of password that expects %s", password, err, expected)
			}
			if err != nil && len(password) > 4 && strings.Contains(err.Error(), password) {
				t.Errorf("the error repeats the password: %v", err)
			}
		}
		before := dbtest.Fingerprint(t, db)
		for _, short := range []string{"", "x", "R7#kq9!zLw2$pV", "éàùôîéàùôîéàùô", strings.Repeat("e\u0301\u0300 ", 4)} {
			refuse(short, "at least 15 characters")
		}
		refuse("with a NUL \x00 inside it", "1024 bytes of UTF-8 without NUL")
		refuse("bytes that are no text \xff\xfe", "1024 bytes of UTF-8 without NUL")
		refuse(strings.Repeat("brown foxes; ", 79), "1024 bytes of UTF-8 without NUL")
		for _, guessed := range []string{
			"correct horse battery staple", "CorrectHorseBatteryStaple", "thequickbrownfox", "qazwsxedcrfvtgb", "q1w2e3r4t5y6u7i8",
			"aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaab", "ababababababababab", "x7$kq9!zx7$kq9!z", strings.Repeat("и", 15),
			"123456789012345", "987654321098765", "abcdefghijklmno", "qwertyuiopasdfgh", "QwertyuiopAsdfgh", "azertyuiopqsdfgh", "1111222233334444", "1qaz2wsx3edc4rfv5tgb",
			"passwordpassword", "Password Password 1", "p@ssw0rdp@ssw0rd", "P4$$W0RD-P4$$W0RD", "password12345678", "dragonmonkey!!!!", "iloveyou sunshine princess", "letmeinletmein20",
			"margueritemarguerite", "Marguerite12345678", "marguerite dupont", "DUPONT-DURAND-DUPONT", "m.dupont-durand@ministere.example", "ministere2222222222",
			"bailiwickbailiwick", "Bailiwick-123456789", "géoportail-géoportail", "GÉOPORTAIL password",
		} {
			refuse(guessed, "not widely known")
		}
		if dbtest.Fingerprint(t, db) != before {
			t.Error("something was kept of what was refused")
		}
		for _, good := range []string{
			"fifteen letters", "R7#kq9!zLw2$pVx", "quatre fruits mûrs au soleil", "пятнадцать букв", "竹林の中で迷った狐が月を見上げて泣いた", "marguerite aime les tartes",
			strings.Repeat("brown foxes; ", 39) + "and " + strings.Repeat("brown foxes; ", 39), "try out the bailiwick of ours",
		} {
			b.set(t, u, good)
			b.wantIn(t, "marguerite", good, u.ID)
		}
	})
}

// Another minimum is a choice, and less than eight is none.
func TestMinLength(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for least, want := range map[int]int{8: 8, 20: 20, 3: 8, -1: 8, 0: 15} {
		b := serve(db, signin.Options{MinLength: least})
		u := b.add(t, "user"+strings.Repeat("x", want+least+2), nil)
		const text = "r7kq9zlw2pvxg4mt8bnc"
		if err := b.SetPassword(t.Context(), workspace.Command("test"), u.ID, text[:want-1]); !errors.Is(err, workspace.ErrInvalid) {
			t.Errorf("with a minimum of %d, %d characters: %v", least, want-1, err)
		}
		b.set(t, u, text[:want])
	}
}

// What was set when eight were enough goes on working.
func TestShorterPasswordsOfBefore(t *testing.T) {
	t.Parallel()
	b := serve(dbtest.New(t), signin.Options{MinLength: 8})
	u := b.with(t, "ann", "r7kq9zlw")
	now := serve(b.db, signin.Options{})
	now.wantIn(t, "ann", "r7kq9zlw", u.ID)
	if err := now.ChangePassword(t.Context(), actor(u), "r7kq9zlw", "r7kq9zlw2pvx"); !errors.Is(err, workspace.ErrInvalid) {
		t.Errorf("a new one of twelve: %v", err)
	}
}
