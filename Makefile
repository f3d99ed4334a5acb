# Entry points for people and CI; each is a line or two on top of CMake, CTest and the runners in
# scripts/ and test/. `make` alone lists them.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PROGRAM := build/keelvip
JOBS ?= $(shell nproc)
CTEST := ctest --no-tests=error --output-on-failure -j $(JOBS)
# Kernels with 32 random bits in mmap confuse ThreadSanitizer; where allowed, switch that off.
UNRANDOMIZED := $(shell setarch -R true 2>/dev/null && echo setarch -R)

.PHONY: help
help: ## Show this list
	@echo "Keelvip: make TARGET"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: deps deps-build deps-test deps-lint deps-package
deps: ## Install everything that building, testing and packaging need (Debian 12)
	@scripts/install-deps
deps-build:
	@scripts/install-deps build
deps-test:
	@scripts/install-deps build test
deps-lint:
	@scripts/install-deps build lint
deps-package:
	@scripts/install-deps build package

.PHONY: build
build: deps-build ## Build the program as it ships: build/keelvip
	@scripts/configure release
	cmake --build --preset release -j $(JOBS) --target keelvip
	@install -m 755 build/release/cmd/keelvip/keelvip $(PROGRAM)

# The client that the laboratory measures with.
.PHONY: lab
lab: build
	@cmake --build --preset release -j $(JOBS) --target lan_probe

.PHONY: build-all
build-all: build
	cmake --build --preset release -j $(JOBS)

.PHONY: test
test: deps-test build-all ## Run all tests: unit, conformance, sim, tidy, netns, interop
	@$(MAKE) --no-print-directory unit conformance sim tidy netns interop

.PHONY: unit
unit: build-all ## Unit tests
	$(CTEST) --test-dir build/release -L '^unit$$'

.PHONY: conformance
conformance: build-all ## Transcripts of RFC sentences and user stories
	$(CTEST) --test-dir build/release -L '^conformance$$'

# Whole clusters in simulated time: test/README.md.
SIM_RUN := build/release/test/sim/sim_run

.PHONY: sim sim-long
sim: build-all ## 100,000 simulated failure stories, and the mutants; SEED=n: one of them, in full
	@$(if $(SEED),$(SIM_RUN) --seed $(SEED) --trace,\
	  $(CTEST) --test-dir build/release -L '^sim$$' && $(SIM_RUN) --seeds 1..100000 --jobs $(JOBS))

sim-long: build-all ## 10,000,000 simulated failure stories: hours
	$(SIM_RUN) --seeds 1..10000000 --jobs $(JOBS)

.PHONY: tidy
tidy: deps-test build ## House rules as tests
	$(CTEST) --test-dir build/release -L '^tidy$$'

.PHONY: netns
netns: deps-test build-all ## Sockets and the real program in network namespaces (root)
	$(CTEST) --test-dir build/release -L '^netns$$' -E '^netns$$'
	KEELVIP=$(CURDIR)/$(PROGRAM) test/netns/run

.PHONY: interop
interop: deps-test lab ## The same against Debian's keepalived in the same virtual router (root)
	KEELVIP=$(CURDIR)/$(PROGRAM) test/interop/run

.PHONY: lint
lint: deps-lint ## clang-format and clang-tidy, every finding an error; SINCE=commit: changed files
	scripts/lint $(if $(SINCE),--changed-since $(SINCE))

.PHONY: format-check
format-check: deps-lint ## Check the formatting of all C++ files
	@git ls-files '*.h' '*.cc' | xargs clang-format-19 --dry-run --Werror

.PHONY: format
format: deps-lint ## Format all C++ files
	@git ls-files --cached --others --exclude-standard '*.h' '*.cc' | xargs clang-format-19 -i

.PHONY: sanitize asan-ubsan tsan
sanitize: asan-ubsan tsan ## Unit, conformance and netns tests under ASan, UBSan and TSan
asan-ubsan tsan: deps-test
	@scripts/configure $@
	cmake --build --preset $@ -j $(JOBS)
	$(UNRANDOMIZED) scripts/with-sanitizer $@ \
	  $(CTEST) --test-dir build/$@ -L '^(unit|conformance|netns)$$' -E '^netns$$'
	KEELVIP=$(CURDIR)/build/$@/cmd/keelvip/keelvip LAN_PROBE=$(CURDIR)/build/$@/test/lab/lan_probe \
	  $(UNRANDOMIZED) scripts/with-sanitizer $@ test/netns/run

.PHONY: clang
clang: deps-lint ## Build with the second compiler, clang-19; each header alone, too; unit tests
	@scripts/configure clang
	cmake --build --preset clang -j $(JOBS)
	cmake --build --preset clang -j $(JOBS) --target all_verify_interface_header_sets
	$(CTEST) --test-dir build/clang -L '^unit$$'

.PHONY: fuzz-build fuzz fuzz-smoke
fuzz-build: deps-lint
	@scripts/configure fuzz
	cmake --build --preset fuzz -j $(JOBS) --target fuzz_targets

fuzz: fuzz-build ## Fuzz what strangers send; MINUTES=10 each, TARGET="http_request ...", KEEP=1
	test/fuzz/run --seconds $$(($(or $(MINUTES),10) * 60)) $(if $(KEEP),--keep) $(TARGET)

fuzz-smoke: fuzz-build ## All kept inputs and 30,000 new ones for each fuzz target
	test/fuzz/run --runs 30000

.PHONY: demo
demo: deps-test lab ## Three nodes and a client on the terminal: failures and their outages (root)
	KEELVIP=$(CURDIR)/$(PROGRAM) test/lab/demo

.PHONY: bench
bench: deps-test lab ## Keelvip beside keepalived: outage, CPU, memory, mass takeover (root)
	KEELVIP=$(CURDIR)/$(PROGRAM) test/bench/run

.PHONY: chaos
chaos: deps-test lab ## Random faults against three routers: SEED= MINUTES= ROUNDS= MIX=mixed (root)
	KEELVIP=$(CURDIR)/$(PROGRAM) test/chaos/run $(if $(SEED),--seed $(SEED)) \
	  $(if $(MINUTES),--minutes $(MINUTES)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	  $(if $(MIX),--mix $(MIX))

.PHONY: soak
soak: deps-test lab ## Many routers under constant change, nothing may grow: MINUTES= ROUTERS= (root)
	KEELVIP=$(CURDIR)/$(PROGRAM) test/soak/run $(if $(SEED),--seed $(SEED)) \
	  $(if $(MINUTES),--minutes $(MINUTES)) $(if $(ROUTERS),--routers $(ROUTERS))

.PHONY: package
package: deps-package build ## Build the Debian package: build/keelvip_*.deb
	scripts/build-deb

.PHONY: package-test
package-test: package ## Inspect, install (into a scratch root) and run what we package
	test/package/run

.PHONY: chart
chart: deps-package build ## Check the Helm chart and the manifests with the real helm and kubectl
	KEELVIP=$(CURDIR)/$(PROGRAM) test/deploy/run

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf build
