package importer

// What only tests ask for.
var (
	Quickly        = quickly
	AsLongAsMobile = asLongAsMobile
	PlainCodes     = plainCodes
)
