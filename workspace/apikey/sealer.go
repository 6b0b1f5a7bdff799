package apikey

// A Sealer encrypts what must be shown again, with XChaCha20-Poly1305 under a
// key of the server's own. What it makes starts with a version.
type Sealer struct{ key []byte }
