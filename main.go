// Badala is a WhatsApp Business team inbox in one program.
package main

import (
	"os"

	"badala/app"
)

func main() { os.Exit(app.Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) }
