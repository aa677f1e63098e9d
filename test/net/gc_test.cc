// GC: what a runtime no longer knows goes, and nothing else.

#include "net_test.h"

namespace azcni::test {
namespace {

/// The configuration of a GC that leaves these.
Json keeping(Json config, const std::vector<Pod>& pods) {
  config["cni.dev/valid-attachments"] = Json::array();
  for (const Pod& pod : pods) {
    config["cni.dev/valid-attachments"].push_back(
        {{"containerID", pod.container_id}, {"ifname", "eth0"}});
  }
  return config;
}

void collect(const Vm& vm, const Json& config) {
  const PluginExit answer = vm.cni("GC", Pod{}, config);
  EXPECT_EQ(answer.status, 0) << answer.text;
  EXPECT_EQ(answer.text, "");
}

std::size_t leases(const Vm& vm) { return vm.list("/run/azure-vnet-ipam/leases").size(); }

class GcInMode : public NetTest, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Modes, GcInMode, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a link, route, map element, neighbour, record or lease that a GC forgets.
TEST_P(GcInMode, BringsEverythingBackButWhatIsValid) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json config = config_1_1(vm, GetParam());
  const Pod kept = vm.make_pod("kept"), stale = vm.make_pod("stale"), gone = vm.make_pod("gone");
  const std::string address = attach(vm, kept, config).ip();
  const auto everything = [&] { return vm.snapshot() + vm.run({"nft", "list", "ruleset"}).out; };
  const std::string before = everything();
  attach(vm, stale, config);
  attach(vm, gone, config);
  vm.remove_netns(gone);
  EXPECT_NE(everything(), before);
  vm.age();
  collect(vm, keeping(config, {kept}));
  EXPECT_EQ(everything(), before);
  EXPECT_TRUE(lab.pings_from_fabric(address));
  collect(vm, keeping(config, {}));
  EXPECT_EQ(leases(vm), 0U);
  EXPECT_TRUE(vm.ip({"link", "show", "type", "veth"}).empty());
}

// Catches: a container cut off by somebody who sees other mounts than its runtime: the path of its
// namespace is an empty file there (kubectl debug, chroot /host).
TEST_P(GcInMode, ByPeopleGoesByTheLinkAndNotByThePath) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json config = config_1_1(vm, GetParam());
  vm.write("/etc/cni/net.d/10-azure.conflist",
           Json{{"cniVersion", "1.1.0"}, {"name", "azure"}, {"plugins", {config}}}.dump());
  vm.run({"sh", "-c", "mkdir -p /run/cni && cp " AZCNI_PLUGINS "/azure-vnet* /run/cni/"});
  const Pod pod = vm.make_pod("web");
  const std::string address = attach(vm, pod, config).ip();
  vm.age();
  for (const std::string verb : {"gc", "doctor --fix"}) {
    const lab::Exit exit =
        vm.run({"unshare", "--mount", "sh", "-c",
                "umount " + pod.netns + " && test ! -s " + pod.netns + " && /run/cni/azure-vnet " +
                    verb + " && /run/cni/azure-vnet " + verb});
    EXPECT_EQ(exit.out.find("is gone"), std::string::npos) << exit.out << exit.err;
    EXPECT_TRUE(lab.pings_from_fabric(address)) << verb;
    EXPECT_EQ(leases(vm), 1U) << verb;
  }
}

// Catches: an address of a living container that goes back to the pool because its record was
// damaged.
TEST_P(GcInMode, ByPeopleKeepsWhatLivesWithoutARecord) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json config = config_1_1(vm, GetParam());
  vm.write("/etc/cni/net.d/10-azure.conflist",
           Json{{"cniVersion", "1.1.0"}, {"name", "azure"}, {"plugins", {config}}}.dump());
  vm.run({"sh", "-c", "mkdir -p /run/cni && cp " AZCNI_PLUGINS "/azure-vnet* /run/cni/"});
  const Pod pod = vm.make_pod("web");
  const std::string address = attach(vm, pod, config).ip();
  vm.age();
  vm.write("/run/azure-vnet/endpoints/" + pod.container_id + "@eth0.json", "{\"containerId\":");
  for (const char* verb : {"gc", "doctor --fix"}) {
    for (int i = 0; i < 2; ++i) vm.run({"sh", "-c", std::string("/run/cni/azure-vnet ") + verb});
    EXPECT_EQ(leases(vm), 1U) << verb;
    EXPECT_TRUE(lab.pings_from_fabric(address)) << verb;
  }
  const lab::Exit doctor = vm.run({"/run/cni/azure-vnet", "doctor"});
  EXPECT_EQ(doctor.out.find("lost-record"), std::string::npos) << "--fix makes it again";
  EXPECT_EQ(doctor.out.find("ip link delete"), std::string::npos) << doctor.out;
  detach(vm, pod, config);
  EXPECT_EQ(leases(vm), 0U);
}

