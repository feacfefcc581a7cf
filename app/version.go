package app

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"badala/app/db"

	"github.com/urfave/cli/v3"
)

// version is the module's version as the build recorded it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func setting(key string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == key {
				return s.Value
			}
		}
	}
	return "unknown"
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the versions of badala, its source, Go and SQLite",
		Action: func(_ context.Context, c *cli.Command) error {
			_, err := fmt.Fprintf(c.Root().Writer, "badala %s\ncommit %s\n%s\nSQLite %s\n",
				version(), setting("vcs.revision"), runtime.Version(), db.EngineVersion)
			return err
		},
	}
}
