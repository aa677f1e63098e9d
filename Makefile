# Thin over CMake: every target configures and builds what it needs.
#
#   make                     both plugins
#   sudo make demo           three pods on two VMs, in a lab on this machine
#   sudo make test           every test
#   sudo make bench          times, beside floors and the reference plugins
#   make azure-cni-plugins   the package, in output/; azure-cni-plugins-windows: for Windows

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BUILD   ?= build
ARCH    := $(shell uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
OUTPUT  := output/linux_$(ARCH)/cni
PACKAGE := $(OUTPUT)/azure-vnet-cni-linux-$(ARCH)-$(VERSION).tgz
PLUGINS := azure-vnet azure-vnet-ipam
OUTPUT_WINDOWS  := output/windows_amd64/cni
PACKAGE_WINDOWS := $(OUTPUT_WINDOWS)/azure-vnet-cni-windows-amd64-$(VERSION).zip

.PHONY: all deps deps-tests configure configure-windows $(PLUGINS) azure-cni-plugins azure-cni-plugins-windows \
	test demo bench lint clean

all: $(PLUGINS)

deps:
	@scripts/install-deps.sh build

deps-tests:
	@scripts/install-deps.sh build tests

configure: deps
	@cmake -S . -B $(BUILD) -G Ninja -DAZCNI_VERSION=$(VERSION) > $(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }

configure-windows: deps-tests
	@cmake --preset windows -B $(BUILD)-windows -DAZCNI_VERSION=$(VERSION) > $(BUILD)-windows.log 2>&1 \
		|| { cat $(BUILD)-windows.log; exit 1; }

$(PLUGINS): configure
	@cmake --build $(BUILD) --target $@
	@install -D -m 0755 $(BUILD)/bin/$@ $(OUTPUT)/$@

azure-cni-plugins: $(PLUGINS)
	@install -m 0644 conf/10-azure.conflist $(OUTPUT)/10-azure.conflist
	@tar --owner=0 --group=0 -C $(OUTPUT) -czf $(PACKAGE) $(PLUGINS) 10-azure.conflist
	@echo $(PACKAGE)

azure-cni-plugins-windows: configure-windows
	@cmake --build $(BUILD)-windows --target $(PLUGINS)
	@install -D -m 0755 -t $(OUTPUT_WINDOWS) $(PLUGINS:%=$(BUILD)-windows/bin/%.exe)
	@install -m 0644 -t $(OUTPUT_WINDOWS) conf/windows/10-azure.conflist scripts/install-cni-plugin.ps1
	@rm -f $(PACKAGE_WINDOWS)
	@cd $(OUTPUT_WINDOWS) && zip -qX $(notdir $(PACKAGE_WINDOWS)) $(PLUGINS:%=%.exe) 10-azure.conflist install-cni-plugin.ps1
	@cd $(OUTPUT_WINDOWS) && sha256sum $(notdir $(PACKAGE_WINDOWS)) > $(notdir $(PACKAGE_WINDOWS)).sha256
	@echo $(PACKAGE_WINDOWS)

test: deps-tests configure configure-windows
	cmake --build $(BUILD)-windows
	cmake --build $(BUILD)
	ctest --test-dir $(BUILD) --output-on-failure --parallel $$(nproc)

demo: configure
	cmake --build $(BUILD) --target demo
	$(BUILD)/test/lab/demo

bench: configure
	cmake --build $(BUILD) --target bench
	$(BUILD)/test/bench/bench $(BUILD)/bench.json

lint: deps-tests configure configure-windows
	scripts/lint.sh $(BUILD) $(BUILD)-windows

clean:
	rm -rf $(BUILD) $(BUILD).log $(BUILD)-windows $(BUILD)-windows.log output
