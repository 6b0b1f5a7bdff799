package drofus

// Who has forgotten his password has not said who he is: these routes look at no
// credentials.

// askReset is the form to ask for a mail by.
func (l *lens) askReset(c *call) (reply, error) { return paper(resetRequestForm()), nil }

// requestReset has a mail sent to who has a username, with which to choose another
// password. Whether there is such a user nobody is told.
func (l *lens) requestReset(c *call) (reply, error) {
	c.form = resetRequestForm()
	in, err := c.read(userRoot)
	if err != nil {
		return reply{}, err
	}
	in.need("username")
	name := in.text("username")
	if err := in.faults.err(); err != nil {
		return reply{}, err
	}
	if err := l.SignIn.RequestReset(c.Context(), name.value, c.actor.Address); err != nil {
		return reply{}, err
	}
	return reply{view: c.htmlOnly(&showPage{
		Title: "A mail is under way", Told: "If there is such a user, a mail with a link to choose a new password was sent.",
	})}, nil
}

// htmlOnly returns a page for who wants pages, and nothing for others.
func (c *call) htmlOnly(v view) view {
	if c.html() {
		return v
	}
	return nil
}

// askPassword is where the link of such a mail may lead.
func (l *lens) askPassword(c *call) (reply, error) {
	return paper(resetForm(c.URL.Query().Get("token"))), nil
}

// resetPassword sets a password with the token of a mail.
func (l *lens) resetPassword(c *call) (reply, error) {
	c.form = resetForm("")
	in, err := c.read(userRoot)
	if err != nil {
		return reply{}, err
	}
	in.need("token", "password")
	token, password := in.text("token"), in.text("password")
	if again := in.text("password_confirmation"); again.here && again.value != password.value {
		in.blame("password_confirmation", "doesn't match Password")
	}
	c.form = resetForm(token.value)
	if err := in.faults.err(); err != nil {
		return reply{}, err
	}
	if err := l.SignIn.Reset(c.Context(), token.value, password.value, c.actor.Address); err != nil {
		return reply{}, err
	}
	return reply{view: c.htmlOnly(&showPage{Title: "The password is set", Told: "Sign in with the new password.", Back: &link{"To the start", ""}})}, nil
}
