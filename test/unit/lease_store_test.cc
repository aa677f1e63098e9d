// Who has which address.

#include "azure-vnet-ipam/lease_store.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "azure-vnet-ipam/legacy.h"
#include "requests.h"
#include "temporary_folder.h"

namespace azcni::vnet_ipam {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ipam::Pool pool(const std::string& nic, const std::string& subnet,
                const std::vector<std::string>& addresses) {
  return {nic, true, *net::parse_prefix(subnet), addresses};
}

using Wanted = ipam::AllocationRequest;

/// A request for nothing but this.
template <typename Value>
Wanted with(Value Wanted::*field, const std::type_identity_t<Value>& value) {
  Wanted wanted;
  wanted.*field = value;
  return wanted;
}

class LeaseStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { leases_.update({eth0_}, false); }

  ipam::Lease allocate(const std::string& container, const Wanted& wanted = {},
                       const ipam::Refused& refused = {}) {
    return leases_.allocate(leases_.pools(), {container, "eth0"}, "azure", wanted, refused);
  }

  std::string failure(const Wanted& wanted, const ipam::Refused& refused = {}) {
    return test::failure_of([&] { allocate("x", wanted, refused); });
  }

  std::vector<std::string> addresses_of(const std::string& container) const {
    std::vector<std::string> addresses;
    for (const ipam::Lease& each : leases_.find(ipam::Owner{container, "eth0"}))
      addresses.push_back(to_string(each.address));
    return addresses;
  }

  const ipam::Pool eth0_ = pool("eth0", "10.0.0.0/24", {"10.0.0.4", "10.0.0.5", "10.0.0.6"});
  const test::TemporaryFolder folder_;
  const store::Store store_{store_layout(folder_ / "data")};
  const LeaseStore leases_{store_};
};

// Catches: an address that the next container has while others still think it the last one's.
TEST_F(LeaseStoreTest, AReleasedAddressIsTheLastToBeChosen) {
  const ipam::Lease first = allocate("a");
  EXPECT_EQ(to_string(first.address), "10.0.0.4");
  leases_.release(first);
  EXPECT_THAT(addresses_of("a"), IsEmpty());
  EXPECT_EQ(leases_.find(first.address), std::nullopt);
  const ipam::Pool rested = leases_.pools().front();
  EXPECT_THAT(rested.addresses, ElementsAre("10.0.0.5", "10.0.0.6", "10.0.0.4"));
  EXPECT_EQ(rested.released.count("10.0.0.4"), 1U);
  EXPECT_EQ(to_string(allocate("b").address), "10.0.0.5");
}

// Catches: a cool-down that nobody set, one that is forgotten by the next release, and addresses
// that rest for ever.
TEST_F(LeaseStoreTest, AnAddressRestsAsLongAsIsSaid) {
  using std::chrono::seconds;
  const ipam::Lease first = allocate("a"), second = allocate("b"), third = allocate("c");
  LeaseStore(store_, seconds(3600)).release(first);
  EXPECT_EQ(leases_.pools().front().cooldown, seconds(3600));
  leases_.release(second);
  EXPECT_EQ(leases_.pools().front().cooldown, seconds(3600));
  EXPECT_EQ(leases_.pools().front().released.size(), 2U);
  LeaseStore(store_, seconds(0)).release(third);
  EXPECT_THAT(leases_.pools().front().released, IsEmpty());
}

// Catches: an address that is counted with a NIC that it has left, that rests in no pool once it is
// released, or that is given to a second owner by its new NIC.
TEST_F(LeaseStoreTest, AnAddressThatMovedIsOfItsNewNic) {
  const ipam::Lease lease = allocate("a");
  const ipam::Pool eth1 = pool("eth1", "10.0.0.0/24", {to_string(lease.address)});
  leases_.update({pool("eth0", "10.0.0.0/24", {}), eth1}, false);
  EXPECT_EQ(failure({}).substr(0, 4), "102 ");
  EXPECT_EQ(leases_.renew(lease).interface, "eth1");
  EXPECT_EQ(leases_.find(lease.address)->interface, "eth1");
  leases_.release(lease);
  for (const ipam::Pool& each : leases_.pools())
    EXPECT_EQ(each.released.size(), each.interface == "eth1" ? 1U : 0U) << each.interface;
  EXPECT_EQ(allocate("b").interface, "eth1");
}

