# Bailiwick. `make run` and `make test` are all one needs.

GO ?= go
TOOLS := $(CURDIR)/.tools
LINT := $(TOOLS)/golangci-lint
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run test proof soak lint bench bench-peers fuzz tidy deps

run: ## start the server on embedded SQLite
	$(GO) run ./cmd/bailiwick serve

test: deps lint ## everything: SQLite and PostgreSQL, race detector, lint
	$(GO) mod verify
	$(GO) vet ./...
	$(GO) test -race -timeout 15m ./...
	@$(MAKE) --no-print-directory proof

# Without the race detector, under which a tenth would take as long. The
# collector is asked to wait, since the worlds are small and short-lived.
DECISIONS ?= 50000000
TRIALS ?= 100000
proof: deps ## the decision engine against its reference, and stale answers between servers
	GOGC=400 BAILIWICK_DECISIONS=$(DECISIONS) $(GO) test -count 1 -timeout 60m -v -run '^TestCompiledAgreesWithReference$$' ./rbac
	BAILIWICK_TRIALS=$$(($(TRIALS) / 2)) $(GO) test -count 1 -timeout 60m -v -run '^(TestNoStaleAnswers|TestNothingAllocated|TestMillionNodes)$$' ./rbac

soak: deps ## the same for an hour: a billion decisions, longer histories, and quotas again and again
	$(MAKE) --no-print-directory proof DECISIONS=1000000000 TRIALS=200000
	BAILIWICK_CHANGES=2000 BAILIWICK_WORLDS=100 BAILIWICK_METAMORPHOSES=100000 $(GO) test -count 1 -timeout 60m -v \
		-run '^(TestHistories|TestEnginesAgree|TestCompiled(DenyNeverAdds|AllowNeverTakes|Tenants|NumbersMeanNothing|ThereAndBack|ByDeltas))$$' ./rbac
	$(GO) test -count 20 -timeout 60m ./quota

lint: $(LINT) tidy
	$(LINT) run ./...

tidy: ## fail when go.mod is not what the imports need
	$(GO) mod tidy -diff

# The linter has a go.mod of its own, so that nothing of it reaches the SDK's.
$(LINT): go.tool.mod
	GOBIN=$(TOOLS) $(GO) install -modfile=go.tool.mod github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# PostgreSQL's server binaries; the tests start their own throwaway clusters.
deps:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
		{ $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; }

BENCHTIME ?= 0.5s
bench: deps ## checks, lists, loads, changes, consumptions and HTTP, each beside the raw figure of the same run
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) -timeout 30m ./internal/bench ./rbac

# A module of its own, so that nothing of the peers reaches the SDK's go.mod,
# whose changes it follows: run go mod tidy there after one here.
# PEERS_SCALE is the number of levels of the tree, PEERS a pattern of names.
bench-peers: deps ## other authorization engines on the same world and questions, in one table
	cd bench/peers && $(GO) mod tidy -diff && $(GO) vet -p 1 . && \
		$(GO) test -p 1 -timeout 2h -run '^TestTable$$' -table

FUZZTIME ?= 60s
fuzz: ## every fuzz target for FUZZTIME
	@$(GO) list -f '{{.ImportPath}} {{.Dir}}' ./... | while read -r pkg dir; do \
		for f in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$$dir"/*_test.go 2>/dev/null | sed 's/^func //'); do \
			$(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) "$$pkg" || exit 1; done; done
