# Thin over CMake: every target configures and builds what it needs.
#
#   make                     both plugins
#   sudo make install        both plugins and their configuration, on this node
#   sudo make pod            one container of this node's containerd: does it work?
#   sudo make demo           three pods on two VMs, in a lab on this machine
#   make unit                tests of what is pure: no root, seconds
#   make build               everything, tests and Windows' executables, too
#   sudo make test           every test
#   sudo make test-node      a Debian 12 node with its daemons, in a virtual machine: six minutes; test-node-long: all
#   sudo make bench          times, beside floors and the reference plugins
#   make azure-cni-plugins   the package, in output/; azure-cni-plugins-windows: for Windows; deb: for Debian

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BUILD   ?= build
ARCH    := $(shell uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
OUTPUT  := output/linux_$(ARCH)/cni
PLUGINS := azure-vnet azure-vnet-ipam
OUTPUT_WINDOWS  := output/windows_amd64/cni

.PHONY: all deps deps-lab deps-tests configure configure-windows $(PLUGINS) azure-cni-plugins azure-cni-plugins-windows install pod deb \
	unit build test test-node test-node-long demo bench lint clean

all: $(PLUGINS)

deps:
	@scripts/install-deps.sh build

deps-lab:
	@scripts/install-deps.sh build lab

deps-tests:
	@scripts/install-deps.sh build lab tests

configure: deps
	@cmake -S . -B $(BUILD) -G Ninja -DAZCNI_VERSION=$(VERSION) > $(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }

configure-windows: deps-tests
	@cmake --preset windows -B $(BUILD)-windows -DAZCNI_VERSION=$(VERSION) > $(BUILD)-windows.log 2>&1 \
		|| { cat $(BUILD)-windows.log; exit 1; }

$(PLUGINS): configure
	@cmake --build $(BUILD) --target $@
	@install -D -m 0755 $(BUILD)/bin/$@ $(OUTPUT)/$@

azure-cni-plugins: $(PLUGINS)
	@scripts/package.sh linux $(ARCH) $(VERSION) $(BUILD)/bin $(OUTPUT)
	@scripts/checksums.sh output

azure-cni-plugins-windows: configure-windows
	@cmake --build $(BUILD)-windows --target $(PLUGINS)
	@scripts/package.sh windows amd64 $(VERSION) $(BUILD)-windows/bin $(OUTPUT_WINDOWS)
	@scripts/checksums.sh output

install: azure-cni-plugins
	@scripts/install-cni-plugin.sh --package $(OUTPUT)/azure-vnet-cni-linux-$(ARCH)-$(VERSION).tgz

pod:
	@scripts/try-pod.sh

deb: $(PLUGINS)
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) cpack --config $(BUILD)/CPackConfig.cmake -B $(BUILD)/deb > $(BUILD).log \
		|| { cat $(BUILD).log; exit 1; }
	@install -m 0644 -t $(OUTPUT) $(BUILD)/deb/*.deb
	@scripts/checksums.sh output
	@ls $(OUTPUT)/*.deb

unit: configure
	cmake --build $(BUILD) --target unit_tests
	$(BUILD)/test/unit/unit_tests --gtest_brief=1

build: deps-tests configure configure-windows
	cmake --build $(BUILD)-windows
	cmake --build $(BUILD)

test: build
	ctest --test-dir $(BUILD) --output-on-failure --parallel $$(nproc)

test-node: configure
	@scripts/install-deps.sh build lab node
	cmake --build $(BUILD) --target node_tests
	$(BUILD)/test/node/node_tests --gtest_filter='Short.*'

test-node-long: configure
	@scripts/install-deps.sh build lab node
	cmake --build $(BUILD) --target node_tests
	$(BUILD)/test/node/node_tests --gtest_filter='-Short.*'

demo: deps-lab configure
	cmake --build $(BUILD) --target demo
	$(BUILD)/test/lab/demo

bench: deps-lab configure
	cmake --build $(BUILD) --target bench
	$(BUILD)/test/bench/bench $(BUILD)/bench.json

lint: deps-tests configure configure-windows
	scripts/lint.sh $(BUILD) $(BUILD)-windows

clean:
	rm -rf $(BUILD) $(BUILD).log $(BUILD)-windows $(BUILD)-windows.log output
