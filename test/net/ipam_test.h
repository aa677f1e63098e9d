#pragma once

#include "net_test.h"

namespace azcni::test {

/// Calls of azure-vnet-ipam as third parties make them.
class Ipam : public NetTest {
 protected:
  static Json config(const Json& ipam = Json::object()) {
    Json json{{"cniVersion", "1.0.0"},
              {"name", "net"},
              {"type", "any"},
              {"ipam", {{"type", "azure-vnet-ipam"}}}};
    json["ipam"].update(ipam);
    return json;
  }
  static std::string add(const Vm& vm, const std::string& container, const Json& json = config()) {
    const PluginExit answer = vm.ipam("ADD", container, json);
    EXPECT_EQ(answer.status, 0) << answer.text;
    return answer.status == 0 ? answer.ip() : "";
  }
  static std::size_t leases(const Vm& vm) { return vm.list("/run/azure-vnet-ipam/leases").size(); }
};

}  // namespace azcni::test
