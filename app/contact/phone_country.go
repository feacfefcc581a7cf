package contact

import (
	"strconv"

	"badala/app/fold"

	"github.com/nyaruka/phonenumbers"
)

const maxCountryCode = 3

// CountryOfPhone is the ISO code of the country of a number in E.164, "" when
// it is of none.
func CountryOfPhone(e164 string) string {
	digits := fold.Digits(e164)
	for n := 1; n <= min(maxCountryCode, len(digits)); n++ {
		code, err := strconv.Atoi(digits[:n])
		if err != nil {
			return ""
		}
		region := phonenumbers.GetRegionCodeForCountryCode(code)
		if region == "ZZ" || region == "" {
			continue
		}
		if len(phonenumbers.GetRegionCodesForCountryCode(code)) == 1 {
			if region == "001" {
				return ""
			}
			return region
		}
		// Several countries share the code: the number itself tells which.
		if p, err := phonenumbers.Parse("+"+digits, ""); err == nil {
			if exact := phonenumbers.GetRegionCodeForNumber(p); exact != "" && exact != "ZZ" {
				return exact
			}
		}
		return region
	}
	return ""
}
