package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"badala/app/account"
	"badala/app/api"
	"badala/app/backup"
	"badala/app/broadcast"
	"badala/app/cert"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/event"
	"badala/app/health"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/meta"
	"badala/app/queue"
	"badala/app/retention"
	"badala/app/seal"
	"badala/app/web"
	"badala/app/webhook"
)

// drainTime is how long a stop waits for requests and jobs in progress.
const drainTime = 25 * time.Second

// App is the whole server, put together and running between Start and Stop.
type App struct {
	DB         *db.DB
	Events     *event.Log
	Queue      *queue.Queue
	Meta       *meta.Client
	Accounts   *account.Service
	Media      *media.Service
	Contacts   *contact.Service
	Imports    *importer.Service
	Channels   *channel.Service
	Inbox      *inbox.Service
	Broadcasts *broadcast.Service
	Webhooks   *webhook.Service
	Retention  *retention.Service
	Backups    *backup.Service
	Health     *health.Service

	cfg     Config
	log     *slog.Logger
	clock   db.Clock
	metrics *meter
	web     *web.Server
	rest    *api.API
	handler http.Handler
	server  *http.Server
	listen  net.Listener
	door    door          // with a certificate of our own
	cert    *cert.Manager // nil without one
	demo    *demo
	stop    context.CancelFunc
	running sync.WaitGroup
}

// Start opens the database, puts everything together and serves. In demo mode
// the sample shop is ready when it returns.
func Start(ctx context.Context, cfg Config, log *slog.Logger) (_ *App, err error) {
	a := &App{cfg: cfg, log: log, clock: db.SystemClock{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Stop())
		}
	}()
	if a.listen, err = net.Listen("tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with --listen", cfg.Listen, err)
	}
	if cfg.TLS.Domain != "" {
		if err := a.listenTLS(); err != nil {
			return nil, err
		}
	}
	if cfg.Demo {
		if a.demo, err = newDemo(log); err != nil {
			return nil, err
		}
		a.clock = a.demo.clock
		a.cfg.GraphURL = a.demo.graphURL
	}
	if a.DB, err = db.Open(cfg.DB, db.Options{Clock: a.clock, Log: log, Version: version()}); err != nil {
		return nil, err
	}
	if err := a.wire(ctx); err != nil {
		return nil, err
	}
	if err := a.keepWhole(ctx); err != nil {
		return nil, err
	}
	if err := a.tellSecrets(ctx); err != nil {
		return nil, err
	}
	a.run(ctx)
	if a.demo != nil {
		if err := a.demo.fill(ctx, a); err != nil {
			return nil, fmt.Errorf("sample data: %w", err)
		}
	}
	return a, nil
}

// run starts what works in the background and the HTTP server.
func (a *App) run(ctx context.Context) {
	// Work outlives the signal that ends ctx: Stop decides when it is over.
	ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	a.running.Go(func() {
		if err := a.Queue.Run(ctx); err != nil {
			a.log.Error("the job queue ended", "err", err)
		}
	})
	if a.cert != nil {
		a.serveTLS(ctx)
		return
	}
	a.running.Go(func() {
		if err := a.server.Serve(a.limited(a.listen)); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("the web server ended", "err", err)
		}
	})
}

// URL is where this server is reached from its own machine.
func (a *App) URL() string {
	if a.listen == nil {
		return ""
	}
	_, port, err := net.SplitHostPort(a.listen.Addr().String())
	if err != nil {
		return ""
	}
	return "http://localhost:" + port
}

// PublicURL is where people and Meta reach it.
func (a *App) PublicURL() string { return cmp.Or(a.cfg.PublicURL, a.URL()) }

// Stop ends listeners, then workers, then the database. What was accepted is
// finished or left as a durable job.
func (a *App) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	all := []error{a.stopTLS(ctx)}
	if a.web != nil {
		a.web.Close()
	}
	if a.rest != nil {
		a.rest.Close()
	}
	if a.Webhooks != nil {
		a.Webhooks.Close()
	}
	if a.stop != nil {
		all = append(all, a.server.Shutdown(ctx))
		a.stop()
	} else if a.listen != nil {
		all = append(all, a.listen.Close())
	}
	a.running.Wait()
	if a.demo != nil {
		a.demo.close()
	}
	if a.DB != nil {
		all = append(all, a.DB.Close())
	}
	return errors.Join(all...)
}

