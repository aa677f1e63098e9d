#pragma once

#include "net_test.h"

namespace azcni::test {

/// A VM whose /opt is its own, like its /etc, /run, /var/log and /var/lib, and packages of two
/// versions in its /run/v1 and /run/v2. Nothing of the machine is changed.
class InstallTest : public NetTest {
 protected:
  static constexpr const char* kScript = AZCNI_SOURCE "/scripts/install-cni-plugin.sh";

  void SetUp() override {
    vm_ = &start_lab().vm();
    shell("mount -t tmpfs opt /opt; mkdir -p /run/bin2; cp " AZCNI_PLUGINS
          "/azure-vnet* /run/bin2/; "
          "for f in /run/bin2/*; do echo >> $f; done");
    make_package("v1", AZCNI_PLUGINS);
    make_package("v2", "/run/bin2");
  }

  Vm& vm() { return *vm_; }

  void make_package(const std::string& version, const std::string& bin) {
    shell("cd " AZCNI_SOURCE "; scripts/package.sh linux amd64 " + version + " " + bin + " /run/" +
          version);
  }
  static std::string package(const std::string& version) {
    return "/run/" + version + "/azure-vnet-cni-linux-amd64-" + version + ".tgz";
  }

  /// A script that must work; what it printed.
  std::string shell(const std::string& script) {
    const lab::Exit exit = vm().run({"bash", "-euc", script});
    EXPECT_EQ(exit.status, 0) << script << "\n" << exit.out << exit.err;
    return exit.out;
  }

  lab::Exit install(const std::vector<std::string>& arguments,
                    const lab::Process::Variables& variables = {}) {
    std::vector<std::string> argv{"bash", kScript};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return lab::run(vm().context(), argv, variables);
  }
  void must_install(const std::vector<std::string>& arguments) {
    const lab::Exit exit = install(arguments);
    EXPECT_EQ(exit.status, 0) << exit.out << exit.err;
  }

  /// Every file that an installation could touch: name, mode, time and content.
  std::string files() {
    return shell(
        "find /opt /etc /var/lib -xdev ! -type d -printf '%p %m %U:%G %T@ %l\\n' 2>/dev/null | "
        "sort; "
        "find /opt /etc/cni /etc/systemd /var/lib/azure-vnet -type d 2>/dev/null | sort; "
        "find /opt /etc/cni -type f -exec sha256sum {} + | sort");
  }

  std::string version_here() {
    return shell("sha256sum /opt/cni/bin/azure-vnet < /dev/null | cut -d' ' -f1");
  }

 private:
  Vm* vm_ = nullptr;
};

}  // namespace azcni::test
