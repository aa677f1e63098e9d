#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lab.h"
#include "pid_namespace.h"

namespace azcni::test {

/// Where programs of containerd are.
struct ContainerdVersion {
  const char* name;
  const char* folder;  ///< empty: the machine's
};
/// The machine's, and containerd 2 if it was fetched.
std::vector<ContainerdVersion> containerd_versions();

/// containerd on a VM of the lab, with everything of its own: configuration, state, images, and a
/// PID namespace, so that whatever it started ends with it, even when the test is killed.
class Containerd {
 public:
  /// `conflist`: the one list of /etc/cni/net.d.
  Containerd(const lab::Vm& vm, const lab::Json& conflist, const ContainerdVersion& version);
  Containerd(const Containerd&) = delete;
  Containerd& operator=(const Containerd&) = delete;
  ~Containerd();

  void start();
  void kill();

  /// Of its gRPC services, as we see it.
  std::string socket() const;
  const std::string& cgroup_parent() const { return cgroup_parent_; }

  /// Where containerd is; `netns`: in one of its network namespaces instead.
  lab::ExecContext context(const std::string& netns = {}) const;
  /// A program among its processes: where /proc is theirs.
  lab::Exit run(const std::vector<std::string>& argv) const;

  /// Of pods, in /run/netns there.
  std::vector<std::string> netns_names() const;
  void remove_netns(const std::string& path) const;

 private:
  void import_image() const;

  const lab::Vm& vm_;
  std::string path_;  ///< what PATH is for containerd: its own programs first
  bool is_version2_;
  std::string cgroup_parent_;
  std::unique_ptr<lab::PidNamespace> enclosure_;
  std::unique_ptr<lab::Process> server_;
};

}  // namespace azcni::test
