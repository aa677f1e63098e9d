// What azure-vnet makes of its records and a system, here of no system at all.

#include <gtest/gtest.h>

#include "azure-vnet/cli/stale.h"
#include "azure-vnet/network.h"
#include "fake_backend.h"
#include "temporary_folder.h"

namespace azcni::vnet {
namespace {

class ContextTest : public ::testing::Test {
 protected:
  network::NetworkRecord ensure(const network::NetworkSpec& wanted) {
    return ensure_network(wanted, addressing_, context_);
  }

  std::string problem(bool complete) const {
    network::EndpointRecord record;
    record.spec.id = id_;
    record.complete = complete;
    return problem_of(record, context_);
  }

  const network::EndpointId id_{"abc", "eth0"};
  const test::TemporaryFolder folder_;
  test::FakeBackend* const system_ = new test::FakeBackend;  ///< the context's
  Context context_{std::unique_ptr<network::Backend>(system_), folder_ / "data"};
  network::Addressing addressing_{{*net::parse_prefix("10.0.0.5/24")}};
};

/// "10.0.0.0/24 by 10.0.0.1"
std::string subnet_list(const std::vector<network::Subnet>& subnets) {
  std::string text;
  for (const network::Subnet& each : subnets) {
    text += (text.empty() ? "" : ", ") + net::to_string(each.prefix) +
            (each.gateway ? " by " + net::to_string(*each.gateway) : "");
  }
  return text;
}

// Catches: a network of HNS without a subnet of its containers, or with the gateway of another.
TEST_F(ContextTest, ANetworkIsMadeWithTheSubnetsOfItsFirstContainer) {
  addressing_.addresses = {*net::parse_prefix("10.0.0.5/24"), *net::parse_prefix("fd00::5/64"),
                           *net::parse_prefix("10.9.0.5/16")};
  addressing_.gateways = {*net::parse_ip("fd00::1"), *net::parse_ip("10.0.0.1")};
  ensure({.name = "azure", .master = "eth0"});
  ASSERT_EQ(system_->connected.size(), 1U);
  EXPECT_EQ(subnet_list(system_->connected[0].subnets),
            "10.0.0.0/24 by 10.0.0.1, fd00::/64 by fd00::1, 10.9.0.0/16");
  EXPECT_TRUE(context_.networks.find("azure"));
}

// Catches: a network that is made anew by each ADD.
TEST_F(ContextTest, ANetworkThatFitsIsLeftAlone) {
  const network::NetworkSpec wanted{.name = "azure", .master = "eth0"};
  ensure(wanted);
  system_->is_whole = true;
  EXPECT_EQ(ensure(wanted).spec.master, "eth0");
  EXPECT_EQ(system_->connected.size(), 1U);
}

// Catches: a network that moves to another NIC or bridge when it is remade.
TEST_F(ContextTest, ANetworkIsRemadeWhereItWas) {
  ensure({.name = "azure",
          .mode = network::Mode::kBridge,
          .master = "eth1",
          .bridge = {.name = "azure7"}});
  ensure({.name = "azure", .mode = network::Mode::kBridge});
  ASSERT_EQ(system_->connected.size(), 2U);
  const network::NetworkSpec& remade = system_->connected[1];
  EXPECT_EQ(remade.master, "eth1");
  EXPECT_EQ(remade.bridge.name, "azure7");
}

// Catches: an address of one NIC in a network that is connected by another; a second network by the
// same name that takes the first one's record; one of them that is forgotten.
TEST_F(ContextTest, ANetworkIsOfTheNicsThatItsAddressesAreOf) {
  for (const char* nic : {"eth1", "eth0", "eth1"}) {
    addressing_.nic = nic;
    EXPECT_EQ(ensure({.name = "azure"}).spec.master, nic);
  }
  EXPECT_EQ(find_network("azure", "eth0", context_)->spec.master, "eth0");
  EXPECT_EQ(find_network("azure", "eth1", context_)->spec.master, "eth1");
  EXPECT_FALSE(find_network("azure", "eth2", context_));
  EXPECT_EQ(network_names(context_), std::vector<std::string>{"azure"});
  remove_network("azure", context_);
  EXPECT_TRUE(context_.networks.list().empty());
}

// Catches: a network that waits for a NIC that was taken away.
TEST_F(ContextTest, ANetworkForgetsANicThatIsGone) {
  addressing_.nic = "eth1";
  ensure({.name = "azure"});
  system_->has_nics = false;
  addressing_.nic = "eth0";
  ensure({.name = "azure"});
  EXPECT_FALSE(find_network("azure", "eth1", context_));
  EXPECT_TRUE(find_network("azure", "eth0", context_));
}

// Catches: a STATUS, which has no addresses, that makes a network by a NIC that it guesses.
TEST_F(ContextTest, ANetworkThatIsGoneIsNotMadeWithoutAddresses) {
  addressing_ = {};
  try {
    ensure({.name = "azure"});
    FAIL() << "made";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kTryAgain);
    EXPECT_STREQ(error.what(), "network azure was removed meanwhile");
  }
}

// Catches: a container that lives, or that is being attached, called a leftover; and one that is
// gone called fine.
TEST_F(ContextTest, AnAttachmentsProblemIsNamed) {
  EXPECT_EQ(problem(true), "its link is gone");
  EXPECT_EQ(problem(false), "half made");
  {
    const auto lock = context_.locks.lock(id_.key());
    EXPECT_EQ(problem(false), "") << "an ADD is at it";
  }
  system_->attached = {id_};
  EXPECT_EQ(problem(true), "");
  EXPECT_EQ(problem(false), "half made") << "its ADD died after it made the link";
}

}  // namespace
}  // namespace azcni::vnet
