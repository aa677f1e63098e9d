// azure-vnet doctor: each finding, in a lab that is broken in just that way.

#include <fstream>

#include "net_test.h"

namespace azcni::test {
namespace {

/// How a healthy VM with one pod is broken, and what mends it.
struct HostFault {
  const char* id;
  const char* break_script;  ///< a script; $POD: the pod's namespace, $BIN: our plugins
  const char* mode = "transparent";
  const char* fix_script = "";  ///< a script; empty: --fix does it

  friend void PrintTo(const HostFault& each, std::ostream* out) { *out << each.id; }
};

class Doctor : public NetTest, public ::testing::WithParamInterface<HostFault> {
 protected:
  static lab::Exit doctor(const Vm& vm, const std::vector<std::string>& more = {}) {
    // The plugins stand in a folder of their own there, which a test may change.
    std::vector<std::string> argv{"/run/cni/azure-vnet", "doctor", "-o", "json"};
    argv.insert(argv.end(), more.begin(), more.end());
    return vm.run(argv);
  }
  static std::vector<std::string> ids(const lab::Exit& exit) {
    const Json findings = Json::parse(exit.out, nullptr, false);
    EXPECT_TRUE(findings.is_array()) << exit.out << exit.err;
    std::vector<std::string> ids;
    for (const Json& finding : findings) ids.push_back(finding["id"].get<std::string>());
    return ids;
  }
  static bool has(const lab::Exit& exit, const std::string& id) {
    const auto all = ids(exit);
    return std::find(all.begin(), all.end(), id) != all.end();
  }
  static void script(const Vm& vm, const Pod& pod, const std::string& text) {
    const lab::Exit exit = vm.run({"bash", "-euc", text, "bash", pod.netns});
    ASSERT_EQ(exit.status, 0) << text << exit.out << exit.err;
  }

  /// A node as it should be, with a pod.
  Pod make_node(const std::string& mode) {
    Vm& vm = start_lab({1, 3, 1500}).vm();
    config_ = vm.config(mode);
    config_["ipMasq"] = true;
    config_["vnetCidrs"] = "10.240.0.0/16";
    config_["ipam"]["queryInterval"] = 0;
    const Json list{{"cniVersion", "1.0.0"}, {"name", "azure"}, {"plugins", {config_}}};
    vm.write("/etc/cni/net.d/10-azure.conflist", list.dump());
    script(vm, {},
           "chmod 600 /etc/cni/net.d/10-azure.conflist; mkdir -p /run/cni /etc/systemd/network; "
           "cp " AZCNI_PLUGINS "/azure-vnet " AZCNI_PLUGINS
           "/azure-vnet-ipam /run/cni/; "
           "echo MACAddressPolicy=none > /etc/systemd/network/05-test.link");
    const Pod pod = vm.make_pod("a");
    attach(vm, pod, config_);
    const lab::Exit healthy = doctor(vm);
    EXPECT_EQ(healthy.out, "[]\n") << healthy.err;
    EXPECT_EQ(healthy.status, 0);
    return pod;
  }

