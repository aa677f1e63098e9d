// Which pools azure-vnet-ipam draws from.

#include "azure-vnet-ipam/choice.h"

#include <gtest/gtest.h>

#include "requests.h"
#include "temporary_folder.h"

namespace azcni::vnet_ipam {
namespace {

/// Of documentation: no NIC has an address there.
std::vector<ipam::Pool> pools_of(const std::string& first, const std::string& second) {
  return {{first, true, *net::parse_prefix("198.51.100.0/24"), {"198.51.100.4"}},
          {second, false, *net::parse_prefix("203.0.113.0/24"), {"203.0.113.4"}}};
}

// Catches: a NIC that the host can't send by, drawn from unasked; or refused though it is the only
// one, or named.
TEST(Usable, AreThePoolsOfNicsThatTheHostSendsBy) {
  Config config;
  EXPECT_EQ(usable(pools_of("eth0", "eth0"), config).size(), 2U);
  EXPECT_EQ(usable({}, config).size(), 0U);
  EXPECT_EQ(test::failure_of([&] { usable(pools_of("eth0", "eth1"), config); }),
            "102 no NIC of this host has an address in the subnet of its pool, 198.51.100.0/24 of "
            "eth0");
  config.master = "eth1";
  EXPECT_EQ(usable(pools_of("eth0", "eth1"), config).size(), 2U);
}

// Catches: STATUS that looks for another address than ADD takes.
TEST(AllocationRequest, IsOfTheConfigurationAndTheNetworksPool) {
  const test::TemporaryFolder folder;
  Context context(folder / "data");
  const cni::Request request = test::request_of(R"({"master":"eth1",
      "ipam":{"subnet":"203.0.113.0/24","ipAddress":"203.0.113.4"}})");
  const Config config = parse_config(request);
  const auto wanted = [&] {
    return allocation_request(net::Family::kIpv4, config, request, context);
  };
  EXPECT_EQ(wanted().interface, "eth1");
  EXPECT_EQ(wanted().subnet, net::parse_prefix("203.0.113.0/24"));
  EXPECT_EQ(wanted().address, std::nullopt);
  EXPECT_EQ(wanted().preferred, "");
  context.leases.update(pools_of("eth0", "eth1"), false);
  context.leases.allocate(context.leases.pools(), {"abc", "eth0"}, "azure", wanted(), {});
  EXPECT_EQ(wanted().preferred, "eth1 203.0.113.0/24");
}

}  // namespace
}  // namespace azcni::vnet_ipam
