#include "azure-vnet/cli/ipam_checks.h"

#include <gmock/gmock.h>

#include "azcni/cli/command_line.h"
#include "azure-vnet/cli/catalogue.h"

namespace azcni::vnet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Figures {
  std::uint64_t total = 0, used = 0, free = 0, withdrawn = 0, taken = 0;
};

cli::PoolReport pool_of(const char* interface, const char* subnet, const Figures& figures) {
  return {interface,
          false,
          subnet,
          figures.total,
          figures.used,
          figures.free,
          0,
          figures.withdrawn,
          figures.taken,
          "10.0.0.9 is an address of eth0"};
}

cli::PoolsReport report_of(const std::vector<cli::PoolReport>& pools) {
  return {cli::program_version(), pools, {}};
}

/// "ID: what", of findings that `explain` knows.
std::vector<std::string> found_in(const cli::PoolsReport& ipam) {
  std::vector<network::Finding> findings;
  check_ipam(ipam, findings);
  std::vector<std::string> texts;
  for (const network::Finding& each : findings) {
    EXPECT_EQ(explanation_of(each.id).id, each.id);
    EXPECT_FALSE(each.mend) << each.id;
    EXPECT_NE(each.command, "") << each.id;
    texts.push_back(each.id + ": " + each.what);
  }
  return texts;
}

// Catches: a node called full that has addresses, and one whose containers fail called fine.
TEST(IpamChecks, CountAddressesOfAFamily) {
  const auto of = [](const std::vector<cli::PoolReport>& pools) {
    return found_in(report_of(pools));
  };
  EXPECT_THAT(of({}), IsEmpty()) << "nothing was asked yet";
  EXPECT_THAT(of({pool_of("eth0", "10.0.0.0/24", {10, 7, 3})}), IsEmpty());
  EXPECT_THAT(of({pool_of("eth0", "10.0.0.0/24", {10, 8, 2})}),
              ElementsAre("addresses-scarce: 8 of 10 addresses of IPv4 are in use"));
  EXPECT_THAT(of({pool_of("eth0", "10.0.0.0/24", {10, 10, 0})}),
              ElementsAre("addresses-exhausted: all 10 addresses of IPv4 are in use"));
  EXPECT_THAT(of({pool_of("eth0", "10.0.0.0/24", {10, 10, 0}),
                  pool_of("eth1", "10.1.0.0/24", {10, 0, 10})}),
              IsEmpty())
      << "pools of a family are one";
  EXPECT_THAT(
      of({pool_of("eth0", "10.0.0.0/24", {10, 1, 9}), pool_of("eth0", "fd00::/64", {2, 2, 0})}),
      ElementsAre("addresses-exhausted: all 2 addresses of IPv6 are in use"));
  EXPECT_THAT(of({pool_of("eth0", "10.0.0.0/24", {})}),
              ElementsAre("no-secondary-addresses: Azure names no secondary address of this VM"));
}

// Catches: addresses that nobody gets, or that lead nowhere, not told.
TEST(IpamChecks, NameAddressesThatAreNotAsTheyShouldBe) {
  EXPECT_THAT(found_in(report_of({pool_of("eth0", "10.0.0.0/24", {10, 1, 9, 3, 2})})),
              ElementsAre("addresses-taken: 2 free addresses of eth0, 10.0.0.0/24, are in use on "
                          "this node, without a lease: 10.0.0.9 is an address of eth0",
                          "addresses-withdrawn: 3 addresses in use of eth0, 10.0.0.0/24, are "
                          "Azure's no more"));
}

TEST(IpamChecks, TellWhatAzureDidNotAnswer) {
  cli::PoolsReport ipam = report_of({});
  ipam.queries = {{"http://1.2.3.4/", 7, "no answer", ""},
                  {"http://1.2.3.5/", 7, "", "a block"},
                  {"http://1.2.3.6/", 7, "", ""}};
  EXPECT_THAT(found_in(ipam), ElementsAre("metadata-silent: no answer",
                                          "metadata-skipped: http://1.2.3.5/: a block"));
}

// Catches: an upgrade of one of the two that goes unnoticed.
TEST(IpamChecks, CompareVersions) {
  const std::string ours = cli::program_version();
  EXPECT_THAT(found_in({"v0", {}, {}}),
              ElementsAre("delegate-version: azure-vnet is " + ours + ", azure-vnet-ipam v0"));
  EXPECT_THAT(found_in({}), ElementsAre("delegate-version: azure-vnet is " + ours +
                                        ", azure-vnet-ipam does not say"));
}

}  // namespace
}  // namespace azcni::vnet
