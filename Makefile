# Bailiwick. `make run` and `make test` are all one needs.

GO ?= go
TOOLS := $(CURDIR)/.tools
LINT := $(TOOLS)/golangci-lint
# Where the system's Node is older than the console's tools need, as Debian 12's is.
export PATH := $(TOOLS)/node_modules/node/bin:$(PATH)
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run generate console test browser browser-all browser-scale proof soak lint bench bench-peers fuzz tidy deps

run: ## start the server on embedded SQLite
	$(GO) run ./cmd/bailiwick serve

# Tests that do one thing after the other, tens of thousands of times: everybody
# calls everything, each statement of each operation fails, trees of a million. Under
# the race detector they would take as long as all others, and find no more.
SEQUENTIAL := TestMatrix TestHierarchy TestSite TestForms TestOtherSites TestBrowserGets TestKilled TestEndAtEachStep TestSweepUnits \
	TestHostileBackupNames TestHostileNames TestNames TestProjectUsers TestProjectReadings TestSeedResources TestAccessAgrees TestModel \
	TestCarriers TestRemote TestScripts TestDocument TestGDALThereAndBack TestMalformed TestJMap TestGenerated \
	TestCanaries TestSorts TestTags TestUnknownParameters TestExplainedChange TestStrangers TestInvitationTransitions \
	Test[A-Za-z]*Sweeps? Test[A-Za-z]*WholeOrNotAtAll TestNothingIsKept[A-Za-z]* TestEveryStatement[A-Za-z]* TestDeleteFailing \
	TestDist TestSources \
	TestContractCallsEverything TestOrdersOfAnyLocale TestFeaturePagesAgree TestLayersAreSlices FuzzFilter \
	TestDeep TestDepth TestWide TestWidePages TestGrowth \
	TestEvaluateAgreesWithReference TestSimulationIsWhatHappens TestFlipIsTheSmallestChange TestFalseHistories
# Of the contract of stores, the parts that are most of it and do the same.
SECTIONS := ^TestContract$$/./^(Orders|Features|Resources)$$
empty :=
ALONE := ^($(subst $(empty) $(empty),|,$(strip $(SEQUENTIAL))))$$|$(SECTIONS)

# The race detector watches what is ours. SQLite is C made into Go, of which it
# would watch every access, and one writes at a time there: where a test is of both
# databases, PostgreSQL is watched alone. Of the native API, whose tests ask one
# question after the other, one is watched that asks everything at once.
API := github.com/bailiwick-sdk/bailiwick/transport/apiv1
ALL = $(shell $(GO) list ./...)
BOTH = $(shell $(GO) list -test -f '{{.ImportPath}} {{join .Deps " "}}' ./... | sed -n '/internal\/dbtest/s/\.test .*//p')
TEST := -vet off -p 3 -timeout 15m
RACE := -race $(foreach part,sqlite libc memory,-gcflags='modernc.org/$(part)/...=-race=false')

# Compilers and tests are short-lived: memory is cheaper than collecting it.
test: export GOGC = 200
test: deps lint ## everything: SQLite and PostgreSQL, race detector, lint
	$(GO) mod verify
	$(GO) test $(TEST) $(API)
	$(GO) test $(TEST) -run '$(ALONE)' $(filter-out $(API),$(ALL))
	BAILIWICK_KINDS=sqlite $(GO) test $(TEST) -skip '$(ALONE)|^TestBrowser' $(filter-out $(API),$(BOTH))
	BAILIWICK_KINDS=postgres $(GO) test $(RACE) $(TEST) -skip '$(ALONE)|^TestBrowser' $(filter-out $(API),$(ALL))
	BAILIWICK_KINDS=postgres $(GO) test $(RACE) $(TEST) -run '^TestAtOnce$$' $(API)
	@$(MAKE) --no-print-directory browser
	@$(MAKE) --no-print-directory proof DECISIONS=3000000 TRIALS=30000

# Browsers wait for pages, and pages for the machine: nothing else runs meanwhile.
# What is tested are programs, which go test knows nothing of: no result is kept.
browser: deps ## Chromium does what people do in the console, on both databases and below another program's prefix
	$(GO) test -count 1 -timeout 60m -run '^TestBrowser$$' ./transport/console

