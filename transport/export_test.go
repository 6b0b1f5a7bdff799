package transport

// ParseAuthorization reads a header Authorization.
func ParseAuthorization(header string) (scheme, name, secret string, err error) {
	c, err := parseAuthorization(header)
	return c.scheme, c.name, c.secret, err
}

// QuickCheck and StrictCheck read what a call of [CheckHandler] asks.
func QuickCheck(text string) (call any, ok bool) {
	c, ok := quickCheck(text)
	return c, ok
}

// StrictCheck is described at QuickCheck.
func StrictCheck(text string) (call any, err error) {
	c, err := strictCheck([]byte(text))
	return c, err
}