// wire makes the domains and faces, each from what stands below it.
func (a *App) wire(ctx context.Context) (err error) {
	a.Events = event.New()
	a.metrics = newMetrics(a)
	a.Events.OnRecord(a.metrics.event)
	a.Queue = queue.New(a.DB, a.log)
	a.Meta = meta.New(a.cfg.GraphURL, a.cfg.GraphVersion)
	sealer, err := seal.New(a.cfg.SecretKey, account.SealPurpose)
	if err != nil {
		return err
	}
	a.Accounts = account.New(a.DB, a.Events, a.log, account.Options{HostMemory: Memory("/"), HashMemory: a.cfg.HashMemory, Seal: sealer})
	if err := a.Accounts.KeepHeads(a.Queue); err != nil {
		return err
	}
	if a.Media, err = media.New(ctx, a.DB, a.Queue, a.log, a.mediaOptions()); err != nil {
		return err
	}
	if a.cfg.S3.Bucket != "" {
		if err := a.Media.CheckS3(ctx); err != nil {
			a.log.Warn("media cannot be stored in the bucket now; check the --s3 settings", "err", err)
		}
	}
	a.Contacts = contact.New(a.DB, a.Events, a.log)
	a.Contacts.HandleBulk(a.Queue)
	if a.Imports, err = importer.New(importer.Deps{DB: a.DB, Events: a.Events, Queue: a.Queue, Contacts: a.Contacts, Log: a.log}); err != nil {
		return err
	}
	if a.Channels, err = channel.New(ctx, a.DB, a.Events, a.Queue, a.Meta, a.log, channel.Options{PublicURL: a.PublicURL(), SecretKey: a.cfg.SecretKey}); err != nil {
		return err
	}
	a.Media.SetFetcher(a.Channels.FetchMedia)
	a.Inbox = inbox.New(inbox.Deps{
		DB: a.DB, Events: a.Events, Queue: a.Queue, Meta: a.Meta, Channels: a.Channels,
		Contacts: a.Contacts, Media: a.Media, Accounts: a.Accounts, Log: a.log,
	})
	a.Inbox.OnSend(a.metrics)
	if a.Broadcasts, err = broadcast.New(broadcast.Deps{
		DB: a.DB, Events: a.Events, Queue: a.Queue, Accounts: a.Accounts, Contacts: a.Contacts, Imports: a.Imports,
		Channels: a.Channels, Inbox: a.Inbox, Log: a.log,
	}); err != nil {
		return err
	}
	if a.Webhooks, err = webhook.New(webhook.Deps{
		DB: a.DB, Events: a.Events, Queue: a.Queue, Accounts: a.Accounts, Contacts: a.Contacts, Inbox: a.Inbox, Media: a.Media, Log: a.log,
		Options: webhook.Options{PublicURL: a.PublicURL(), SecretKey: a.cfg.SecretKey, Allow: a.cfg.WebhookAllow, OwnPorts: a.ports()},
	}); err != nil {
		return err
	}
	if a.Retention, err = retention.New(retention.Deps{DB: a.DB, Queue: a.Queue, Channels: a.Channels, Inbox: a.Inbox, Webhooks: a.Webhooks}); err != nil {
		return err
	}
	if a.Backups, err = backup.New(backup.Deps{
		DB: a.DB, Queue: a.Queue, Accounts: a.Accounts, Contacts: a.Contacts, Channels: a.Channels, Inbox: a.Inbox, S3: a.cfg.S3.server(), Log: a.log,
		Options: backup.Options{App: version(), SecretKey: a.cfg.SecretKey, Off: a.demo != nil},
	}); err != nil {
		return err
	}
	if a.Health, err = health.New(health.Deps{
		DB: a.DB, Queue: a.Queue, Meta: a.Meta, Channels: a.Channels, Webhooks: a.Webhooks, Backups: a.Backups, Media: a.Media, Log: a.log,
		Options: health.Options{PublicURL: a.cfg.PublicURL, HasKey: a.cfg.SecretKey != "", Demo: a.demo != nil, Aside: a.listen == nil, Certificate: a.Certificate},
	}); err != nil {
		return err
	}
	a.mount()
	return nil
}

// ports are those that this server listens on.
func (a *App) ports() []uint16 {
	var own []uint16
	for _, l := range []net.Listener{a.listen, a.door.listen} {
		if l == nil {
			continue
		}
		if to, ok := l.Addr().(*net.TCPAddr); ok {
			own = append(own, to.AddrPort().Port())
		}
	}
	return own
}
