// GC: what a runtime no longer knows goes, and nothing else.

#include "net_test.h"

namespace azcni::test {
namespace {

Json of_1_1_0(const Vm& vm, const std::string& mode) {
  Json config = vm.config(mode);
  config["cniVersion"] = "1.1.0";
  return config;
}

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
  const Answer answer = vm.cni("GC", Pod{}, config);
  EXPECT_EQ(answer.status, 0) << answer.text;
  EXPECT_EQ(answer.text, "");
}

std::size_t leases(const Vm& vm) { return vm.list("/run/azure-vnet-ipam/leases").size(); }

class GcInMode : public NetTest, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Modes, GcInMode, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a link, route, map element, neighbour, record or lease that a GC forgets.
TEST_P(GcInMode, BringsEverythingBackButWhatIsValid) {
  Lab& lab = raise();
  Vm& vm = lab.vm();
  const Json config = of_1_1_0(vm, GetParam());
  const Pod kept = vm.make_pod("kept"), stale = vm.make_pod("stale"), gone = vm.make_pod("gone");
  const std::string address = attach(vm, kept, config).ip();
  const auto everything = [&] { return vm.snapshot() + vm.run({"nft", "list", "ruleset"}).out; };
  const std::string before = everything();
  attach(vm, stale, config);
  attach(vm, gone, config);
  vm.remove_netns(gone);
  EXPECT_NE(everything(), before);
  collect(vm, keeping(config, {kept}));
  EXPECT_EQ(everything(), before);
  EXPECT_TRUE(lab.pings_from_fabric(address));
  collect(vm, keeping(config, {}));
  EXPECT_EQ(leases(vm), 0U);
  EXPECT_TRUE(vm.ip({"link", "show", "type", "veth"}).empty());
}

class Gc : public NetTest {};

// Catches: a GC that takes its network for the only one; they share pools, NICs and the store.
TEST_F(Gc, LeavesOtherNetworksAlone) {
  Lab& lab = raise();
  Vm& vm = lab.vm();
  const Json one = of_1_1_0(vm, "transparent");
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
  collect(vm, keeping(one, {}));
  EXPECT_EQ(leases(vm), 2U);
  EXPECT_TRUE(lab.pings_from_fabric(address));
  collect(vm, keeping(one, {}));
}

// Catches: a container's other interface, or its lease, released with the one that is stale.
TEST_F(Gc, TellsTheInterfacesOfAContainerApart) {
  Vm& vm = raise().vm();
  const Json config = of_1_1_0(vm, "transparent");
  const Pod pod = vm.make_pod("web");
  attach(vm, pod, config);
  EXPECT_EQ(vm.cni("ADD", pod, config, "net1").status, 0);
  collect(vm, keeping(config, {pod}));
  EXPECT_EQ(leases(vm), 1U);
  EXPECT_EQ(vm.ip_in(pod, {"link", "show", "type", "veth"}).size(), 1U);
}

// Catches: an ADD at work that loses its links or its lease to a GC whose list is older.
TEST_F(Gc, SparesAnAddThatIsAtWork) {
  Lab& lab = raise();
  Vm& vm = lab.vm();
  const std::string metadata = Lab::metadata_of(vm.spec());
  lab.wireserver().answer_with([&](const auto&, const auto&) {
    return lab::Wireserver::Reply{200, metadata, 300};
  });
  const Json config = of_1_1_0(vm, "transparent");
  const Pod pod = vm.make_pod("web");
  lab::Process add = vm.start_cni("ADD", pod, config);
  ASSERT_TRUE(lab.wireserver().wait_for_requests(1));
  collect(vm, keeping(config, {}));
  const Answer answer = Vm::answer_of(add.wait());
  ASSERT_EQ(answer.status, 0) << answer.text;
  EXPECT_TRUE(lab.pings_from_fabric(answer.ip()));
  Json check = config;
  check["prevResult"] = answer.json;
  EXPECT_EQ(vm.cni("CHECK", pod, check).text, "");
}

// Catches: IPAM taking back what was handed out between the list and its own turn.
TEST_F(Gc, OfIpamGoesByTheAgeOfTheList) {
  Vm& vm = raise().vm();
  Json config{{"cniVersion", "1.1.0"}, {"name", "net"}, {"ipam", {{"type", "azure-vnet-ipam"}}}};
  EXPECT_EQ(vm.ipam("ADD", "a", config).status, 0);
  config["cni.dev/valid-attachments"] = Json::array();
  config["azure-vnet/listed-at"] = 1;  // just after the boot
  EXPECT_EQ(vm.ipam("GC", "", config).status, 0);
  EXPECT_EQ(leases(vm), 1U);
  config.erase("azure-vnet/listed-at");
  EXPECT_EQ(vm.ipam("GC", "", config).status, 0);
  EXPECT_EQ(leases(vm), 0U);
}

// Catches: half an attachment, or an address without its container, after ADDs and GCs at once.
TEST_F(Gc, AmongManyAddsLeavesWholeAttachments) {
  Lab& lab = raise({.secondaries = 40});
  Vm& vm = lab.vm();
  const Json config = of_1_1_0(vm, "tunnel");
  attach(vm, vm.make_pod("first"), config);
  std::vector<Pod> pods;
  std::vector<lab::Process> adds;
  for (int i = 0; i < 16; ++i) pods.push_back(vm.make_pod("p" + std::to_string(i)));
  for (const Pod& pod : pods) adds.push_back(vm.start_cni("ADD", pod, config));
  for (int i = 0; i < 5; ++i) collect(vm, keeping(config, {}));
  std::size_t attached = 0;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    const Answer answer = Vm::answer_of(adds[i].wait());
    ASSERT_EQ(answer.status, 0) << answer.text;
    Json check = config;
    check["prevResult"] = answer.json;
    const bool is_there = !vm.ip_in(pods[i], {"link", "show", "type", "veth"}).empty();
    EXPECT_EQ(vm.cni("CHECK", pods[i], check).status, is_there ? 0 : 1);
    attached += is_there ? 1 : 0;
  }
  EXPECT_EQ(leases(vm), attached);
  EXPECT_EQ(vm.list("/run/azure-vnet/endpoints").size(), attached);
  collect(vm, keeping(config, {}));
  EXPECT_EQ(leases(vm), 0U);
}

// Catches: a GC that stops at the first thing it can't do, or hides it.
TEST_F(Gc, GoesOnAfterAnErrorAndReportsIt) {
  Vm& vm = raise().vm();
  Json config = of_1_1_0(vm, "transparent");
  attach(vm, vm.make_pod("a"), config);
  attach(vm, vm.make_pod("b"), config);
  vm.make_canned_ipam({{"code", 77}, {"msg", "no"}});
  vm.write("/run/cni/canned", "#!/bin/sh\necho '{\"code\": 177, \"msg\": \"no\"}'\nexit 1\n");
  config["ipam"]["type"] = "canned";
  const Answer answer = vm.cni("GC", Pod{}, keeping(config, {}));
  EXPECT_EQ(answer.status, 1);
  EXPECT_EQ(answer.json["code"], 177) << answer.text;
  EXPECT_TRUE(vm.ip({"link", "show", "type", "veth"}).empty()) << "both containers' links go";
}

}  // namespace
}  // namespace azcni::test