class Gc : public NetTest {};

// Catches: a GC that takes its network for the only one; they share pools, NICs and the store.
TEST_F(Gc, LeavesOtherNetworksAlone) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json one = config_1_1(vm, "transparent");
  Json two = one;
  two["name"] = "other";
  const Pod a = vm.make_pod("a"), b = vm.make_pod("b");
  attach(vm, a, one);
  const std::string address = attach(vm, b, two).ip();
  EXPECT_EQ(
      vm.ipam("ADD", "someones",
              {{"cniVersion", "1.1.0"}, {"name", "third"}, {"ipam", {{"type", "azure-vnet-ipam"}}}})
          .status,
      0);
  vm.age();
  collect(vm, keeping(one, {}));
  EXPECT_EQ(leases(vm), 2U);
  EXPECT_TRUE(lab.pings_from_fabric(address));
  collect(vm, keeping(one, {}));
}

// Catches: a container's other interface, or its lease, released with the one that is stale.
TEST_F(Gc, TellsTheInterfacesOfAContainerApart) {
  Vm& vm = start_lab().vm();
  const Json config = config_1_1(vm, "transparent");
  const Pod pod = vm.make_pod("web");
  attach(vm, pod, config);
  const PluginExit second = vm.cni("ADD", pod, config, "net1");
  EXPECT_EQ(second.status, 0) << second.text;
  vm.age();
  collect(vm, keeping(config, {pod}));
  EXPECT_EQ(leases(vm), 1U);
  EXPECT_EQ(vm.ip_in(pod, {"link", "show", "type", "veth"}).size(), 1U);
}

// Catches: an ADD at work that loses its links or its lease to a GC whose list is older.
TEST_F(Gc, SparesAnAddThatIsAtWork) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const std::string metadata = Lab::metadata_of(vm.spec());
  lab.wireserver().answer_with([&](const auto&, const auto&) {
    return lab::Wireserver::Reply{200, metadata, -1};
  });
  const Json config = config_1_1(vm, "transparent");
  const Pod pod = vm.make_pod("web");
  lab::Process add = vm.start_cni("ADD", pod, config);
  ASSERT_TRUE(lab.wireserver().wait_for_requests(1));
  collect(vm, keeping(config, {}));
  lab.wireserver().release();
  const PluginExit answer = Vm::plugin_exit(add.wait());
  ASSERT_EQ(answer.status, 0) << answer.text;
  EXPECT_TRUE(lab.pings_from_fabric(answer.ip()));
  Json check = config;
  check["prevResult"] = answer.json;
  EXPECT_EQ(vm.cni("CHECK", pod, check).text, "");
}

// Catches: IPAM taking back what was handed out between the list and its own turn.
TEST_F(Gc, OfIpamGoesByTheAgeOfTheList) {
  Vm& vm = start_lab().vm();
  Json config{{"cniVersion", "1.1.0"}, {"name", "net"}, {"ipam", {{"type", "azure-vnet-ipam"}}}};
  EXPECT_EQ(vm.ipam("ADD", "a", config).status, 0);
  config["cni.dev/valid-attachments"] = Json::array();
  config["azure-vnet/listed-at"] = 1;  // just after the boot
  EXPECT_EQ(vm.ipam("GC", "", config).status, 0);
  EXPECT_EQ(leases(vm), 1U);
  config.erase("azure-vnet/listed-at");
  EXPECT_EQ(vm.ipam("GC", "", config).status, 0);
  EXPECT_EQ(leases(vm), 1U) << "a list may be older than that";
  vm.age();
  EXPECT_EQ(vm.ipam("GC", "", config).status, 0);
  EXPECT_EQ(leases(vm), 0U);
}

// Catches: half an attachment, or an address without its container, after ADDs and GCs at once.
TEST_F(Gc, AmongManyAddsLeavesWholeAttachments) {
  Lab& lab = start_lab({.secondaries = 40});
  Vm& vm = lab.vm();
  const Json config = config_1_1(vm, "tunnel");
  for (int i = 0; i < 6; ++i) attach(vm, vm.make_pod("old" + std::to_string(i)), config);
  vm.age();
  std::vector<Pod> pods;
  std::vector<lab::Process> adds;
  for (int i = 0; i < 16; ++i) pods.push_back(vm.make_pod("p" + std::to_string(i)));
  for (const Pod& pod : pods) adds.push_back(vm.start_cni("ADD", pod, config));
  for (int i = 0; i < 5; ++i) collect(vm, keeping(config, {}));
  for (std::size_t i = 0; i < pods.size(); ++i) {
    const PluginExit answer = Vm::plugin_exit(adds[i].wait());
    ASSERT_EQ(answer.status, 0) << answer.text;
    Json check = config;
    check["prevResult"] = answer.json;
    EXPECT_EQ(vm.cni("CHECK", pods[i], check).text, "");
  }
  EXPECT_EQ(leases(vm), pods.size());
  EXPECT_EQ(vm.list("/run/azure-vnet/endpoints").size(), pods.size());
  vm.age();
  collect(vm, keeping(config, {}));
  EXPECT_EQ(leases(vm), 0U);
}