browser-all: export BAILIWICK_SPECS = all
browser-all: export BAILIWICK_BROWSER ?= sqlite,postgres,host
browser-all: browser ## every test of every page, in two languages, on each of these

browser-scale: deps ## Chromium pages and scrolls through 100,000 members, 100,000 resources and 1,000,000 events
	$(GO) test -count 1 -timeout 60m -v -run '^TestBrowserScale$$' ./transport/console

# Without the race detector, under which a tenth would take as long. The
# collector is asked to wait, since the worlds are small and short-lived.
DECISIONS ?= 10000000
TRIALS ?= 100000
proof: deps ## the decision engine against its references, and stale answers between servers
	GOGC=400 BAILIWICK_DECISIONS=$(DECISIONS) $(GO) test -count 1 -timeout 60m -v -run '^TestCompiledAgreesWithReference$$' ./rbac
	BAILIWICK_DECISIONS=$(DECISIONS) $(GO) test -count 1 -timeout 60m -v -run '^TestPermissionAlgorithm$$' ./resource
	BAILIWICK_TRIALS=$$(($(TRIALS) / 2)) $(GO) test -count 1 -timeout 60m -v -run '^(TestNoStaleAnswers|TestNothingAllocated|TestMillionNodes)$$' ./rbac

generate: ## what is made of the native API's document: its JSON and its client
	$(GO) test ./transport/apiv1 -count 1 -run '^TestGenerated$$' -update

console: deps ## what is made of the console's sources: the types of the API, and the files that are embedded
	cd $(CONSOLE) && npm run --silent generate && npm run --silent check && npm run --silent lint && npm run --silent build

soak: deps ## the same for an hour: a billion decisions, longer histories, quotas again and again, and keys revoked on another server
	$(MAKE) --no-print-directory proof DECISIONS=1000000000 TRIALS=200000
	BAILIWICK_CHANGES=2000 BAILIWICK_WORLDS=100 BAILIWICK_METAMORPHOSES=100000 $(GO) test -count 1 -timeout 60m -v \
		-run '^(TestHistories|TestEnginesAgree|TestCompiled(DenyNeverAdds|AllowNeverTakes|Tenants|NumbersMeanNothing|ThereAndBack|ByDeltas))$$' ./rbac
	$(GO) test -count 20 -timeout 60m ./quota
	BAILIWICK_TRIALS=10000 $(GO) test -count 1 -timeout 120m -v -run '^TestServersAgree$$' ./cmd/bailiwick

lint: $(LINT) tidy
	$(LINT) run ./...

tidy: ## fail when go.mod is not what the imports need
	$(GO) mod tidy -diff

# The linter has a go.mod of its own, so that nothing of it reaches the SDK's.
$(LINT): go.tool.mod
	GOBIN=$(TOOLS) $(GO) install -modfile=go.tool.mod github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# PostgreSQL's server binaries, of which the tests start their own throwaway
# clusters, curl, which dRofus's examples are written with, the clients of NextGIS
# Web that they point at the lens, GDAL and the connectors of npm, and what builds
# the console and looks at it: tools of npm, and Chromium with letters to write.
CLIENTS := transport/ngw/clients
CONSOLE := transport/console/web
INSTALL := $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends
deps:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
		{ $(INSTALL) postgresql >/dev/null; }
	@command -v ogr2ogr >/dev/null || { $(INSTALL) gdal-bin >/dev/null; }
	@command -v curl >/dev/null || { $(INSTALL) curl >/dev/null; }
	@command -v npm >/dev/null || { $(INSTALL) nodejs npm >/dev/null; }
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' || \
		npm install --prefix $(TOOLS) --ignore-scripts --no-audit --no-fund --silent node@npm:node-$$(node -p 'process.platform + "-" + process.arch')@20.20.2
	@command -v chromium-headless-shell >/dev/null || [ -n "$$CHROMIUM" ] || { $(INSTALL) chromium-headless-shell fonts-noto-core >/dev/null; }
	@for dir in $(CLIENTS) $(CONSOLE); do cmp -s $$dir/package-lock.json $$dir/node_modules/.installed || ( cd $$dir && \
		npm ci --ignore-scripts --no-audit --no-fund --silent && cp package-lock.json node_modules/.installed ) || exit 1; done

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
