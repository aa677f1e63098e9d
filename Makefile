# Thin over CMake: every target configures and builds what it needs.
#
#   make                     both plugins
#   sudo make demo           three pods on two VMs, in a lab on this machine
#   sudo make test           every test
#   sudo make bench          times, beside floors and the reference plugins
#   make azure-cni-plugins   the package, in output/

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BUILD   ?= build
ARCH    := $(shell uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
OUTPUT  := output/linux_$(ARCH)/cni
PACKAGE := $(OUTPUT)/azure-vnet-cni-linux-$(ARCH)-$(VERSION).tgz
PLUGINS := azure-vnet azure-vnet-ipam

.PHONY: all deps configure $(PLUGINS) azure-cni-plugins test demo bench lint clean

all: $(PLUGINS)

deps:
	@scripts/install-deps.sh

configure: deps
	@cmake -S . -B $(BUILD) -G Ninja -DAZCNI_VERSION=$(VERSION) > $(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }

$(PLUGINS): configure
	@cmake --build $(BUILD) --target $@
	@install -D -m 0755 $(BUILD)/bin/$@ $(OUTPUT)/$@

azure-cni-plugins: $(PLUGINS)
	@install -m 0644 conf/10-azure.conflist $(OUTPUT)/10-azure.conflist
	@tar --owner=0 --group=0 -C $(OUTPUT) -czf $(PACKAGE) $(PLUGINS) 10-azure.conflist
	@echo $(PACKAGE)

test: configure
	cmake --build $(BUILD)
	ctest --test-dir $(BUILD) --output-on-failure --parallel $$(nproc)

demo: configure
	cmake --build $(BUILD) --target demo
	$(BUILD)/test/lab/demo

bench: configure
	cmake --build $(BUILD) --target bench
	$(BUILD)/test/bench/bench $(BUILD)/bench.json

lint: configure
	scripts/lint.sh $(BUILD)

clean:
	rm -rf $(BUILD) $(BUILD).log output
