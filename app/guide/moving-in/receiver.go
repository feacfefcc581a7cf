// Command moving-in brings the contacts of another inbox to Badala from its CSV
// export: go run receiver.go contacts.csv. A second run changes nothing.
package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

// columns are the names that Gallabox and WATI give to what we keep.
var columns = map[string]string{
	"name": "name", "phone": "phone", "phone number": "phone", "email": "email", "externalid": "externalId", "tags": "tags", "countrycode": "code",
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		log.Fatal(err)
	}
	counts := map[int]int{}
	for i, row := range rows[1:] {
		person := map[string]any{}
		for c, value := range row {
			title := strings.ToLower(strings.TrimPrefix(rows[0][c], "\ufeff")) // spreadsheets begin with a mark
			if name := columns[title]; name != "" && value != "" {
				person[name] = value
			}
		}
		if tags, ok := person["tags"].(string); ok {
			person["tags"] = strings.FieldsFunc(tags, func(r rune) bool { return r == ',' || r == ';' })
		}
		if code, ok := person["code"].(string); ok { // WATI keeps it apart
			person["phone"] = fmt.Sprint("+", strings.TrimPrefix(code, "+"), strings.TrimLeft(fmt.Sprint(person["phone"]), "0"))
		}
		delete(person, "code")
		status, answer := upsert(person)
		for status == http.StatusTooManyRequests {
			time.Sleep(time.Second)
			status, answer = upsert(person)
		}
		if counts[status]++; status/100 != 2 {
			log.Printf("row %d: %s", i+2, answer)
		}
	}
	fmt.Printf("created %d, already there %d, of %d\n", counts[http.StatusCreated], counts[http.StatusOK], len(rows)-1)
}

// upsert makes or updates one contact: by externalId, else by phone.
func upsert(person map[string]any) (status int, answer []byte) {
	body, _ := json.Marshal(person)
	req, err := http.NewRequest(http.MethodPost, os.Getenv("BADALA_URL")+"/orgs/"+os.Getenv("BADALA_ORG")+"/contacts", bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + os.Getenv("BADALA_KEY")}, "Content-Type": {"application/json"}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	answer, _ = io.ReadAll(res.Body)
	return res.StatusCode, answer
}
