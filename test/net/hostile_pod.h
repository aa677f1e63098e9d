#pragma once

#include "frames.h"
#include "net_test.h"

namespace azcni::test {

/// A VM with two pods: "evil", which has CAP_NET_RAW as runtimes grant it by default, and "good".
class HostilePodTest : public NetTest {
 protected:
  Vm& raise_vm(const std::string& mode, const lab::Options& options = {}, const Json& more = {}) {
    Vm& vm = start_lab(options).vm();
    mode_ = mode;
    evil_ = vm.make_pod("evil");
    good_ = vm.make_pod("good");
    config_ = vm.config(mode);
    config_["ipam"]["ipFamilies"] = {"IPv4", "IPv6"};
    if (more.is_object()) config_.update(more);
    at_evil_ = attach(vm, evil_, config_);
    at_good_ = attach(vm, good_, config_);
    return vm;
  }
  bool is_bridged() const { return mode_ != "transparent"; }

  static std::string mac_of(const Vm& vm, const Pod& pod) {
    return vm.ip_in(pod, {"link", "show", "eth0"}).at(0).at("address");
  }
  /// Where the pod sends whatever is not its own.
  static std::string gateway_mac_of(const Vm& vm, const Pod& pod) {
    return vm.ip_in(pod, {"neigh", "show", "nud", "permanent"}).at(0).at("lladdr");
  }
  /// The host's link to the pod.
  static std::string link_of(const PluginExit& added) {
    return added.json["interfaces"][0]["name"];
  }
  static std::string bridge_of(const Vm& vm) {
    return vm.ip({"link", "show", "eth0"}).at(0).at("master");
  }
  /// From the pod "evil". Returns when they have been seen.
  void send(const Vm& vm, const std::vector<lab::Frame>& frames) const {
    lab::send_frames(vm.context_of(evil_), "eth0", frames);
    lab::must_run(vm.context_of(evil_), {"ping", "-n", "-c", "1", "-W", "5", vm.spec().ip4});
  }
  /// What the host takes for the MAC address of its gateway, in modes with a bridge.
  static std::string mac_of_gateway(const Vm& vm, const std::string& gateway) {
    const Json entries = vm.ip({"neigh", "show", gateway, "dev", bridge_of(vm)});
    return entries.empty() ? "" : entries[0].value("lladdr", "");
  }

  std::string mode_;
  Json config_;
  Pod evil_, good_;
  PluginExit at_evil_, at_good_;
};

}  // namespace azcni::test
