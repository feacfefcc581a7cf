# The two commands: make run, make test. `make help` lists the others.
export CGO_ENABLED ?= 0

TEMPL       = go run github.com/a-h/templ/cmd/templ@v0.3.1020
ESBUILD     = go run github.com/evanw/esbuild/cmd/esbuild@v0.28.2
STATICCHECK = go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
VERSITYGW   = github.com/versity/versitygw/cmd/versitygw@v1.8.0
PEBBLE      = github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.1

PROGRAM = badala
CACHE  = $(CURDIR)/.cache
S3_BIN = $(CACHE)/versitygw
ACME_BIN = $(CACHE)/pebble
REAL   = BADALA_REQUIRE_ALL=1 BADALA_S3_BIN=$(S3_BIN) BADALA_PEBBLE_BIN=$(ACME_BIN)

.PHONY: help build install run test race quick bench check generate assets icons clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

build: ## build ./badala
	go build -trimpath -ldflags='-s -w' -o badala .

install: build ## put ./badala and its systemd service in place; as root
	install -D -m 0755 $(PROGRAM) $(DESTDIR)/usr/local/bin/badala
	install -D -m 0644 app/install/badala.service $(DESTDIR)/etc/systemd/system/badala.service
	@echo 'Put your settings into /etc/badala.env, then: systemctl daemon-reload && systemctl enable --now badala'

run: build ## build, then start the demo: simulator, sample shop, two logins
	./badala serve --demo

test: $(S3_BIN) $(ACME_BIN) browser ## every test, with a real browser, S3 server and certificate authority
	$(REAL) go test -shuffle=on -parallel 4 -timeout 15m ./...

# The race detector makes SQLite, which is C turned into Go, ten times slower:
# backlogs of 50,000 are more than two cores carry then.
race: $(S3_BIN) $(ACME_BIN) ## the packages with goroutines of their own under the race detector
	CGO_ENABLED=1 $(REAL) go test -race -shuffle=on -timeout 15m -skip 'BlackHoleDelays|TooLongABacklog' \
		./app/db ./app/queue ./app/event ./app/httpx ./app/webhook

quick: ## the tests that need nothing installed, without the race detector
	go test ./...

bench: build ## measure; each figure stands beside a reference from the same run
	go test -run '^$$' -bench '^Benchmark[^R]' -benchtime 1s ./app/...
	@go test ./app -run '^$$' -bench Report -benchtime 1x -timeout 60m

check: ## formatting, vet, staticcheck, and that generated files are fresh
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go mod tidy -diff
	go vet ./...
	$(STATICCHECK) ./...
	$(MAKE) generate assets
	@git diff --exit-code --stat -- views assets || { echo 'generated files were stale: commit what `make generate assets` wrote'; exit 1; }

generate: ## templ views to Go
	$(TEMPL) generate ./views/...

assets: ## styles and scripts to assets/dist
	$(ESBUILD) assets/src/css/app.css assets/src/css/docs.css assets/src/css/import.css assets/src/css/hours.css assets/src/css/template.css assets/src/css/broadcast.css assets/src/css/tags.css --bundle --minify --external:*.woff2 --outdir=assets/dist --log-level=warning
	$(ESBUILD) assets/src/js/app.js assets/src/js/broadcast.js assets/src/js/contacts.js assets/src/js/docs.js assets/src/js/late.js assets/src/js/settings.js assets/src/js/simulator.js assets/src/js/template.js --bundle --external:./late.js --external:./template.js --minify --format=esm --outdir=assets/dist --log-level=warning

icons: ## the icon sprite from its package; needs npm
	rm -rf $(CACHE)/icons && mkdir -p $(CACHE)/icons
	cd $(CACHE)/icons && npm pack --silent lucide-static@1.62.0 && tar xzf lucide-static-1.62.0.tgz
	assets/icons.sh $(CACHE)/icons/package

$(S3_BIN):
	GOBIN=$(CACHE) go install $(VERSITYGW)

$(ACME_BIN):
	GOBIN=$(CACHE) go install $(PEBBLE)

.PHONY: browser
browser:
	@command -v chromium chromium-browser google-chrome >/dev/null || { apt-get update && apt-get install -y --no-install-recommends chromium fonts-noto-core fonts-noto-color-emoji; }

clean: ## remove what was built
	rm -rf badala $(CACHE)
