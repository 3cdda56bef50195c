package backend

// OneLine is err without the stack trace that GoMLX appends to its errors; nil
// stays nil. Errors that err wraps can still be found.
func OneLine(err error) error {
	if err == nil {
		return nil
	}
	return oneLine(err)
}
