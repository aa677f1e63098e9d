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

class Choice : public ::testing::Test {
 protected:
  std::vector<ipam::Pool> usable_of(const std::vector<ipam::Pool>& pools,
                                    const std::string& config) {
    const cni::Request request = test::request_of(config);
    return usable(pools, request, parse_config(request), context_);
  }
  static std::string of_bridge(const std::string& more = "") {
    return R"({"type":"bridge","ipam":{})" + more + "}";
  }
  static std::string of_azure(const std::string& more = "") {
    return R"({"type":"azure-vnet")" + more + "}";
  }

  const test::TemporaryFolder folder_;
  Context context_{folder_ / "data"};
};

// Catches: a NIC that the host can't send by, drawn from unasked; or refused though it is the only
// one, or named.
TEST_F(Choice, IsOfNicsThatTheHostSendsBy) {
  const auto two = pools_of("eth0", "eth1");
  EXPECT_EQ(usable_of(pools_of("eth0", "eth0"), of_bridge()).size(), 2U);
  EXPECT_EQ(usable_of({}, of_bridge()).size(), 0U);
  const std::string none =
      "102 no NIC of this host has an address in the subnet of its pool, 198.51.100.0/24 of eth0";
  EXPECT_EQ(test::failure_of([&] { usable_of(two, of_bridge()); }), none);
  EXPECT_EQ(usable_of(two, of_bridge(R"(,"master":"eth1")")).size(), 2U);
  // azure-vnet routes by such a NIC, but has nothing to masquerade with.
  EXPECT_EQ(usable_of(two, of_azure(R"(,"ipam":{})")).size(), 2U);
  EXPECT_EQ(test::failure_of([&] { usable_of(two, of_azure(R"(,"ipam":{},"ipMasq":true)")); }),
            none);
}

// Catches: an address of each family, of two NICs.
TEST_F(Choice, IsOfNicsThatHaveEachFamily) {
  auto pools = pools_of("eth0", "eth1");
  pools.push_back({"eth0", true, *net::parse_prefix("2001:db8::/64"), {"2001:db8::4"}});
  const auto chosen = usable_of(pools, of_azure(R"(,"ipam":{"ipFamilies":["IPv4","IPv6"]})"));
  ASSERT_EQ(chosen.size(), 2U);
  for (const ipam::Pool& each : chosen) EXPECT_EQ(each.interface, "eth0");
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
