package web

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/draw"
	"image/png"
	"net/http"
	"net/url"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/views"

	"github.com/pquerna/otp"
)

const (
	halfCookie   = "badala_half"   // a sign-in that waits for its code
	deviceCookie = "badala_device" // a browser that its user is known by
	halfSeconds  = 600
	pictureSize  = 240
	pictureFrame = 16
)

// enter lets a new session in, by way of the page for the code where it needs one.
func (c *call) enter(ses account.Session, next string) error {
	if ses.Pending != "" {
		http.SetCookie(c.w, c.s.cookie(halfCookie, ses.Pending, halfSeconds))
		return c.redirect("/signin/code?next=" + url.QueryEscape(next))
	}
	if ses.Device != "" {
		http.SetCookie(c.w, c.s.cookie(deviceCookie, ses.Device, yearSeconds))
	}
	c.s.setSession(c.w, ses.Token)
	return c.redirect(next)
}

// signInCodeForm asks for the code, while a password was shown a moment ago.
func (s *Server) signInCodeForm(c *call) error {
	next := localPath(c.r.URL.Query().Get("next"), "/inbox")
	if c.session != nil {
		return c.redirect(next)
	}
	if s.Accounts.CheckPending(c.r.Context(), cookieValue(c.r, halfCookie)) != nil {
		return c.redirect("/signin?next=" + url.QueryEscape(next))
	}
	return c.render(http.StatusOK, views.SignInCode(views.SignInCodePage{Page: c.page(c.t("step.signin.title")), Next: next}))
}

// signInCode finishes a sign-in.
func (s *Server) signInCode(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	next := localPath(c.r.PostFormValue("next"), "/inbox")
	ses, err := s.Accounts.SignInCode(c.r.Context(), cookieValue(c.r, halfCookie), c.field("code"), cookieValue(c.r, deviceCookie), c.from())
	switch errs.KindOf(err) {
	case errs.Unauthorized, errs.TooMany:
		p := views.SignInCodePage{Page: c.page(c.t("step.signin.title")), Next: next, Error: c.explain(err)}
		return c.render(c.refusal(err), views.SignInCode(p))
	case errs.NotFound:
		s.setFlash(c.w, c.explain(err), true)
		return c.redirect("/signin?next=" + url.QueryEscape(next))
	}
	if err != nil {
		return err
	}
	http.SetCookie(c.w, s.cookie(halfCookie, "", -1))
	return c.enter(ses, next)
}

// secondStep shows how the user's second step stands.
func (s *Server) secondStep(c *call) error { return c.secondStepPage(views.SecondStepPage{}, nil) }

// secondStepPage fills what a form's answer already says: p.Failed names the form.
func (c *call) secondStepPage(p views.SecondStepPage, problem error) error {
	st, err := c.s.Accounts.SecondStep(c.q(), c.session.User)
	if err != nil {
		return err
	}
	p.Page, p.Errors = c.page(c.t("step.title")), c.fieldErrors(problem)
	p.On, p.Since, p.Left, p.Secret = st.On, db.Time(st.Since), st.Codes, st.Secret
	for _, m := range c.session.Orgs {
		p.Must = p.Must || m.MustSecondStep
	}
	if st.URL != "" {
		if p.Picture, err = picture(st.URL); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if problem != nil {
		status = c.refusal(problem)
		if len(p.Errors) == 0 {
			p.Flash = views.Flash{Text: c.explain(problem), Bad: true}
		}
	}
	return c.render(status, views.SecondStep(p))
}

// picture is the square that the app's camera reads, as part of the page.
func picture(address string) (string, error) {
	key, err := otp.NewKeyFromURL(address)
	if err != nil {
		return "", err
	}
	img, err := key.Image(pictureSize-2*pictureFrame, pictureSize-2*pictureFrame)
	if err != nil {
		return "", err
	}
	// Cameras want white around it, also on a dark page.
	framed := image.NewGray(image.Rect(0, 0, pictureSize, pictureSize))
	draw.Draw(framed, framed.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(framed, framed.Bounds().Inset(pictureFrame), img, img.Bounds().Min, draw.Src)
	var b bytes.Buffer
	if err := png.Encode(&b, framed); err != nil {
		return "", err
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// startSecondStep makes a secret to set an app up with.
func (s *Server) startSecondStep(c *call) error {
	if err := s.Accounts.StartSecondStep(c.r.Context(), *c.session); err != nil && !errs.Is(err, errs.Conflict) {
		return err
	}
	return c.redirect("/profile/second-step")
}

// confirmSecondStep turns it on and shows the recovery codes, once.
func (s *Server) confirmSecondStep(c *call) error {
	codes, err := s.Accounts.ConfirmSecondStep(c.r.Context(), *c.session, c.field("code"), c.clientIP())
	return c.stepDone("confirm", codes, err)
}

// renewCodes makes new recovery codes and shows them, once.
func (s *Server) renewCodes(c *call) error {
	codes, err := s.Accounts.RenewRecoveryCodes(c.r.Context(), *c.session, c.field("code"), c.clientIP())
	return c.stepDone("codes", codes, err)
}

// endSecondStep turns it off.
func (s *Server) endSecondStep(c *call) error {
	err := s.Accounts.EndSecondStep(c.r.Context(), *c.session, c.r.PostFormValue("current"), c.field("code"), c.clientIP())
	if err == nil {
		c.flash(c.t("step.off.done"))
		return c.redirect("/profile/second-step")
	}
	return c.stepDone("off", nil, err)
}

func (c *call) stepDone(form string, codes []string, err error) error {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.TooMany:
		return c.secondStepPage(views.SecondStepPage{Failed: form}, err)
	}
	if err != nil {
		return err
	}
	return c.secondStepPage(views.SecondStepPage{Codes: codes}, nil)
}

// setStepRoles says which roles of the organisation must have a second step.
func (s *Server) setStepRoles(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	var roles []account.Role
	for _, r := range c.r.PostForm["role"] {
		roles = append(roles, account.Role(r))
	}
	if err := s.Accounts.SetSecondStepRoles(c.r.Context(), c.actor, roles); err != nil {
		return err
	}
	c.flash(c.t("step.roles.saved"))
	return c.redirect("/settings/members")
}

// resetSecondStep turns a member's off who has lost the app.
func (s *Server) resetSecondStep(c *call) error {
	return c.onMember(func(user int64) error {
		err := s.Accounts.ResetSecondStepFor(c.r.Context(), c.actor, user)
		if err == nil {
			c.flash(c.t("members.step.done"))
		}
		return err
	})
}

// stepRoles is the form of setStepRoles.
func (c *call) stepRoles() ([]views.StepRole, error) {
	on, err := c.s.Accounts.SecondStepRoles(c.q(), c.actor.OrgID)
	if err != nil {
		return nil, err
	}
	var out []views.StepRole
	for _, r := range account.Roles {
		one := views.StepRole{Role: string(r), Above: !c.actor.Role.AtLeast(r)}
		for _, o := range on {
			one.On = one.On || o == r
		}
		out = append(out, one)
	}
	return out, nil
}
