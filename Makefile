# The commands of this project. `make help` lists them.

CARGO ?= cargo
# Where programs are built; Cargo listens to the same variable.
BUILD_DIR := $(or $(CARGO_TARGET_DIR),target)
# Where the demo goes. The one below `target` is made afresh each time; one that you name is never removed.
DEMO_DIR ?=
DEMO := $(or $(DEMO_DIR),$(BUILD_DIR)/demo)
# Of `make test-long`: rounds of each crash test, and power cuts, which tests find in TPM2CA_TEST_CUTS.
ROUNDS ?= 200
CUTS ?= 200
# Of `make fuzz`: minutes for each target, and the one target to run instead of all.
MINUTES ?= 10
TARGET ?=
# Of `make test-long` and `make test-sanitizers`: a part of the names of the tests to run instead of all.
FILTER ?=

# Only nextest knows which tests belong to the targets other than `test`: .config/nextest.toml says it.
NEXTEST_IS_THERE := $(CARGO) nextest --version >/dev/null 2>&1 || \
	{ echo "missing: cargo-nextest, which chooses the tests: cargo install --locked cargo-nextest" >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-sanitizers fuzz snapshots bench fmt install

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

demo: ## a whole CA on a software TPM, in DEMO_DIR or below target/
	@packaging/install-deps.sh demo
	@echo "building tpm2ca; the first time takes a few minutes" >&2
	@$(CARGO) build --quiet --locked --package tpm2ca
	@$(if $(DEMO_DIR),,rm -rf "$(DEMO)")
	@echo 'The program: export PATH="$(abspath $(BUILD_DIR))/debug:$$PATH"' >&2
	@"$(BUILD_DIR)/debug/tpm2ca" demo "$(DEMO)"

# Whoever wants snapshots written asks for it: `make snapshots`.
test: export INSTA_UPDATE := no

# Everything is built once, with the dev profile. The tests come last, so that their summary is the last thing said.
test: ## format, lints, documentation and all tests
	@packaging/install-deps.sh test
	$(CARGO) fmt --all --check
	$(CARGO) build --locked --workspace --bins
	"$(BUILD_DIR)/debug/openssl-versions"
	$(CARGO) clippy --locked --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" $(CARGO) doc --locked --workspace --no-deps
	$(CARGO) test --locked --workspace --doc
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
		set -x; $(CARGO) nextest run --locked --workspace; \
	else \
		set -x; $(CARGO) test --locked --workspace --lib --bins --tests; \
	fi

test-long: ## tests that kill the program, the TPM or the store over and over: ROUNDS=200 CUTS=200 FILTER=
	@packaging/install-deps.sh test
	@$(NEXTEST_IS_THERE)
	$(CARGO) build --locked --workspace --bins
	TPM2CA_TEST_ROUNDS=$(ROUNDS) TPM2CA_TEST_CUTS=$(CUTS) \
		$(CARGO) nextest run --locked --workspace --profile long $(FILTER)
	@echo "passed with $(ROUNDS) rounds of each crash test"

test-sanitizers: ## tests of the modules for OpenSSL under AddressSanitizer and ThreadSanitizer: FILTER=
	@packaging/install-deps.sh test
	@$(NEXTEST_IS_THERE)
	$(CARGO) build --locked --package tpm2ca --package tpm2ca-tests --bins
	"$(BUILD_DIR)/debug/openssl-versions"
	@outcome=0; for sanitizer in address thread; do \
		tests/sanitizers/run.sh $$sanitizer "$(BUILD_DIR)/sanitizers/$$sanitizer" $(FILTER) || outcome=1; \
	done; exit $$outcome

fuzz: ## fuzzes each parser for MINUTES=10, or one of them: TARGET=csr
	@packaging/install-deps.sh test
	@fuzz/run.sh "$(BUILD_DIR)" $(MINUTES) $(TARGET)

# Such as TESTS='--test cli help'
TESTS ?= --tests
snapshots: export INSTA_UPDATE := always
snapshots: ## writes what users read into the snapshots, for a look at the difference; TESTS='--test cli' for some
	$(CARGO) build --locked --workspace --bins
	$(CARGO) test --locked --workspace $(TESTS)

bench: ## certificates per second beside the TPM alone, OCSP answers beside openssl
	@packaging/install-deps.sh test
	$(CARGO) build --locked --release --package tpm2ca
	$(CARGO) build --locked --release --package tpm2ca-openssl-provider --package tpm2ca-openssl-engine
	$(CARGO) bench --locked --package tpm2ca-tests --bench issuance --bench openssl_ca --bench openssl_provider \
		--bench rsa_decryption --bench ocsp

fmt: ## formats the sources
	$(CARGO) fmt --all

install: ## builds tpm2ca for speed and installs it where cargo install does, and its modules where OpenSSL looks
	@packaging/install-deps.sh demo
	$(CARGO) install --locked --path crates/cli
	$(CARGO) build --locked --release --package tpm2ca-openssl-provider --package tpm2ca-openssl-engine
	@packaging/install-modules.sh "$(BUILD_DIR)/release"
