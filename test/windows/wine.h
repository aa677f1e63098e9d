#pragma once

#include <string>
#include <vector>

#include "lab.h"
#include "pid_namespace.h"

namespace azcni::test {

/// A Windows VM of the lab: its NIC is eth0, its HNS the fake one, and its c: a folder of the
/// build. Without a display, and with a prefix of its own.
class WindowsVm {
 public:
  WindowsVm();

  /// As after the first start: empty c:\k, an HNS that knows its adapters, the DLLs in place.
  void reset();

  lab::Lab& lab() { return lab_; }

  lab::Process start(const std::string& plugin, const lab::Process::Variables& variables,
                     const std::string& input) const;
  lab::PluginExit run(const std::string& plugin, const lab::Process::Variables& variables,
                      const std::string& input) const;

  /// A plugin called as a runtime does.
  struct Call {
    std::string verb;
    std::string container;
    std::string netns;
    std::string if_name = "eth0";
    std::string args = {};
  };
  lab::PluginExit cni(const Call& call, const lab::Json& config) const;
  lab::Process start_cni(const Call& call, const lab::Json& config) const;
  static std::string plugin_path();  ///< CNI_PATH, as Windows writes it

  /// As Windows' task manager does it, and waits for their end.
  void kill_plugins() const;

  /// Takes a DLL of HNS away.
  void remove_library(const std::string& name) const;

  /// Files below c:, e.g. "k/azure-vnet.log".
  std::string read(const std::string& path) const;
  void write(const std::string& path, const std::string& content) const;
  void remove(const std::string& path) const;
  std::vector<std::string> list(const std::string& folder) const;

  /// The fake HNS: its state, and the calls since the last clear_calls().
  lab::Json hns() const;
  void set_hns(const lab::Json& state) const;
  std::vector<lab::Json> calls(const std::string& name = {}) const;
  void clear_calls() const;
  /// {"HcnCreateEndpoint": {"result": 2151350278, "error": "An adapter was not found. "}}
  void set_faults(const lab::Json& faults) const;
  /// A namespace of HNS, as a runtime makes it: returns its GUID.
  std::string make_namespace(int number) const;

 private:
  lab::Lab lab_;
  lab::PidNamespace enclosure_;
};

}  // namespace azcni::test
