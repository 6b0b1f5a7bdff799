package quota

// Waiting returns how many callers wait for a batch to end before theirs can
// begin.
func (s *Service) Waiting() int {
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	n := 0
	for _, line := range s.lanes.open {
		n += len(line)
	}
	return n
}

// Lanes returns in how many lanes callers are at work.
func (s *Service) Lanes() int {
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	return len(s.lanes.open)
}
