// What azure-vnet-ipam reports, as azure-vnet reads it.

#include "azcni/cli/address_reports.h"

#include <gtest/gtest.h>

#include "requests.h"

namespace azcni::cli {
namespace {

/// In which nothing is as by default.
PoolsReport pools_report() {
  return {"1.2",
          {{"eth0",
            true,
            "10.0.0.0/24",
            8,
            7,
            6,
            5,
            4,
            3,
            "10.0.0.4 is an address of eth0",
            {"10.0.0.16/28", "10.0.0.32/28"}}},
          {{"http://10.0.0.1/x", 3, "refused", "an entry"}}};
}

std::vector<LeaseReport> lease_reports() {
  return {{"10.0.0.5", "10.0.0.0/24", "eth0", "azure", "abc", "net1", "boot", 17}};
}

/// What scripts read, too: never to be changed.
constexpr const char* kPools =
    R"({"pools":[{"blocks":["10.0.0.16/28","10.0.0.32/28"],"free":6,"interface":"eth0","primary":true,"resting":5,"subnet":"10.0.0.0/24",)"
    R"("taken":3,"takenBy":"10.0.0.4 is an address of eth0","total":8,"used":7,"withdrawn":4}],)"
    R"("queries":[{"failure":"refused","secondsAgo":3,"skipped":"an entry",)"
    R"("source":"http://10.0.0.1/x"}],"version":"1.2"})";
constexpr const char* kLeases =
    R"([{"address":"10.0.0.5","bootId":"boot","containerId":"abc","grantedAt":17,)"
    R"("ifName":"net1","interface":"eth0","network":"azure","subnet":"10.0.0.0/24"}])";

Json reread_pools(const std::string& text) { return parse_pools_report(Json::parse(text)); }
Json reread_leases(const std::string& text) { return parse_lease_reports(Json::parse(text)); }

// Catches: a key that one of the two programs calls otherwise, and scripts that find it no more.
TEST(AddressReports, AreReadAsTheyAreWritten) {
  EXPECT_EQ(Json(pools_report()).dump(), kPools);
  EXPECT_EQ(reread_pools(kPools).dump(), kPools);
  EXPECT_EQ(Json(lease_reports()).dump(), kLeases);
  EXPECT_EQ(reread_leases(kLeases).dump(), kLeases);
  EXPECT_EQ(Json(PoolsReport{}).dump(), R"({"pools":[],"queries":[],"version":""})");
  EXPECT_EQ(Json(std::vector<LeaseReport>{}).dump(), "[]");
}

// Catches: an upgrade of one of the two after which the other says nothing.
TEST(AddressReports, OfOtherVersionsAreRead) {
  EXPECT_EQ(reread_pools("{}"), Json(PoolsReport{}));
  EXPECT_EQ(reread_pools(R"({"pools":[{}],"queries":[{}]})"),
            Json(PoolsReport{"", {PoolReport{}}, {QueryReport{}}}));
  EXPECT_EQ(reread_leases("[{}]"), Json(std::vector<LeaseReport>{LeaseReport{}}));
  Json later = Json::parse(kPools);
  later["x"] = later["pools"][0]["x"] = later["queries"][0]["x"] = {1, 2};
  EXPECT_EQ(reread_pools(later.dump()).dump(), kPools);
}

// Catches: a program that dies of another one's answer, and one that does not say what is odd.
TEST(AddressReports, OfAnotherFormAreRefused) {
  const auto failure_of_pools = [](const char* text) {
    return test::failure_of([&] { reread_pools(text); });
  };
  EXPECT_EQ(failure_of_pools(R"({"version":7})"), "7 version: expected a string, not 7");
  EXPECT_EQ(failure_of_pools(R"({"pools":{}})"), "7 pools: expected a list of objects, not {}");
  EXPECT_EQ(failure_of_pools(R"({"pools":["eth0"]})"),
            "7 pools[0]: expected an object, not string");
  EXPECT_EQ(failure_of_pools(R"({"pools":[{"total":"8"}]})"),
            R"(7 pools[0].total: expected a whole number, 0 or more, not "8")");
  EXPECT_EQ(failure_of_pools("[]"), "7 the document: expected an object, not array");
  EXPECT_EQ(test::failure_of([] { reread_leases(R"([{"address":5}])"); }),
            "7 leases[0].address: expected a string, not 5");
  EXPECT_EQ(test::failure_of([] { reread_leases("7"); }),
            "7 leases: expected a list of objects, not 7");
}

// Catches: numbers below the wrong word.
TEST(AddressReports, AreShownInColumns) {
  EXPECT_EQ(to_text(pools_report()),
            "NIC   SUBNET       TOTAL  USED  FREE  RESTING  WITHDRAWN  TAKEN\n"
            "eth0  10.0.0.0/24  8      7     6     5        4          3\n"
            "blocks of eth0: 10.0.0.16/28 10.0.0.32/28\n"
            "asked http://10.0.0.1/x 3 s ago: refused; an entry\n");
  EXPECT_EQ(to_text({"", {}, {{"server", 0, "", ""}}}),
            "NIC  SUBNET  TOTAL  USED  FREE  RESTING  WITHDRAWN  TAKEN\n"
            "asked server 0 s ago: answered\n");
}

}  // namespace
}  // namespace azcni::cli
