package meta

import (
	"encoding/base64"
	"encoding/hex"
)

func parseContext(o object) *Context {
	if o == nil {
		return nil
	}
	product := o.object("referred_product")
	return &Context{
		From:                o.text("from"),
		ID:                  o.text("id"),
		Forwarded:           o.flag("forwarded"),
		FrequentlyForwarded: o.flag("frequently_forwarded"),
		CatalogID:           product.text("catalog_id"),
		ProductRetailerID:   product.text("product_retailer_id"),
	}
}

func parseReferral(o object) *Referral {
	if o == nil {
		return nil
	}
	return &Referral{
		SourceURL:    o.text("source_url"),
		SourceID:     o.text("source_id"),
		SourceType:   o.text("source_type"),
		Headline:     o.text("headline"),
		Body:         o.text("body"),
		MediaType:    o.text("media_type"),
		MediaURL:     o.first("image_url", "video_url"),
		ThumbnailURL: o.text("thumbnail_url"),
		ClickID:      o.text("ctwa_clid"),
		Welcome:      o.object("welcome_message").text("text"),
	}
}

func parseMedia(o object) *Media {
	return &Media{
		ID:       o.text("id"),
		MimeType: o.text("mime_type"),
		SHA256:   o.text("sha256"),
		Caption:  o.text("caption"),
		Filename: o.text("filename"),
		URL:      o.text("url"),
		Voice:    o.flag("voice"),
		Animated: o.flag("animated"),
	}
}

// MediaHash gives a SHA-256 as hex, whichever of base64 and hex Meta wrote it
// in, and nothing when it is neither.
func MediaHash(s string) string {
	if b, err := hex.DecodeString(s); err == nil && len(b) == 32 {
		return hex.EncodeToString(b)
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if b, err := enc.DecodeString(s); err == nil && len(b) == 32 {
			return hex.EncodeToString(b)
		}
	}
	return ""
}

func parseLocation(o object) *Location {
	return &Location{
		Latitude:  o.number("latitude"),
		Longitude: o.number("longitude"),
		Name:      o.text("name"),
		Address:   o.text("address"),
		URL:       o.text("url"),
	}
}

func parseInteractive(o object) *Interactive {
	i := &Interactive{Type: o.text("type")}
	r := o.object(i.Type)
	i.ID = r.text("id")
	i.Title = r.text("title")
	i.Description = r.text("description")
	i.Name = r.text("name")
	i.Body = r.text("body")
	i.ResponseJSON = r.text("response_json")
	if i.Type == "call_permission_reply" {
		i.Permission = &CallPermission{
			Response:  r.text("response"),
			Permanent: r.flag("is_permanent"),
			Expires:   r.time("expiration_timestamp"),
			Source:    r.text("response_source"),
		}
	}
	return i
}

func parseOrder(o object) *Order {
	order := &Order{CatalogID: o.text("catalog_id"), Text: o.text("text")}
	for _, raw := range o.list("product_items") {
		p := parseObject(raw)
		if p == nil {
			continue
		}
		order.Items = append(order.Items, OrderItem{
			ProductRetailerID: p.text("product_retailer_id"),
			Quantity:          p.integer("quantity"),
			Price:             p.text("item_price"),
			Currency:          p.text("currency"),
		})
	}
	return order
}

func parseSystem(o object) *System {
	return &System{
		Type:               o.text("type"),
		Body:               o.text("body"),
		WaID:               o.first("wa_id", "new_wa_id"),
		UserID:             o.text("user_id"),
		ParentUserID:       o.text("parent_user_id"),
		PreviousUserID:     o.text("previous_user_id"),
		PreviousParentUser: o.text("previous_parent_user_id"),
	}
}
