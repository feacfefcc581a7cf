package importer

import (
	"strconv"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// plainCodes are calling codes of one country each whose numbers have no form
// but digits and at most a 0 in front at home. Files of the region hold little
// else, and the library's reading of any text takes ten times as long as its
// judgement of a number.
var plainCodes = map[string]int32{
	"965": 965, "966": 966, "971": 971, "973": 973, "974": 974, "968": 968, "962": 962, "961": 961, "964": 964, "20": 20, "91": 91,
}

// quickly reads digits with such a calling code.
func quickly(digits string) (*phonenumbers.PhoneNumber, bool) {
	for n := 2; n <= 3 && n < len(digits); n++ {
		code, ok := plainCodes[digits[:n]]
		if !ok {
			continue
		}
		rest := digits[n:]
		if rest[0] == '0' || len(rest) < 6 || len(rest) > 12 {
			return nil, false
		}
		national, err := strconv.ParseUint(rest, 10, 64)
		return &phonenumbers.PhoneNumber{CountryCode: &code, NationalNumber: &national}, err == nil
	}
	return nil, false
}

var mobileLengths sync.Map // by calling code

// asLongAsMobile says whether a number is as long as a mobile of its country.
func asLongAsMobile(n *phonenumbers.PhoneNumber) bool {
	code := n.GetCountryCode()
	length, ok := mobileLengths.Load(code)
	if !ok {
		length = 0
		region := phonenumbers.GetRegionCodeForCountryCode(int(code))
		if example := phonenumbers.GetExampleNumberForType(region, phonenumbers.MOBILE); example != nil {
			length = len(phonenumbers.GetNationalSignificantNumber(example))
		}
		mobileLengths.Store(code, length)
	}
	return length == len(phonenumbers.GetNationalSignificantNumber(n))
}
