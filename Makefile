# Everything a person does with this repository. `make run` and `make test` set up what is missing by themselves.
.PHONY: run test test-swift test-browser bench bench-check build release format check setup help conformance

SWIFT ?= swift
LISTEN ?= 127.0.0.1:9090
DATA ?= data

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

setup: ## Install missing system libraries
	@scripts/setup

run: ## Build the program and start it on http://127.0.0.1:9090 (LISTEN=…, DATA=…)
	@scripts/setup run
	@$(SWIFT) build -c release --product apus
	@exec "$$($(SWIFT) build -c release --product apus --show-bin-path)/apus" serve --listen $(LISTEN) --data $(DATA)

test: ## Build everything and run all tests, the page in a real browser included
	@scripts/setup test
	@scripts/test

bench: ## Measure ingest, storage and queries beside a peer found on the PATH
	@scripts/setup bench
	@$(SWIFT) build -c release --product apus
	@.build/python/bin/python3 Benchmarks/bench.py --apus "$$($(SWIFT) build -c release --product apus --show-bin-path)/apus" $(BENCH)

conformance: ## Run a PromQL corpus in a folder against the server: make conformance CORPUS=DIR
	@test -n "$(CORPUS)" || { echo "usage: make conformance CORPUS=DIR (a folder with promql_corpus.py and promql-v3.5/)"; exit 2; }
	@$(SWIFT) build -c release --product apus
	@python3 "$(CORPUS)/promql_corpus.py" --corpus "$(CORPUS)/promql-v3.5" --start "$$($(SWIFT) build -c release --product apus --show-bin-path)/apus serve --listen 127.0.0.1:{port} --data {dir}/data --config {config} --retention unlimited --set collectors.enabled=false"

build: ## Build for debugging
	@$(SWIFT) build

release: ## Build the program for release
	@$(SWIFT) build -c release --product apus

format: ## Format the sources in place
	@$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

check: ## What CI checks before tests: format and links
	@$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests
