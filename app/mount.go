package app

import (
	"context"
	"net/http"
	"strings"

	"badala/app/api"
	"badala/app/httpx"
	"badala/app/media"
	"badala/app/web"
	"badala/assets"
	"badala/views"
)

// mediaOptions says where media go and how they are reached.
func (a *App) mediaOptions() media.Options {
	o := media.Options{PublicURL: a.PublicURL(), Allow: a.cfg.WebhookAllow}
	if a.cfg.S3.Bucket != "" {
		o.S3 = a.cfg.S3.server()
	}
	return o
}

// mount puts the faces behind one server: programs, people, files.
func (a *App) mount() {
	a.rest = api.New(api.Deps{
		DB: a.DB, Events: a.Events, Accounts: a.Accounts, Channels: a.Channels, Contacts: a.Contacts, Imports: a.Imports, Media: a.Media, Inbox: a.Inbox, Webhooks: a.Webhooks, Broadcasts: a.Broadcasts, Retention: a.Retention, Log: a.log,
		Options: api.Options{Version: version(), PublicURL: a.PublicURL(), ClientIP: a.cfg.TrustedProxies.ClientIP},
	})
	a.web = web.New(web.Deps{
		DB: a.DB, Events: a.Events, Accounts: a.Accounts, Contacts: a.Contacts, Imports: a.Imports, Channels: a.Channels, Media: a.Media, Inbox: a.Inbox, Webhooks: a.Webhooks, Broadcasts: a.Broadcasts, Queue: a.Queue, Backups: a.Backups, Health: a.Health, Retention: a.Retention, Log: a.log,
		Options: a.webOptions(),
	})
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", http.HandlerFunc(a.health))
	mux.Handle("GET /metrics", http.HandlerFunc(a.metrics.serve))
	mux.Handle("/assets/", assets.Handler())
	mux.Handle("/media/", a.Media.Handler())
	a.web.Mount(mux)
	a.handler = httpx.Front{Log: a.log, PublicURL: a.cfg.PublicURL, AllowLoopback: true, Refuse: a.rest.Refuse, Observe: a.metrics.observe}.Wrap(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if a.rest.Owns(r) {
				a.rest.ServeHTTP(w, r)
				return
			}
			mux.ServeHTTP(w, r)
		}))
	a.server = httpx.NewServer(a.handler, a.log)
}

func (a *App) webOptions() web.Options {
	o := web.Options{
		PublicURL: a.cfg.PublicURL, Secure: strings.HasPrefix(a.cfg.PublicURL, "https://"), ClientIP: a.cfg.TrustedProxies.ClientIP,
		OpenAPI: a.rest.Document(),
	}
	if a.demo != nil {
		o.Demo, o.Sim = true, a.demo.sim.Control()
		o.SimPhone = func() string { return demoNumber.DisplayPhoneNumber }
		for _, l := range demoLogins {
			o.DemoLogins = append(o.DemoLogins, views.DemoLogin{Email: l.email, Password: demoPassword, Name: l.name})
		}
	}
	return o
}

// Handler answers every request, as the server does.
func (a *App) Handler() http.Handler { return a.handler }

// health proves that the database can be read and written.
func (a *App) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := a.DB.Healthy(context.WithoutCancel(r.Context())); err != nil {
		a.log.Error("not healthy", "err", err)
		http.Error(w, "the database cannot be written", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}
