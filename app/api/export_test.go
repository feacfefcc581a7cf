package api

// Worded are the operations that have a description or an example.
func Worded() (names []string) {
	for name := range descriptions {
		names = append(names, name)
	}
	for name := range examples {
		names = append(names, name)
	}
	return names
}
