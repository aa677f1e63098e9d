// STATUS: an error when an ADD would fail, and only then.

#include "net_test.h"

namespace azcni::test {
namespace {

class Status : public NetTest {
 protected:
  static Json config(const Vm& vm, const std::string& mode = "transparent") {
    Json config = vm.config(mode);
    config["cniVersion"] = "1.1.0";
    return config;
  }

  /// The error's code, 0 without one.
  static int status(const Vm& vm, const Json& config, const std::string& word = "") {
    const PluginExit answer = vm.cni("STATUS", Pod{}, config);
    EXPECT_NE(answer.text.find(word), std::string::npos) << answer.text;
    if (answer.status == 0) {
      EXPECT_EQ(answer.text, "");
    }
    return answer.status == 0 ? 0 : answer.json["code"].get<int>();
  }
};

TEST_F(Status, OfANodeWithoutPodsIsGoodAndTouchesNothing) {
  Vm& vm = start_lab().vm();
  const std::string before = vm.snapshot();
  EXPECT_EQ(status(vm, config(vm)), 0);
  EXPECT_EQ(status(vm, config(vm, "tunnel")), 0);
  EXPECT_EQ(vm.snapshot(), before);
}

// Catches: a node with as many pods as addresses that its runtime takes for broken, and whose
// healthy pods Kubernetes evicts.
TEST_F(Status, OfAFullNodeIsGood) {
  Vm& vm = start_lab({.secondaries = 1}).vm();
  const Pod pod = vm.make_pod("a"), more = vm.make_pod("b");
  attach(vm, pod, config(vm));
  EXPECT_EQ(vm.cni("ADD", more, config(vm)).json["code"], 102);
  EXPECT_EQ(status(vm, config(vm)), 0);
  Json strict = config(vm);
  strict["statusWhenFull"] = "unavailable";
  EXPECT_EQ(status(vm, strict, "1 addresses, 1 in use"), 50) << "by the letter";
  detach(vm, pod, config(vm));
  EXPECT_EQ(status(vm, strict), 0);
  strict["statusWhenFull"] = "full";
  EXPECT_EQ(status(vm, strict, "statusWhenFull"), 7);
}

// Catches: a node that says that it is ready, and refuses each ADD: it never had an address to
// give.
TEST_F(Status, NoAddressWasEverThere) {
  Vm& vm = start_lab({.secondaries = 0}).vm();
  EXPECT_EQ(status(vm, config(vm)), 50);
}

// Catches: the same of a node whose addresses the host has taken itself: cloud-init puts all
// secondary addresses of a NIC on it.
TEST_F(Status, TheHostHasTheAddressesItself) {
  Vm& vm = start_lab({.secondaries = 3}).vm();
  for (const std::string& address : vm.spec().secondary4)
    vm.run({"ip", "address", "add", address + "/16", "dev", "eth0"});
  EXPECT_EQ(status(vm, config(vm), "3 of no lease: an address of eth0"), 50);
  const PluginExit added = vm.cni("ADD", vm.make_pod("a"), config(vm));
  EXPECT_EQ(added.json["code"], 102) << added.text;
  EXPECT_NE(added.text.find("cloud-init"), std::string::npos) << added.text;
  vm.run({"ip", "address", "del", vm.spec().secondary4[1] + "/16", "dev", "eth0"});
  EXPECT_EQ(status(vm, config(vm)), 0);
  attach(vm, vm.make_pod("b"), config(vm));
  EXPECT_EQ(status(vm, config(vm)), 0) << "full, with what there is";
}

// Catches: a node that stays "not ready" though Azure has assigned new addresses: no ADD would come
// to learn of them.
TEST_F(Status, LearnsOfNewAddresses) {
  Lab& lab = start_lab({.secondaries = 1});
  Vm& vm = lab.vm();
  Json json = config(vm);
  json["ipam"]["queryInterval"] = 0;
  json["statusWhenFull"] = "unavailable";
  attach(vm, vm.make_pod("a"), json);
  EXPECT_EQ(status(vm, json), 50);
  lab::VmSpec grown = vm.spec();
  grown.secondary4.push_back("10.240.1.77");
  lab.wireserver().answer_with([&](const auto&, const auto&) {
    return lab::Wireserver::Reply{200, Lab::metadata_of(grown)};
  });
  EXPECT_EQ(status(vm, json), 0);
}

// Catches: a query for each of many polls, or a poll that waits for a dead server each time.
TEST_F(Status, AsksTheMetadataServerOnceAnInterval) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  lab.wireserver().answer_with([](const auto&, const auto&) {
    return lab::Wireserver::Reply{503, ""};
  });
  Json json = config(vm);
  json["ipam"]["queryInterval"] = 3600;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(status(vm, json, "status 503"), 50);
  EXPECT_EQ(lab.wireserver().requests(), 1);
}

TEST_F(Status, MetadataAreGoneButKnown) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  Json json = config(vm);
  json["ipam"]["queryInterval"] = 0;
  attach(vm, vm.make_pod("a"), json);
  lab.wireserver().die();
  EXPECT_EQ(status(vm, json), 0) << "an ADD would work with the addresses known";
}

TEST_F(Status, TheMasterIsGone) {
  Vm& vm = start_lab().vm();
  Json json = config(vm);
  json["master"] = "eth7";
  EXPECT_EQ(status(vm, json, "eth7"), 50);
  json["master"] = "eth0";
  attach(vm, vm.make_pod("a"), json);
  vm.run({"ip", "link", "set", "eth0", "down"});
  vm.run({"ip", "link", "set", "eth0", "name", "eth9"});
  EXPECT_EQ(status(vm, json, "eth0"), 51) << "and the container has no network";
}

TEST_F(Status, TheKernelHasNoNfTables) {
  Vm& vm = start_lab().vm();
  bool told = false;
  for (int socket = 1; socket <= 4; ++socket) {
    const lab::Exit exit =
        vm.start_cni("STATUS", Pod{}, config(vm, "tunnel"),
                     {"strace", "-qq", "-o", "/run/strace", "-e",
                      "inject=socket:error=EPROTONOSUPPORT:when=" + std::to_string(socket)})
            .wait();
    told = told || (exit.out.find("nf_tables") != std::string::npos &&
                    exit.out.find("\"code\":50") != std::string::npos);
  }
  EXPECT_TRUE(told);
}

// Catches: a node that is "not ready" for good because only an ADD would mend it, and none comes.
TEST_F(Status, MendsWhatSomebodyTookApart) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json json = config(vm, "tunnel");
  const std::string address = attach(vm, vm.make_pod("a"), json).ip();
  vm.run({"ip", "link", "set", "eth0", "nomaster"});
  EXPECT_FALSE(lab.pings_from_fabric(address));
  EXPECT_EQ(status(vm, json), 0);
  EXPECT_TRUE(lab.pings_from_fabric(address));
}

TEST_F(Status, ComesFromOtherIpamPluginsToo) {
  Vm& vm = start_lab().vm();
  Json json = config(vm);
  vm.make_canned_ipam({});
  json["ipam"]["type"] = "canned";
  EXPECT_EQ(status(vm, json), 0);
  vm.write("/run/cni/canned", "#!/bin/sh\necho '{\"code\": 51, \"msg\": \"tired\"}'\nexit 1\n");
  EXPECT_EQ(status(vm, json, "tired"), 51);
}

}  // namespace
}  // namespace azcni::test
