#include "host_checks.h"

#include <gmock/gmock.h>

#include <map>

#include "azcni/base/file.h"
#include "temporary_folder.h"

namespace azcni::network::diagnostics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

NetworkRecord record_of(Mode mode, const std::string& master) {
  NetworkRecord network;
  network.spec.mode = mode;
  network.spec.master = master;
  if (mode != Mode::kTransparent) network.spec.bridge.name = "azure2";
  return network;
}

const NetworkRecord kTransparent = record_of(Mode::kTransparent, "eth0");
const NetworkRecord kBridged = record_of(Mode::kBridge, "eth1");

ReadParameter parameters(const std::map<std::string, std::string>& values) {
  return [values](const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? "" : found->second;
  };
}

/// "ID: COMMAND", and whether it is mended by itself.
template <typename Check>
std::vector<std::string> found_by(const Check& check) {
  Findings findings;
  check(findings);
  std::vector<std::string> texts;
  for (const Finding& each : findings)
    texts.push_back(each.id + ": " + each.command + (each.mend ? " (or --fix)" : ""));
  return texts;
}

TEST(CheckForwarding, AsksForItWhereThereIsANetwork) {
  const auto check = [](const Networks& networks, const char* value) {
    return found_by([&](Findings& findings) {
      check_forwarding(networks, parameters({{"ipv4/ip_forward", value}}), findings);
    });
  };
  EXPECT_THAT(check({kTransparent}, "0"),
              ElementsAre("ip-forward-off: sysctl -w net.ipv4.ip_forward=1 (or --fix)"));
  EXPECT_THAT(check({kTransparent}, "1"), IsEmpty());
  EXPECT_THAT(check({}, "0"), IsEmpty());
}

// Catches: pods behind a bridge without Services, in silence; a node accused that has no bridge, or
// whose kube-proxy sees all it should.
TEST(CheckServices, AsksForWhatTheirRulesNeed) {
  const auto check = [](const Networks& networks, const std::map<std::string, std::string>& values,
                        const std::vector<std::string>& families) {
    return found_by([&](Findings& findings) {
      check_services(families, networks, parameters(values), findings);
    });
  };
  const std::string four = "bridge/bridge-nf-call-iptables",
                    six = "bridge/bridge-nf-call-ip6tables";
  EXPECT_THAT(check({kBridged}, {{four, "0"}, {six, "1"}}, {"iptables", "ip6tables"}),
              ElementsAre("services-unseen: sysctl -w net.bridge.bridge-nf-call-iptables=1"));
  EXPECT_THAT(check({kBridged}, {{four, "1"}, {six, "0"}}, {"iptables", "ip6tables"}),
              ElementsAre("services-unseen: sysctl -w net.bridge.bridge-nf-call-ip6tables=1"));
  EXPECT_THAT(check({kBridged}, {}, {"iptables"}),
              ElementsAre("services-unseen: modprobe br_netfilter"));
  EXPECT_THAT(check({kBridged}, {{four, "0"}}, {}), IsEmpty());
  EXPECT_THAT(check({kTransparent}, {{four, "0"}}, {"iptables"}), IsEmpty());
}

// Catches: a chain accused that drops no forwarded IP packet.
TEST(WhoDrops, IsAChainThatForwardsIp) {
  using nft::Hook;
  const nft::Chain bridge{{nft::Family::kBridge, "b"}, "c", Hook::kForward, true};
  const nft::Chain output{{nft::Family::kIp4, "filter"}, "OUTPUT", Hook::kOutput, true};
  const nft::Chain accepts{{nft::Family::kIp4, "filter"}, "FORWARD", Hook::kForward, false};
  const nft::Chain drops{{nft::Family::kIp6, "filter"}, "FORWARD", Hook::kForward, true};
  EXPECT_EQ(who_drops({bridge, output, accepts}), "");
  EXPECT_EQ(who_drops({bridge, output, accepts, drops}),
            "nf_tables, table ip6 filter, chain FORWARD");
}

