#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <memory>

#include "wine.h"

namespace azcni::test {

using lab::Json;
using lab::PluginExit;

/// A test on the Windows VM, whose c:\k and HNS are new. One VM serves all tests: to start Wine
/// takes seconds.
class WindowsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!shared()) shared() = std::make_unique<WindowsVm>();
    vm().reset();
  }

  void TearDown() override {
    if (!shared()) return;
    EXPECT_TRUE(vm().calls("LEAK").empty()) << "a handle of HNS was not closed";
    if (HasFailure()) std::puts(vm().read("k/azure-vnet.log").c_str());
  }

  static void TearDownTestSuite() { shared().reset(); }

  static WindowsVm& vm() { return *shared(); }

  static Json config() {
    return {{"cniVersion", "1.0.0"},
            {"name", "azure"},
            {"type", "azure-vnet"},
            {"mode", "bridge"},
            {"ipam", {{"type", "azure-vnet-ipam"}}}};
  }

  /// The calls that change something, against test/windows/golden/<name>.json.
  static void expect_golden(const std::string& name) {
    Json changes = Json::array();
    for (const Json& call : vm().calls()) {
      const std::string what = call["call"];
      for (const char* verb : {"Create", "Delete", "Modify", "POST", "DELETE"}) {
        if (what.find(verb) != std::string::npos) changes.push_back(call);
      }
    }
    const std::string path = std::string(AZCNI_SOURCE) + "/test/windows/golden/" + name + ".json";
    std::ifstream file(path);
    const Json golden = Json::parse(file, nullptr, false);
    EXPECT_EQ(golden, changes) << path << " is\n" << golden.dump(1) << "\nnow\n" << changes.dump(1);
    if ((golden.is_discarded() || golden != changes) &&
        std::getenv("AZCNI_UPDATE_GOLDEN") != nullptr)
      std::ofstream(path) << changes.dump(1) << "\n";
  }

  static std::size_t leases() { return vm().list("k/azure-vnet-ipam/leases").size(); }

 private:
  static std::unique_ptr<WindowsVm>& shared() {
    static std::unique_ptr<WindowsVm> machine;
    return machine;
  }
};

/// Everything that a configuration can ask of an endpoint.
inline Json with_every_policy(Json config) {
  config["AdditionalArgs"] = Json::parse(R"([
    {"Name": "EndpointPolicy", "Value": {"Type": "OutBoundNAT",
      "ExceptionList": ["10.240.0.0/16", "fd00:240::/64", "10.0.0.0/8"]}},
    {"Name": "EndpointPolicy", "Value": {"Type": "ROUTE", "DestinationPrefix": "10.0.0.0/8", "NeedEncap": true}},
    {"Name": "EndpointPolicy", "Value": {"Type": "ACL", "Action": "Block", "Direction": "Out", "Protocols": "6",
      "RemoteAddresses": "168.63.129.16", "RemotePorts": "80", "Priority": 200, "RuleType": "Switch"}},
    {"name": "EndpointPolicy", "value": {"type": "L4WFPPROXY", "settings": {"InboundProxyPort": "15003"}}},
    {"Name": "NetworkPolicy", "Value": {"Type": "VLAN", "VLAN": 7}}])");
  config["windowsSettings"] = {{"enableLoopbackDSR", true}};
  config["runtimeConfig"]["portMappings"] = Json::parse(R"([
    {"hostPort": 8080, "containerPort": 80},
    {"hostPort": 8053, "containerPort": 53, "protocol": "UDP", "hostIP": "10.240.1.4"}])");
  config["dns"] = {{"Nameservers", {"10.0.0.10", "168.63.129.16"}},
                   {"Search", {"svc.cluster.local"}},
                   {"options", {"ndots:5"}}};
  return config;
}

}  // namespace azcni::test
