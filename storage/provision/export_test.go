package provision

import "bytes"

// Seal seals what may be no backup.
func Seal(server bool, text []byte) []byte {
	k := kindFolder
	if server {
		k = kindServer
	}
	var sealed bytes.Buffer
	s := k.sealer(&sealed)
	_, _ = s.Write(text)
	_ = s.finish()
	return sealed.Bytes()
}

// Verifier makes a password.
func Verifier() (password, verifier string, err error) { return newPassword() }