// Catches: an address of a block whose release nobody remembers.
TEST_F(LeaseStoreTest, AReleasedAddressOfABlockRests) {
  ipam::Pool block = pool("eth0", "10.0.0.0/24", {});
  block.blocks = {*net::parse_prefix("10.0.0.16/31")};
  leases_.update({block}, false);
  leases_.release(allocate("a"));
  EXPECT_EQ(to_string(allocate("b").address), "10.0.0.17");
  EXPECT_EQ(to_string(allocate("c").address), "10.0.0.16") << "under pressure";
}

// Catches: a late release that takes an address from whoever has it now.
TEST_F(LeaseStoreTest, OnlyItsOwnersReleaseFreesAnAddress) {
  const ipam::Lease first = allocate("a");
  leases_.release(first);
  const ipam::Lease second = allocate("b", with(&Wanted::address, first.address));
  leases_.release(first);
  EXPECT_EQ(leases_.find(second.address)->owner.container_id, "b");
  EXPECT_THAT(addresses_of("b"), ElementsAre("10.0.0.4"));
}

// Catches: an address that Azure took back, handed out once its container ended.
TEST_F(LeaseStoreTest, AWithdrawnAddressIsGoneWithItsLease) {
  const ipam::Lease lease = allocate("a");
  leases_.update({pool("eth0", "10.0.0.0/24", {"10.0.0.5"})}, false);
  EXPECT_THAT(addresses_of("a"), ElementsAre("10.0.0.4"));
  leases_.release(lease);
  EXPECT_THAT(leases_.pools().front().addresses, ElementsAre("10.0.0.5"));
}

// Catches: pools emptied by a document of which something could not be read.
TEST_F(LeaseStoreTest, ADocumentWithGapsTakesNoPool) {
  leases_.update({pool("eth0", "10.0.0.0/24", {})}, true);
  EXPECT_EQ(leases_.pools().front().addresses.size(), 3U);
  leases_.update({}, true);
  EXPECT_EQ(leases_.pools().size(), 1U);
  leases_.update({pool("eth0", "10.0.0.0/24", {})}, false);
  EXPECT_THAT(leases_.pools().front().addresses, IsEmpty());
  leases_.update({}, false);
  EXPECT_THAT(leases_.pools(), IsEmpty());
}

// Catches: a network that draws from a second NIC, by which its containers do not send.
TEST_F(LeaseStoreTest, ANetworkStaysOnItsNic) {
  leases_.update({eth0_, pool("eth1", "10.1.0.0/24", {"10.1.0.4"})}, false);
  allocate("a", with(&Wanted::interface, "eth0"));
  EXPECT_EQ(leases_.preferred_pool("azure", net::Family::kIpv4), "eth0 10.0.0.0/24");
  EXPECT_EQ(leases_.preferred_pool("azure", net::Family::kIpv6), "");
  const Wanted sticky = with(&Wanted::preferred, "eth0 10.0.0.0/24");
  allocate("b", sticky);
  allocate("c", sticky);
  EXPECT_EQ(failure(sticky).substr(0, 26), "102 no address is free: NI");
  EXPECT_EQ(allocate("d").interface, "eth1");
}

// Catches: a node's operator who reads "no address" and not why.
TEST_F(LeaseStoreTest, SaysWhyItGivesNone) {
  const auto address = [](const char* text) { return with(&Wanted::address, net::parse_ip(text)); };
  EXPECT_EQ(failure(with(&Wanted::family, net::Family::kIpv6)), "102 there is no pool for IPv6");
  EXPECT_EQ(failure(with(&Wanted::interface, "eth1")), "102 there is no pool for IPv4 of eth1");
  EXPECT_EQ(failure(with(&Wanted::subnet, net::parse_prefix("10.1.0.0/24"))),
            "7 there is no pool for subnet 10.1.0.0/24");
  EXPECT_EQ(failure(address("10.0.0.9")), "7 address 10.0.0.9 is in no pool (IPv4)");
  EXPECT_EQ(failure(address("10.0.0.6"), {{"10.0.0.6", "an address of eth0"}}),
            "103 address 10.0.0.6 is in use");
  allocate("a");
  EXPECT_EQ(failure(address("10.0.0.4")), "103 address 10.0.0.4 is in use");
  EXPECT_EQ(failure({}, {{"10.0.0.5", "an address of eth0"}, {"10.0.0.6", "an address of eth0"}}),
            "102 no address is free: NIC eth0, subnet 10.0.0.0/24: 3 addresses, 1 in use; 2 of no "
            "lease: an address of eth0 (10.0.0.5, …)");
  EXPECT_TRUE(leases_.allocator(leases_.pools()).can_serve({}));
  EXPECT_EQ(to_string(leases_.find_free(leases_.pools(), {}, {})), "10.0.0.5");
}

