package database

// AtStep has fn told of each step that is done.
func (s *Service) AtStep(fn func(name string)) { s.step = fn }

// Readers is how many may back up a database at a time.
const Readers = readers

// Reading returns what those hold who back up the database of a name.
func (n Name) Reading() []Name { return n.reading() }

// File is what the file of a backup is called.
func (b Backup) File() string { return b.file() }