  Json config_;
};

const char* const kNetworkd =
    "mkdir -p /run/systemd/netif/links /etc/systemd/networkd.conf.d\n"
    "printf 'Name=azv*\\nUnmanaged=yes\\n' > /etc/systemd/network/05-x.network\n"
    "echo ManageForeignRoutes=no > /etc/systemd/networkd.conf.d/x.conf\n";

const std::string kNetworkdRoutes =
    std::string(kNetworkd) + "rm /etc/systemd/networkd.conf.d/x.conf\n";
const std::string kNetworkdLinks =
    std::string(kNetworkd) + "rm /etc/systemd/network/05-x.network\n";
const std::string kNetworkdComesLater =
    std::string(kNetworkd) +
    "mkdir -p /etc/systemd/system; touch /etc/systemd/system/systemd-networkd.service\n"
    "rm -f /run/systemd/network/05-azure-vnet-eth0.network\n";
const std::string kNetworkdOfAFormerVersion =
    kNetworkdComesLater +
    "umask 077; mkdir -p /run/systemd/network; printf '[Match]\\nName=eth0\\n[Link]\\n"
    "Unmanaged=yes\\n' > /run/systemd/network/05-azure-vnet-eth0.network\n";
const char* const kContainerdElsewhere =
    "mkdir -p /etc/containerd; printf 'version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".cni]\n"
    "bin_dir = \"/run/elsewhere\"\n' > /etc/containerd/config.toml";
/// As firewalld's chains are, and a network that was made with forwardAccept.
const char* const kZoneThatRejects =
    "nft 'table inet mine { chain zone { tcp dport 22 accept; reject; }\n"
    "chain zones { iifname \"eth1\" accept; goto zone; }\n"
    "chain forward { type filter hook forward priority 10; jump zones; reject; }; }'\n"
    "sed -i 's/\"forwardAccept\":false/\"forwardAccept\":true/' "
    "/run/azure-vnet/networks/azure.json";

INSTANTIATE_TEST_SUITE_P(
    Findings, Doctor,
    ::testing::Values(
        HostFault{"no-config", "mv /etc/cni/net.d/10-azure.conflist /run/", "transparent",
                  "mv /run/10-azure.conflist /etc/cni/net.d/"},
        HostFault{"config-not-first", "echo '{\"type\":\"x\"}' > /etc/cni/net.d/05-x.conf",
                  "transparent", "rm /etc/cni/net.d/05-x.conf"},
        HostFault{"config-invalid", "sed -i 's/\"mode\":\"/&x/' /etc/cni/net.d/10-azure.conflist",
                  "transparent",
                  "sed -i 's/\"mode\":\"x/\"mode\":\"/' /etc/cni/net.d/10-azure.conflist"},
        HostFault{"config-readable", "chmod 644 /etc/cni/net.d/10-azure.conflist"},
        HostFault{"plugins-elsewhere", kContainerdElsewhere},
        HostFault{"config-elsewhere",
                  "mkdir /etc/crio; printf '[crio.network]\nnetwork_dir = \"/run/net.d\"\n' > "
                  "/etc/crio/crio.conf",
                  "transparent", "rm /etc/crio/crio.conf"},
        HostFault{"delegate-missing", "rm /run/cni/azure-vnet-ipam", "transparent",
                  "cp " AZCNI_PLUGINS "/azure-vnet-ipam /run/cni/"},
        HostFault{"delegate-version",
                  "mv /run/cni/azure-vnet-ipam /run/cni/real; printf '#!/bin/sh\\n/run/cni/real "
                  "\"$@\" | sed "
                  "\"s/\\\\\"version\\\\\": .*/\\\\\"version\\\\\": \\\\\"0\\\\\"/\"\\n' > "
                  "/run/cni/azure-vnet-ipam; chmod 755 /run/cni/azure-vnet-ipam",
                  "transparent", "mv /run/cni/real /run/cni/azure-vnet-ipam"},
        HostFault{"leaked-attachment", "ip link delete $(ip -o link | grep -o 'azv[^@]*')"},
        HostFault{"addresses-taken", "ip address add 10.240.1.6/16 dev eth0", "transparent",
                  "ip address del 10.240.1.6/16 dev eth0"},
        HostFault{
            "leaked-lease",
            "CNI_COMMAND=ADD CNI_CONTAINERID=x CNI_NETNS=/n CNI_IFNAME=eth0 CNI_PATH=/run/cni "
            "/run/cni/azure-vnet-ipam <<< "
            "'{\"name\":\"azure\",\"ipam\":{\"type\":\"azure-vnet-ipam\"}}'"},
        HostFault{"lost-record", "for f in /run/azure-vnet/endpoints/*; do echo '{' > $f; done"},
        HostFault{"lost-record", "rm /run/azure-vnet/endpoints/*", "bridge"},
        HostFault{"network-broken", "sysctl -qw net.ipv4.ip_forward=0"},
        HostFault{"network-broken", "ip link set eth0 nomaster", "tunnel"},
        HostFault{"attachment-broken", "ip route del 10.240.1.5"},
        HostFault{"attachment-broken", "nsenter --net=$1 ip address flush dev eth0"},
        HostFault{"attachment-broken", "nsenter --net=$1 ip link set eth0 down", "tunnel"},
        HostFault{"stale-rule",
                  "nft add element bridge azure_vnet_eth0 containers4 '{ 10.9.9.9 : 2:0:0:0:0:9 }'",
                  "bridge"},
        HostFault{"stale-link", "ip link add azvx type veth peer name other", "transparent",
                  "ip link delete azvx"},
        HostFault{"corrupt-record", "touch /run/azure-vnet/endpoints/x.json.corrupt", "transparent",
                  "rm /run/azure-vnet/endpoints/x.json.corrupt"},
        HostFault{
            "lock-held",
            "mkfifo /run/locked /run/go; (flock 9; echo > /run/locked; read -r _ < /run/go) 9> "
            "/run/azure-vnet/lock > /dev/null 2>&1 & read -r _ < /run/locked",
            "transparent", "echo > /run/go; flock /run/azure-vnet/lock true"},
        HostFault{"disk-full", "mount -t tmpfs -o size=4m x /var/log", "transparent",
                  "umount /var/log"},
        HostFault{"log-large", "truncate -s 50M /var/log/azure-vnet.log.3", "transparent",
                  "rm /var/log/azure-vnet.log.3"},
        HostFault{"ip-forward-off", "sysctl -qw net.ipv4.ip_forward=0"},
        HostFault{"forward-drop", "iptables-nft -P FORWARD DROP", "transparent",
                  "iptables-nft -P FORWARD ACCEPT"},
        HostFault{"forward-drop", "iptables-legacy -P FORWARD DROP", "transparent",
                  "iptables-legacy -P FORWARD ACCEPT"},
        HostFault{"forward-refused", kZoneThatRejects, "transparent",
                  "nft 'insert rule inet mine zones iifname \"azv*\" accept'"},
        HostFault{"forward-refused", kZoneThatRejects, "bridge",
                  "nft insert rule inet mine zones iifname "
                  "$(ip -o link show type bridge | cut -d: -f2) accept"},
        HostFault{"dropped-spoofed",
                  "nsenter --net=$1 ip address add 10.9.9.9/32 dev eth0; "
                  "! nsenter --net=$1 ping -c 1 -W 1 -I 10.9.9.9 10.240.0.1",
                  "transparent", "nft reset counters"},
        HostFault{"dropped-wireserver",
                  "! nsenter --net=$1 timeout 1 bash -c '> /dev/tcp/168.63.129.16/80'", "bridge",
                  "nft reset counters"},
        HostFault{"bridge-nf-call", "iptables-nft -P FORWARD DROP", "bridge",
                  "sysctl -qw net.bridge.bridge-nf-call-iptables=0"},
        HostFault{"services-unseen",
                  "iptables-nft -t nat -N KUBE-SERVICES; "
                  "sysctl -qw net.bridge.bridge-nf-call-iptables=0",
                  "bridge", "sysctl -qw net.bridge.bridge-nf-call-iptables=1"},
        HostFault{"no-masquerade",
                  "sed -i 's/\"ipMasq\":true/\"ipMasq\":false/' "
                  "/run/azure-vnet/networks/azure.json",
                  "transparent", "iptables-nft -t nat -A POSTROUTING -j MASQUERADE"},
        HostFault{"no-masquerade",
                  "sed -i 's/\"ipMasq\":true/\"ipMasq\":false/' "
                  "/run/azure-vnet/networks/azure.json",
                  "transparent", "iptables-legacy -t nat -A POSTROUTING -j MASQUERADE"},
        HostFault{"rp-filter",
                  "ip route del default; ip link add v0 type veth peer name v1; sysctl -qw "
                  "net.ipv4.conf.eth0.rp_filter=1"},
        HostFault{"networkd-routes", kNetworkdRoutes.c_str(), "transparent", kNetworkd},
        HostFault{"networkd-manages", kNetworkdLinks.c_str(), "transparent", kNetworkd},
        HostFault{"nic-managed", kNetworkdComesLater.c_str(), "bridge"},
        HostFault{"nic-managed", kNetworkdOfAFormerVersion.c_str(), "bridge"},
        HostFault{
            "networkmanager-manages", "mkdir -p /run/NetworkManager", "transparent",
            "mkdir -p /etc/NetworkManager/conf.d; echo 'unmanaged-devices=interface-name:azv*' > "
            "/etc/NetworkManager/conf.d/x.conf"},
        HostFault{"udev-mac-policy",
                  "rm /etc/systemd/network/05-test.link; mount -t tmpfs x "
                  "/usr/lib/systemd/network; echo MACAddressPolicy=persistent > "
                  "/usr/lib/systemd/network/99-default.link",
                  "transparent", "echo MACAddressPolicy=none > /etc/systemd/network/05-test.link"},
        HostFault{"bridge-without-dns", "mkdir -p /run/systemd/resolve/netif", "tunnel",
                  "index=$(ip -o link show type bridge | cut -d: -f1); "
                  "echo SERVERS=168.63.129.16 > /run/systemd/resolve/netif/$index"}),
    [](const auto& each) {
      std::string name = std::string(each.param.id) + "_" + std::to_string(each.index);
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST_P(Doctor, FindsItAndItCanBeMended) {
  const HostFault& disease = GetParam();
  const Pod pod = make_node(disease.mode);
  Vm& vm = lab().vm();
  script(vm, pod, disease.break_script);
  const lab::Exit found = doctor(vm);
  ASSERT_TRUE(has(found, disease.id)) << found.out << found.err;
  for (const Json& finding : Json::parse(found.out)) {
    EXPECT_NE(finding["command"], "") << finding;
    EXPECT_NE(finding["why"], "") << finding;
    const bool is_fine = finding["severity"] != "error" || found.status == 1;
    EXPECT_TRUE(is_fine) << finding;
  }
  if (*disease.fix_script != '\0') script(vm, pod, disease.fix_script);
  const lab::Exit after = *disease.fix_script != '\0' ? doctor(vm) : doctor(vm, {"--fix"});
  EXPECT_FALSE(has(after, disease.id)) << after.out;
}

// Catches: a doctor that takes the address of a container that is alive, or being attached.
TEST_F(Doctor, MendsNothingThatIsInUse) {
  const Pod pod = make_node("transparent");
  Vm& vm = lab().vm();
  const Pod starting = vm.make_pod("b");
  lab().wireserver().answer_with([this](const std::string&, const std::string& target) {
    return lab::Wireserver::Reply{200, Lab::metadata_of(lab().vm().spec()),
                                  target == "/slow" ? -1 : 0};
  });
  Json slow = config_;
  slow["ipam"]["queryUrl"] = "http://168.63.129.16/slow";
  slow["ipam"]["queryTimeout"] = 100;
  slow["ipam"]["subnet"] = "10.240.0.0/16";
  const int before = lab().wireserver().requests();
  lab::Process add = vm.start_cni("ADD", starting, slow);
  EXPECT_TRUE(lab().wireserver().wait_for_requests(before + 1));
  const lab::Exit found = doctor(vm, {"--fix"});
  EXPECT_FALSE(has(found, "leaked-attachment")) << found.out;
  EXPECT_FALSE(has(found, "leaked-lease")) << found.out;
  lab().wireserver().release();
  EXPECT_EQ(add.wait().status, 0);
  EXPECT_TRUE(Lab::pings_from(vm, starting, "10.240.0.1"));
  EXPECT_TRUE(Lab::pings_from(vm, pod, "10.240.0.1"));
  EXPECT_EQ(vm.list("/run/azure-vnet-ipam/leases").size(), 2U);
}

// What the fabric says; nothing on the VM is broken.
TEST_F(Doctor, KnowsWhatAzureGave) {
  make_node("transparent");
  Vm& vm = lab().vm();
  const Pod b = vm.make_pod("b"), c = vm.make_pod("c");
  attach(vm, b, config_);
  attach(vm, c, config_);
  EXPECT_TRUE(has(doctor(vm), "addresses-exhausted"));
  lab::VmSpec more = vm.spec();
  for (const char* address : {"10.240.1.77", "10.240.1.78"}) more.secondary4.emplace_back(address);
  lab().wireserver().answer_with([more](const std::string&, const std::string&) {
    return lab::Wireserver::Reply{200, Lab::metadata_of(more)};
  });
  EXPECT_FALSE(has(doctor(vm), "addresses-scarce")) << "3 of 5";
  attach(vm, vm.make_pod("d"), config_);
  EXPECT_TRUE(has(doctor(vm), "addresses-scarce")) << "4 of 5";
  lab::VmSpec fewer = vm.spec();
  fewer.secondary4.clear();
  lab().wireserver().answer_with([fewer](const std::string&, const std::string&) {
    return lab::Wireserver::Reply{200, Lab::metadata_of(fewer)};
  });
  const lab::Exit without = doctor(vm);
  EXPECT_TRUE(has(without, "addresses-withdrawn")) << without.out;
  EXPECT_TRUE(has(without, "no-secondary-addresses")) << without.out;
}

// Catches: addresses that nobody gets, and nobody knows why.
TEST_F(Doctor, KnowsWhatItCouldNotUseOfAzuresAnswer) {
  make_node("transparent");
  lab::VmSpec with_range = lab().vm().spec();
  with_range.secondary4.push_back("10.240.0.16-31");
  lab().wireserver().answer_with([with_range](const std::string&, const std::string&) {
    return lab::Wireserver::Reply{200, Lab::metadata_of(with_range)};
  });
  const lab::Exit found = doctor(lab().vm());
  EXPECT_TRUE(has(found, "metadata-skipped")) << found.out;
  EXPECT_NE(found.out.find("10.240.0.16-31"), std::string::npos) << found.out;
  EXPECT_EQ(found.status, 0) << "a warning";
}

TEST_F(Doctor, ReportsSilentMetadataServer) {
  Vm& vm = start_lab().vm();
  lab().wireserver().die();
  Json config = vm.config();
  vm.write("/etc/cni/net.d/10-azure.conflist",
           Json{{"cniVersion", "1.0.0"}, {"name", "azure"}, {"plugins", {config}}}.dump());
  script(vm, {},
         "mkdir -p /run/cni; cp " AZCNI_PLUGINS "/azure-vnet " AZCNI_PLUGINS
         "/azure-vnet-ipam /run/cni/");
  EXPECT_TRUE(has(doctor(vm), "metadata-silent"));
}

// What the kernel lacks is more than a script can take away: calls are made to fail, one after the
// other, until it is the one that asks.
TEST_F(Doctor, KnowsWhatTheKernelLacks) {
  make_node("transparent");
  const auto is_told = [&](const std::string& id, const std::string& call) {
    for (int number = 1; number <= 60; ++number) {
      const lab::Exit exit = lab().vm().run({"strace", "-qq", "-o", "/run/strace", "-e",
                                             "inject=" + call + ":when=" + std::to_string(number),
                                             "/run/cni/azure-vnet", "doctor", "-o", "json"});
      if (exit.out.find(id) != std::string::npos) return true;
    }
    return false;
  };
  EXPECT_TRUE(is_told("no-nf-tables", "socket:error=EPROTONOSUPPORT"));
  EXPECT_TRUE(is_told("nf-tables-features", "sendto:error=EOPNOTSUPP"));
}

// Catches: a finding that nobody tests, and one that is explained nowhere.
TEST_F(Doctor, EveryFindingOfTheCatalogueIsTestedHere) {
  std::ifstream stream(AZCNI_SOURCE "/plugins/azure-vnet/cli/catalogue.cc");
  const std::string catalogue((std::istreambuf_iterator<char>(stream)), {});
  std::ifstream own(AZCNI_SOURCE "/test/net/doctor_test.cc");
  const std::string tests((std::istreambuf_iterator<char>(own)), {});
  const std::size_t end = catalogue.find("kErrors[]");
  int count = 0;
  for (std::size_t at = 0; (at = catalogue.find("\n    {\"", at)) < end; ++at, ++count) {
    const std::size_t begin = at + 7;
    const std::string id = catalogue.substr(begin, catalogue.find('"', begin) - begin);
    EXPECT_NE(tests.find("\"" + id + "\""), std::string::npos) << id;
  }
  EXPECT_GE(count, 30);
}

}  // namespace
}  // namespace azcni::test
