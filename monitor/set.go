package monitor

// A Set is the runs as they stand. The zero value is empty. Its methods do no
// I/O and are for one goroutine at a time.
type Set struct {
	Runs []*Run // sorted by directory
}

// Apply takes in what a [Source] found.
func (s *Set) Apply(u Update) {
	for _, ru := range u.Runs {
		r := s.Find(ru.Dir)
		if r == nil {
			r = &Run{Dir: ru.Dir, Name: ru.Dir}
			s.Runs = append(s.Runs, r)
		}
		r.apply(ru)
	}
}

// Find returns the run in a directory, or nil.
func (s *Set) Find(dir string) *Run {
	for _, r := range s.Runs {
		if r.Dir == dir {
			return r
		}
	}
	return nil
}
