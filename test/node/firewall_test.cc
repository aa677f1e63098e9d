// Firewalls of the node's own, which rewrite their rules, or all rules, without a word to us.

#include "node_test.h"

namespace azcni::test {
namespace {

/// With a look afterwards, as runtimes ask for it again and again.
std::string and_look(const std::string& command) { return command + "; try 60 repaired"; }

class Firewall : public NodeTest {
 protected:
  static void SetUpTestSuite() { boot(); }

  static void start_with_ways(const std::string& mode) {
    node->must_run("echo " + mode +
                   " > /run/mode; echo ', \"ipMasq\": true, \"vnetCidrs\": [\"10.240.0.0/16\"], "
                   "\"forwardAccept\": true' > /run/more; more=$(cat /run/more); mode=" +
                   mode + "; host_works; serve_in a && add b");
    expect_ways("at first, in mode " + mode);
  }
  static void expect_ways(const std::string& when) {
    expect_whole(when);
    const lab::Exit exit = node->run("forwards");
    EXPECT_EQ(exit.status, 0) << when << "\n" << exit.out << node->run("nft list ruleset").out;
    EXPECT_EQ(lab::run(node->fabric().context(),
                       {"curl", "-sf", "-m", "20", "http://" + node->nic().ip4 + ":8080/"})
                  .out,
              "welcome\n")
        << when;
  }
  static void expect_ways_after(const std::vector<std::string>& commands) {
    for (const std::string& each : commands) {
      const lab::Exit exit = node->run(each);
      EXPECT_EQ(exit.status, 0) << each << "\n" << exit.out;
      expect_ways("after " + each);
    }
  }
  static void finish_ways() {
    finish();
    node->must_run("rm /run/more");
  }
};

// Catches: pods that are refused by firewalld's zones, also after it wrote its rules anew.
TEST_F(Firewall, Firewalld) {
  node->must_run(
      "sed -i 's/\"type\": \"azure-vnet\",/& \"forwardAccept\": true,/' "
      "/etc/cni/net.d/10-azure.conflist; install-cni-plugin.sh --drop-ins");
  for (const char* mode : {"transparent", "bridge"}) {
    start_with_ways(mode);
    expect_ways_after({"systemctl start firewalld; heed forward-refused", "firewall-cmd --reload",
                       "systemctl restart firewalld", and_look("firewall-cmd --reload"),
                       "firewall-cmd --panic-on; firewall-cmd --panic-off",
                       "systemctl stop firewalld"});
    finish_ways();
  }
}

// Catches: the same of Ubuntu's front end, whose FORWARD drops.
TEST_F(Firewall, Ufw) {
  for (const char* mode : {"transparent", "tunnel"}) {
    start_with_ways(mode);
    expect_ways_after({and_look("ufw allow 8080; ufw --force enable"), and_look("ufw reload"),
                       and_look("ufw disable")});
    finish_ways();
  }
}

// Catches: rules that are not put back, or twice, after all tables were flushed or loaded.
TEST_F(Firewall, SavedRules) {
  const std::string restart =
      "{ echo flush ruleset; nft list ruleset; } > /etc/nftables.conf; "
      "systemctl restart nftables";
  for (const char* mode : {"transparent", "bridge"}) {
    start_with_ways(mode);
    expect_ways_after({and_look("nft flush ruleset"), "sysctl --quiet --system", restart,
                       and_look("iptables -P FORWARD DROP"),
                       and_look("iptables-save > /run/rules; iptables-restore < /run/rules"),
                       and_look("iptables -F; iptables -t nat -F; iptables-restore < /run/rules"),
                       and_look("sysctl -q net.ipv4.ip_forward=0"), "iptables -P FORWARD ACCEPT"});
    finish_ways();
  }
}

// Catches: frames between pods, or from pods to the fabric, that a firewall sees and drops.
TEST_F(Firewall, SeesFrames) {
  node->must_run("modprobe br_netfilter && sysctl -q net.bridge.bridge-nf-call-iptables=1");
  for (const char* mode : {"bridge", "tunnel"}) {
    start_with_ways(mode);
    expect_ways_after({and_look("iptables -P FORWARD DROP"),
                       "systemctl start firewalld; heed forward-refused", "firewall-cmd --reload",
                       "systemctl stop firewalld", "iptables -P FORWARD ACCEPT"});
    finish_ways();
  }
  node->must_run("sysctl -q net.bridge.bridge-nf-call-iptables=0");
}

}  // namespace
}  // namespace azcni::test
