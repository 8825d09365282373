# inspectd. Every target first makes sure that the set-up is complete (scripts/bootstrap), which
# takes minutes the first time and a moment afterwards.

.DEFAULT_GOAL := help
.PHONY: help bootstrap build test demo bench bench-peer lint fmt deny clean-demo

# By itself glibc gives the end of its heap back to the system after each layer of a network and takes it
# anew with a page fault for every page, in some processes and not in others: the backbone then took 1.7
# times as long in four runs of seven (vision/README.md, "Measured"). inspectd's unit file is to say the same.
export GLIBC_TUNABLES := glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=268435456

BOOTSTRAP := scripts/bootstrap
TARGET := $(or $(CARGO_TARGET_DIR),target)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

bootstrap: ## packages, libtorch, weights and the backbone; nothing else
	@$(BOOTSTRAP)

build: ## the programs as they run on a line, in target/release
	@$(BOOTSTRAP)
	cargo build --workspace --bins --release

test: ## all tests, and the examples in the documentation
	@$(BOOTSTRAP) cargo-nextest
	cargo nextest run --workspace
	cargo test --doc --workspace

# exec: ctrl-C reaches the demo once, from the terminal, and the demo stops what it started. make
# hands DURATION and IMAGES on in the environment.
demo: ## the line with everything on it; DURATION=60 ends by itself, IMAGES=folder plays pictures
	@$(BOOTSTRAP)
	cargo build --workspace --bins
	@exec $(TARGET)/debug/demo

bench: ## benchmarks, with the profile of what runs on a line
	@$(BOOTSTRAP)
	cargo bench --workspace

bench-peer: ## optional: anomalib's PatchCore next to inspectd on the pictures in DATA=folder
	@test -n "$(DATA)" || { echo "name the folder of pictures: make bench-peer DATA=folder"; exit 2; }
	@$(BOOTSTRAP)
	scripts/bench-peer "$(DATA)"

lint: ## formatting, clippy, documentation, and licences where cargo-deny is installed
	@$(BOOTSTRAP)
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace
	@if command -v cargo-deny >/dev/null; then \
		cargo deny --workspace check bans licenses sources; \
	else \
		echo "SKIPPED: licences and sources were not checked, cargo-deny is not installed; make deny does it"; \
	fi

fmt: ## format the sources
	cargo fmt --all

deny: ## install cargo-deny when missing; check licences, sources and bans
	@$(BOOTSTRAP) cargo-deny
	cargo deny --workspace check bans licenses sources

clean-demo: ## remove what demos have written
	rm -rf $(TARGET)/demo
