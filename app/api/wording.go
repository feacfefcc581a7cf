package api

import (
	"strings"

	"github.com/danielgtaylor/huma/v2/validation"
)

// huma says what is wrong with a field through package variables; these are our
// words for what our routes can run into.
func init() {
	for msg, ours := range map[*string]string{
		&validation.MsgExpectedBoolean:          "must be true or false",
		&validation.MsgExpectedNumber:           "must be a number",
		&validation.MsgExpectedInteger:          "must be a whole number",
		&validation.MsgExpectedString:           "must be a text",
		&validation.MsgExpectedArray:            "must be a list",
		&validation.MsgExpectedObject:           "must be an object",
		&validation.MsgExpectedOneOf:            "must be one of %s",
		&validation.MsgExpectedMinimumNumber:    "must be at least %.0f",
		&validation.MsgExpectedMaximumNumber:    "must be at most %.0f",
		&validation.MsgExpectedRFC3339DateTime:  "must be a time such as 2026-05-08T17:23:20Z",
		&validation.MsgExpectedRequiredProperty: requiredPrefix + "%s" + requiredSuffix,
	} {
		*msg = ours
	}
}

// A required property is named in the sentence, not in the place.
const (
	requiredPrefix = "required property "
	requiredSuffix = " is missing"
)

// missing finds the name in the sentence about a required property.
func missing(message string) (string, bool) {
	name, ok := strings.CutPrefix(message, requiredPrefix)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(name, requiredSuffix)
}

// plainly turns huma's own sentences about parameters into ours.
func plainly(message string) string {
	switch {
	case message == "invalid integer":
		return "must be a whole number"
	case message == "invalid float":
		return "must be a number"
	case message == "invalid boolean":
		return "must be true or false"
	case strings.HasPrefix(message, "invalid date/time"):
		return "must be a time such as 2026-05-08T17:23:20Z"
	case strings.HasPrefix(message, "required ") && strings.HasSuffix(message, " parameter is missing"):
		return "is required"
	}
	return message
}
