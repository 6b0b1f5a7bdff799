package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// sumVersion begins what is hashed, so that another encoding can follow.
const sumVersion = "bailiwick audit event v1"

// Sum returns the hash of an event behind another, whose hash is given: SHA-256
// over all its fields but Num and Hash, each with its length before it, so that
// no two events have the same encoding.
func (e Event) Sum(before string) string {
	at := int64(0)
	if !e.At.IsZero() {
		at = e.At.UnixMicro()
	}
	b := make([]byte, 0, 512+len(e.Detail)+len(e.Before))
	b = appendText(b, sumVersion)
	b = appendText(b, before)
	for _, n := range []int64{e.Seq, at, e.Principal, e.BehalfPrincipal} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	for _, text := range []string{
		string(e.ID), e.Actor, e.Via, e.Address, e.Credential, e.Behalf, e.Action, e.Workspace, e.Organization,
		e.Object.Kind, e.Object.ID, e.Object.Name, string(e.Outcome), e.Reason, string(e.Detail), string(e.Before),
	} {
		b = appendText(b, text)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func appendText(b []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(text))), text...)
}
