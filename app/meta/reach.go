package meta

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// Reach asks the Graph API for anything at all, without credentials, and gives
// the time by its clock; zero when it did not tell. Any answer will do.
func (c *Client) Reach(ctx context.Context) (time.Time, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.BaseURL+"/", nil)
	if err != nil {
		return time.Time{}, errors.New("the Graph API address is not valid")
	}
	req.Header.Set("User-Agent", c.UserAgent)
	res, err := c.HTTP.Do(req)
	if err != nil {
		return time.Time{}, plainCause(ctx, err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can serve again
	date, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		return time.Time{}, nil
	}
	return date, nil
}
