# `make` lists the targets. Needs Go; a C compiler for XLA; Python with pip to install the XLA plugin.

# The Go backend's fast kernels; cannot be set in go.mod.
ifeq ($(shell go env GOARCH),amd64)
export GOEXPERIMENT ?= simd
endif

# XLA is called through cgo. Without a C compiler the Go backend is the only one.
export CC := $(shell for c in "$$(go env CC)" cc gcc clang; do if command -v $$c >/dev/null; then echo "$$c"; break; fi; done)
export CGO_ENABLED := $(shell CC="$(CC)" go env CGO_ENABLED)
ifeq ($(CGO_ENABLED),0)
TAGS := -tags noxla
else
# GoMLX's Go backend does arithmetic on pointers that the race detector's checkptr refuses.
RACE := -race -gcflags=all=-d=checkptr=0
endif

# Folders with a go.mod of their own are modules that `./...` does not reach.
MODULES := $(dir $(shell find . -name go.mod -not -path './tools/*' -not -path '*/testdata/*'))

# Packages where threads meet.
RACE_PKGS := . ./train ./runlog ./checkpoint ./internal/nn ./backend ./monitor ./tui
GPU_PKGS := ./models/... ./backend/...
PRESETS := dna mushrooms nips adult connect4 ocr_letters
FUZZTIME := 10s
TIMEOUT := 45m

INSTALL_XLA = bin/maskflow backend install || echo "XLA is not installed (reason above): going on with the Go backend"

.PHONY: help build demo test soak lint fuzz fuzz-short bench tables tables-peers reproduce gpu screens docs notice gpu-check clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

build: ## bin/maskflow
ifdef TAGS
	@echo "no C compiler, or CGO_ENABLED=0: building without XLA (-tags noxla), with the Go backend only"
endif
	go build $(TAGS) -o bin/maskflow ./cmd/maskflow

demo: build ## train a small model and print its test likelihood
	@$(INSTALL_XLA)
	bin/maskflow train configs/connect4.yaml --run runs/demo-$$(date +%Y%m%d-%H%M%S)-$$$$

test: build ## vet and test every package, with the race detector where threads meet, and fuzz briefly
	@$(INSTALL_XLA)
	@set -e; for m in $(MODULES); do (set -ex; cd $$m; go vet $(TAGS) ./...; go test $(TAGS) -timeout $(TIMEOUT) ./...); done
ifdef RACE
	go test $(RACE) -timeout $(TIMEOUT) $(RACE_PKGS)
endif
	@$(MAKE) --no-print-directory fuzz-short

soak: ## the whole series of faults and of forged run directories, and of rows, of which the tests have a twentieth
	MASKFLOW_SOAK=1 go test $(TAGS) -count 1 -timeout 2h -run 'Faults|Forged|InsideBounds|Diamonds|RemovedCells|Diverge|Benchmark' ./...

lint: ## golangci-lint; the first time builds it, which takes minutes
	go tool -modfile=tools/go.mod golangci-lint run ./...

fuzz: ## every fuzz target for FUZZTIME (10s)
# An input that reaches new code is tried once when it is made smaller: for large ones more takes all the time.
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; grep -r -o --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sort | while IFS=: read -r file func; do \
		(set -x; go test $(TAGS) -run '^$$' -fuzz "^$${func#func }$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x "$$(dirname "$$file")" </dev/null >"$$log" 2>&1) \
			|| $(FUZZ_IN_TIME) "$$log" || { cat "$$log"; exit 1; }; \
		tail -n 2 "$$log"; \
	done

# Until Go 1.27 the end of the time can be taken for a failure, without an input that fails: go.dev/issue/75804.
FUZZ_IN_TIME = awk '/Failing input/ { found = 1 } /context deadline exceeded/ { late = 1 } END { exit found || !late }'

# Without coverage nothing has to be built for it: what the tests are built of is there.
fuzz-short: ## every fuzz target for a second, as test does
	@set -e; tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; \
	for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u); do \
		go test $(TAGS) -c -o "$$tmp/test" "$$dir"; \
		for f in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$$dir"/*_test.go | cut -c 6-); do \
			(cd "$$dir" && "$$tmp/test" -test.run '^$$' -test.fuzz "^$$f\$$" -test.fuzztime 1s -test.fuzzminimizetime 1x -test.fuzzcachedir "$$tmp/cache" >"$$tmp/log" 2>&1) \
				|| { $(FUZZ_IN_TIME) "$$tmp/log"; } || { cat "$$tmp/log"; exit 1; }; \
			echo "$$f: $$(sed -n 's/.*execs: \([0-9]*\).*/\1/p' "$$tmp/log" | tail -n 1) inputs"; \
		done; \
	done