// Catches: forwardAccept asked for where it is set, and a kernel parameter changed that kube-proxy
// needs.
TEST(CheckFirewalls, AsksForForwardAccept) {
  NetworkRecord passes = kBridged;
  passes.spec.routing.forward_accept = true;
  const auto check = [](const std::string& who, const Networks& networks, const char* nf_call) {
    return found_by([&](Findings& findings) {
      check_firewalls(who, networks, parameters({{"bridge/bridge-nf-call-iptables", nf_call}}),
                      findings);
    });
  };
  const std::string accept =
      "forward-drop: set \"forwardAccept\": true in the network configuration";
  const std::string nf_call = "bridge-nf-call: sysctl -w net.bridge.bridge-nf-call-iptables=0";
  EXPECT_THAT(check("a firewall", {kTransparent}, "1"), ElementsAre(accept));
  EXPECT_THAT(check("a firewall", {kBridged}, "1"), ElementsAre(accept, nf_call));
  EXPECT_THAT(check("a firewall", {kBridged}, ""), ElementsAre(accept));
  EXPECT_THAT(check("a firewall", {passes}, "1"), ElementsAre(nf_call));
  EXPECT_THAT(check("a firewall", {passes, kTransparent}, "0"), ElementsAre(accept));
  EXPECT_THAT(check("", {kBridged}, "1"), IsEmpty());
  EXPECT_THAT(check("a firewall", {}, "1"), IsEmpty());
}

// Catches: the NIC asked about where its bridge has the addresses, and a loose setting that a
// strict one of "all" overrules taken for loose. The kernel takes the larger: 2 is loose.
TEST(CheckReversePath, IsOfNicsBesideTheDefaultRoute) {
  const net::Interface eth0{"eth0", {}, 2, "", 0, false};
  const auto check = [&](const std::optional<net::Interface>& main, const char* all,
                         const char* own) {
    return found_by([&](Findings& findings) {
      check_reverse_path(main, {kTransparent, kBridged},
                         parameters({{"ipv4/conf/all/rp_filter", all},
                                     {"ipv4/conf/eth0/rp_filter", own},
                                     {"ipv4/conf/azure2/rp_filter", own}}),
                         findings);
    });
  };
  const std::string of_nic = "rp-filter: sysctl -w net.ipv4.conf.eth0.rp_filter=2 (or --fix)";
  const std::string of_bridge = "rp-filter: sysctl -w net.ipv4.conf.azure2.rp_filter=2 (or --fix)";
  EXPECT_THAT(check(eth0, "0", "1"), ElementsAre(of_bridge));
  EXPECT_THAT(check(eth0, "1", "0"), ElementsAre(of_bridge));
  EXPECT_THAT(check(std::nullopt, "0", "1"), ElementsAre(of_nic, of_bridge));
  EXPECT_THAT(check(std::nullopt, "1", "2"), IsEmpty());
  EXPECT_THAT(check(std::nullopt, "0", "0"), IsEmpty());
}

// Catches: links of others accused, and one of a pod that is on record.
TEST(CheckLinks, FindsThoseOnNoRecord) {
  EndpointRecord known;
  known.spec.host_if = "azv1";
  const std::vector<net::Interface> links{{"eth0", {}, 2, "", 0, false},
                                          {"azv1", {}, 3, "veth", 0, false},
                                          {"azv2", {}, 4, "veth", 0, false}};
  Findings findings;
  check_links(links, {known}, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].id, "stale-link");
  EXPECT_EQ(findings[0].what, "link azv2 belongs to no attachment on record");
  EXPECT_FALSE(findings[0].mend) << "its container may live";
}

// Catches: words that stand in two files taken for a drop-in, and a folder taken for a file.
TEST(HasDropIn, NeedsAllTextsInOneFile) {
  const test::TemporaryFolder folder;
  file::make_folder(folder / "a/not-a-file.network");
  file::make_folder(folder / "b");
  file::replace(folder / "a/1.network", "[Match]\nName=azv*\n");
  file::replace(folder / "a/2.network", "[Link]\nUnmanaged=yes\n");
  const std::vector<std::string> folders{folder / "absent", folder / "a", folder / "b"};
  EXPECT_FALSE(has_drop_in(folders, {"azv*", "Unmanaged=yes"}));
  EXPECT_TRUE(has_drop_in(folders, {"azv*"}));
  file::replace(folder / "b/3.network", "[Match]\nName=azv*\n[Link]\nUnmanaged=yes\n");
  EXPECT_TRUE(has_drop_in(folders, {"azv*", "Unmanaged=yes"}));
  EXPECT_FALSE(has_drop_in({}, {"azv*"}));
}

}  // namespace
}  // namespace azcni::network::diagnostics