/// What comes to an attachment that a GC left because its list may have been older.
struct After {
  const char* name;
  const char* verb;
  bool is_named = false;  ///< by a newer list, before

  friend void PrintTo(const After& each, std::ostream* out) { *out << each.name; }
};

class GcOfAnOldList : public NetTest, public ::testing::WithParamInterface<After> {};

INSTANTIATE_TEST_SUITE_P(Then, GcOfAnOldList,
                         ::testing::Values(After{"Gc", "GC"}, After{"Add", "ADD"},
                                           After{"Status", "STATUS"},
                                           After{"StatusOfOneNamedSince", "STATUS", true},
                                           After{"AddOfOneNamedSince", "ADD", true}),
                         case_name<After>);

// Catches: a container that an ADD attached while the list was on its way, and that loses its link;
// and one that the runtime does not know, and that stays for good.
TEST_P(GcOfAnOldList, LeavesAYoungAttachmentAndALaterVerbTakesIt) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json config = config_1_1(vm, "bridge");
  const Pod pod = vm.make_pod("web"), other = vm.make_pod("other");
  const std::string address = attach(vm, pod, config).ip();
  collect(vm, keeping(config, {}));
  EXPECT_EQ(vm.cni("STATUS", Pod{}, config).text, "");
  ASSERT_TRUE(lab.pings_from_fabric(address)) << "it may be younger than the list";
  if (GetParam().is_named) collect(vm, keeping(config, {pod}));
  vm.age();
  const PluginExit answer = vm.cni(GetParam().verb, other, keeping(config, {}));
  EXPECT_EQ(answer.status, 0) << answer.text;
  EXPECT_EQ(lab.pings_from_fabric(address), GetParam().is_named);
  EXPECT_EQ(vm.list("/run/azure-vnet/unnamed").size(), 0U);
}

// Catches: a note of a container that was detached, and takes its next attachment.
TEST_F(Gc, ForgetsWhatItLeftWhenThatIsDetached) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json config = config_1_1(vm, "transparent");
  const Pod pod = vm.make_pod("web");
  attach(vm, pod, config);
  collect(vm, keeping(config, {}));
  detach(vm, pod, config);
  const std::string address = attach(vm, pod, config).ip();
  vm.age();
  EXPECT_EQ(vm.cni("STATUS", Pod{}, config).text, "");
  EXPECT_TRUE(lab.pings_from_fabric(address));
}

// Catches: cnitool's GC, which has no list, taking what lives or leaving what is dead.
TEST_F(Gc, WithoutAListTakesWhatHasNoLink) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json config = config_1_1(vm, "tunnel");
  const Pod pod = vm.make_pod("web"), gone = vm.make_pod("gone");
  const std::string address = attach(vm, pod, config).ip();
  attach(vm, gone, config);
  vm.remove_netns(gone);
  vm.age();
  collect(vm, config);
  EXPECT_TRUE(lab.pings_from_fabric(address));
  EXPECT_EQ(leases(vm), 1U);
}

// Catches: a GC that stops at the first thing it can't do, or hides it.
TEST_F(Gc, GoesOnAfterAnErrorAndReportsIt) {
  Vm& vm = start_lab().vm();
  Json config = config_1_1(vm, "transparent");
  attach(vm, vm.make_pod("a"), config);
  attach(vm, vm.make_pod("b"), config);
  vm.age();
  vm.make_canned_ipam({{"code", 77}, {"msg", "no"}});
  vm.write("/run/cni/canned", "#!/bin/sh\necho '{\"code\": 177, \"msg\": \"no\"}'\nexit 1\n");
  config["ipam"]["type"] = "canned";
  const PluginExit answer = vm.cni("GC", Pod{}, keeping(config, {}));
  EXPECT_EQ(answer.status, 1);
  EXPECT_EQ(answer.json["code"], 177) << answer.text;
  EXPECT_TRUE(vm.ip({"link", "show", "type", "veth"}).empty()) << "both containers' links go";
}

}  // namespace
}  // namespace azcni::test
