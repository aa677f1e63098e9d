#pragma once

#include <map>
#include <memory>

#include "install_test.h"

namespace azcni::test {

/// A release as it is published, on a web server of the VM; the VM has no reference plugins.
class ReleaseTest : public InstallTest {
 protected:
  void publish(const std::string& version) {
    const std::string helpers = "cni-plugins-linux-amd64-v1.1.1.tgz";
    shell(
        "ip link set lo up; cd /run; mkdir bundle; cp /usr/lib/cni/loopback /usr/lib/cni/portmap "
        "bundle/; tar -C bundle -czf " +
        helpers + " ./loopback ./portmap; sha256sum " + helpers + " > " + helpers +
        ".sha256; mkdir -p /run/empty; mount --bind /run/empty /usr/lib/cni");
    const std::string name = "azure-vnet-cni-linux-amd64-" + version + ".tgz";
    for (const std::string& folder : {"download/" + version, std::string("latest/download")}) {
      files_["/releases/" + folder + "/" + name] = vm().read(package(version));
      files_["/releases/" + folder + "/SHA256SUMS"] = vm().read(package(version) + ".sha256");
    }
    for (const std::string& file : {helpers, helpers + ".sha256"})
      files_["/plugins/download/v1.1.1/" + file] = vm().read("/run/" + file);
    files_["/install-cni-plugin.sh"] = vm().read(kScript);
    server_ = std::make_unique<lab::Wireserver>(
        vm().context().net, "127.0.0.1",
        [this](const std::string&, const std::string& target) -> lab::Wireserver::Reply {
          const auto found = files_.find(target);
          return found == files_.end() ? lab::Wireserver::Reply{404, "Not Found"}
                                       : lab::Wireserver::Reply{200, found->second};
        });
  }

  /// What tells the script where it is.
  static lab::Process::Variables releases() {
    return {{"AZCNI_RELEASES", "http://127.0.0.1/releases"},
            {"CNI_RELEASES", "http://127.0.0.1/plugins"}};
  }

  std::map<std::string, std::string> files_;

 private:
  std::unique_ptr<lab::Wireserver> server_;
};

}  // namespace azcni::test
