// Package importer brings contacts in from files of other systems, and out
// again.
package importer
