// azure-vnet beside an azure-vnet-ipam of another version, or one that is no such program at all.

#include "net_test.h"

namespace azcni::test {
namespace {

/// What stands in place of azure-vnet-ipam, and what is to be seen of its answer.
struct Neighbour {
  const char* name;
  const char* pools;   ///< what it prints when it is asked for them
  const char* leases;  ///< and for these
  const char* status;  ///< part of what `status` prints
};

class NeighbourOf : public NetTest, public ::testing::WithParamInterface<Neighbour> {
 protected:
  /// Our program in a folder with that neighbour.
  Vm& make_node() {
    Vm& vm = start_lab().vm();
    vm.write("/run/pools", GetParam().pools);
    vm.write("/run/leases", GetParam().leases);
    lab::must_run(vm.context(),
                  {"sh", "-ec",
                   "mkdir -p /run/cni; cp " AZCNI_PLUGINS
                   "/azure-vnet /run/cni/; cd /run/cni; printf '#!/bin/sh\\ncat /run/$1\\n' > "
                   "azure-vnet-ipam; chmod 755 azure-vnet-ipam"});
    return vm;
  }
};

constexpr const char* kLease =
    R"([{"address":"10.240.1.5","containerId":"x","ifName":"eth0","network":"azure"}])";

INSTANTIATE_TEST_SUITE_P(
    Answers, NeighbourOf,
    ::testing::Values(
        Neighbour{"older",
                  R"({"pools":[{"interface":"eth0","subnet":"10.240.0.0/16","total":8,"used":1,
                      "free":7}]})",
                  kLease, "10.240.0.0/16  8      1     7"},
        Neighbour{"newer",
                  R"({"version":"99","pools":[{"interface":"eth0","subnet":"10.240.0.0/16",
                      "total":8,"used":1,"free":7,"resting":0,"withdrawn":0,"quotas":[1]}],
                      "queries":[{"source":"imds","secondsAgo":3,"failure":"","proxy":{}}],"x":{}})",
                  kLease, "asked imds 3 s ago: answered"},
        Neighbour{"other_types",
                  R"({"version":7,"pools":[{"interface":null,"subnet":{},"total":"8"}]})",
                  R"([{"address":5}])", "version: expected a string, not 7"},
        Neighbour{"no_lists", R"({"version":"1","pools":{},"queries":"none"})", "{}",
                  "pools: expected a list of objects"},
        Neighbour{"list_of_texts", R"({"version":"1","pools":["eth0"]})", R"(["10.240.1.5"])",
                  "pools[0]: expected an object"},
        Neighbour{"no_object", "[]", "7", "expected an object"},
        Neighbour{"no_utf8", "\xff\xfe{}", "", "ended with status 0"},
        Neighbour{"no_json", "Usage: azure-vnet-ipam", "", "ended with status 0"}),
    case_name<Neighbour>);

// Catches: a program that dies of an answer in a form that it does not know.
TEST_P(NeighbourOf, IsToldOfAndKillsNobody) {
  Vm& vm = make_node();
  for (const char* verb : {"status", "list", "state", "doctor"}) {
    const lab::Exit exit = vm.run({"/run/cni/azure-vnet", verb});
    EXPECT_LE(exit.status, 1) << verb << exit.out << exit.err;
    EXPECT_EQ(exit.err.find("unexpected"), std::string::npos) << verb << exit.err;
    EXPECT_NE(exit.out, "") << verb << exit.err;
    const lab::Exit json = vm.run({"/run/cni/azure-vnet", verb, "-o", "json"});
    EXPECT_FALSE(Json::parse(json.out, nullptr, false).is_discarded())
        << verb << json.out << json.err;
  }
  const std::string text = vm.run({"/run/cni/azure-vnet", "status"}).out;
  EXPECT_NE(text.find(GetParam().status), std::string::npos) << text;
}

}  // namespace
}  // namespace azcni::test