// Catches: an owner whose addresses are held for ever, since the index was lost.
TEST_F(LeaseStoreTest, OwnersAreFoundAgainWithoutTheirIndex) {
  allocate("a");
  std::filesystem::remove_all(folder_ / "data/owners");
  const store::Store store(store_layout(folder_ / "data"));
  EXPECT_EQ(LeaseStore(store).find(ipam::Owner{"a", "eth0"}).size(), 1U);
}

// Catches: addresses of living containers handed out after an upgrade, and Go's null for an empty
// map taken for damage.
TEST_F(LeaseStoreTest, TakesOverWhatIsInUseOfTheGoPlugins) {
  leases_.import_legacy(Json::parse(R"({"IPAM":{"AddressSpaces":{"local":{"Pools":{
      "10.0.0.0/24":{"Id":"10.0.0.0/24","IfName":"eth0","Addresses":{
        "10.0.0.4":{"ID":"abc","Addr":"10.0.0.4","InUse":true},
        "10.0.0.5":{"ID":"","Addr":"10.0.0.5","InUse":false},
        "bad":{"Addr":"x","InUse":true}}},
      "odd":{"Id":"odd","Addresses":{"10.9.0.4":{"Addr":"10.9.0.4","InUse":true}}},
      "10.2.0.0/24":{"Id":"10.2.0.0/24","Addresses":null}}},"global":{"Pools":null}}}})"));
  const auto leases = leases_.list();
  ASSERT_EQ(leases.size(), 1U);
  EXPECT_EQ(to_string(leases[0].address), "10.0.0.4");
  EXPECT_EQ(leases[0].interface, "eth0");
  EXPECT_EQ(leases[0].owner, (ipam::Owner{"abc", ""}));
  EXPECT_EQ(leases[0].boot_id, store::boot_id());
  leases_.import_legacy(Json::parse(R"({"IPAM":{"AddressSpaces":null}})"));
  EXPECT_EQ(leases_.list().size(), 1U);
}

// Catches: a manifest of ours that is taken for a state, and a state that is not.
TEST(LegacyLeases, AreOfAStateThatIsKnownByItsKey) {
  EXPECT_TRUE(is_legacy(Json::parse(R"({"IPAM":null})")));
  EXPECT_FALSE(is_legacy(Json::parse(R"({"format":1,"bootId":"b","records":"/r"})")));
}

// Catches: an address of a container that lives, handed out since its lease was lost with the
// folder; and one that is kept for good.
TEST_F(LeaseStoreTest, WhatALinkLeadsToIsHeldAsLongAsItDoes) {
  const net::VethPair link{"azv1", {}, "eth0", {}, {*net::parse_ip("10.0.0.4")}};
  leases_.hold({link});
  leases_.hold({link});
  EXPECT_EQ(to_string(allocate("a").address), "10.0.0.5");
  EXPECT_EQ(leases_.release_held([&] { return std::vector{link}; }), 0U);
  EXPECT_EQ(to_string(allocate("b").address), "10.0.0.6");
  EXPECT_EQ(leases_.release_held([] { return std::vector<net::VethPair>(); }), 1U);
  EXPECT_EQ(to_string(allocate("c").address), "10.0.0.4");
  EXPECT_EQ(leases_.release_held([]() -> std::vector<net::VethPair> {
    throw Error(ErrorCode::kSystem, "asked, though none is held");
  }),
            0U);
}

}  // namespace
}  // namespace azcni::vnet_ipam