bench: ## benchmarks of every package
	go test $(TAGS) -run '^$$' -bench . -timeout $(TIMEOUT) ./...
	$(if $(wildcard internal/bench/main.go),go run $(TAGS) ./internal/bench)

tables: build ## choose the defaults of a training by measurement; goes on where it ended (MASKFLOW_DATA)
	@$(INSTALL_XLA)
	go run $(TAGS) ./internal/tables

tables-peers: build ## measure the defaults beside scikit-learn, Zuko and the baselines, on test rows; goes on where it ended (MASKFLOW_DATA)
	@$(INSTALL_XLA)
	go run $(TAGS) ./internal/tables -peers

reproduce: build ## the MADE paper's data sets, one after the other; needs their files (MASKFLOW_DATA)
	@$(INSTALL_XLA)
	@set -e; for c in $(PRESETS); do bin/maskflow train configs/$$c.yaml --quiet --run runs/reproduce-$$(date +%Y%m%d-%H%M%S)-$$c; done

# Continues what has begun, with the same settings; GPU_SETS are more of them, for all.
GPU_BACKEND := cuda
GPU_RUNS := runs/gpu
GPU_MNIST_ORDERS := 1,2,16,128
GPU_BSDS300_ORDERS := 1,2,8,32
GPU_TRAIN = bin/maskflow train --continue --no-tui --backend $(GPU_BACKEND)
# An evaluation that is there is printed.
GPU_EVAL = @set -e; out=$(GPU_RUNS)/$(1).txt; [ -f $$out ] || { bin/maskflow eval --backend $(GPU_BACKEND) $(GPU_RUNS)/$(1) --orders $(2) >$$out.part; mv $$out.part $$out; }; cat $$out
gpu: build ## NADE of binarized MNIST and of BSDS300 at full size, on a GPU; goes on where it ended; needs their files (MASKFLOW_DATA)
ifeq ($(GPU_BACKEND),cuda)
	bin/maskflow backend install --cuda
endif
	$(GPU_TRAIN) configs/nade_binarized_mnist.yaml --run $(GPU_RUNS)/nade_binarized_mnist \
		--set 'model.hidden=[2000, 2000]' --set model.orders.count=128 --set train.max_steps=400000 $(GPU_SETS)
	$(call GPU_EVAL,nade_binarized_mnist,$(GPU_MNIST_ORDERS))
	bin/maskflow plot $(GPU_RUNS)/nade_binarized_mnist --kind completions -o $(GPU_RUNS)/halves.png
	$(GPU_TRAIN) configs/nade_bsds300.yaml --run $(GPU_RUNS)/nade_bsds300 $(GPU_SETS)
	$(call GPU_EVAL,nade_bsds300,$(GPU_BSDS300_ORDERS))

SCREEN = bin/maskflow watch --once runs/screens
screens: build ## the manual's pictures of the monitor, of two runs
	@$(INSTALL_XLA)
	rm -rf runs/screens
	bin/maskflow train configs/connect4.yaml --quiet --run runs/screens/connect4
	bin/maskflow train configs/connect4.yaml --quiet --run runs/screens/narrow --set name=narrow --set model.hidden=[200]
	$(SCREEN) --size 160x48 -o docs/monitor.svg
	{ echo '```'; $(SCREEN)/connect4 --size 96x30 --ascii; echo '```'; } >runs/screens/screen.md
	sed -i.old -e '/^<!-- screen -->/r runs/screens/screen.md' -e '/^<!-- screen -->/,/^<!-- .screen -->/{/^<!--/!d;}' docs/monitor.md && rm docs/monitor.md.old

docs: build ## the manual's page of the keys of a configuration
	bin/maskflow help config >docs/config.md

notice: ## the licences of what is linked in
	go run ./internal/notice >NOTICE.new && mv NOTICE.new NOTICE

gpu-check: ## tests and benchmarks of the models on a CUDA device
	@command -v nvidia-smi >/dev/null || { echo "gpu-check: no nvidia-smi, so no CUDA device on this machine" >&2; exit 1; }
	MASKFLOW_TEST_CUDA=1 go test -p 1 -count 1 -timeout $(TIMEOUT) $(GPU_PKGS)
	MASKFLOW_TEST_CUDA=1 go test -p 1 -run '^$$' -bench . -timeout $(TIMEOUT) $(GPU_PKGS)

clean: ## remove what building and testing left; runs/ stays
	rm -rf bin coverage.*
	find . -name '*.test' -type f -delete -o -name '*.prof' -type f -delete
