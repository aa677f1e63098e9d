// The plugins as command-line tools: what an administrator sees, and takes away.

#include "net_test.h"

namespace azcni::test {
namespace {

class Cli : public NetTest {
 protected:
  static lab::Exit vnet(const Vm& vm, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(AZCNI_PLUGINS) + "/azure-vnet");
    return vm.run(arguments);
  }
  static lab::Exit ipam(const Vm& vm, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(AZCNI_PLUGINS) + "/azure-vnet-ipam");
    return vm.run(arguments);
  }
  static Json json_of(const lab::Exit& exit) {
    EXPECT_EQ(exit.status, 0) << exit.err;
    return Json::parse(exit.out);
  }
  static Json conflist(const Vm& vm) {
    return {{"cniVersion", "1.0.0"}, {"name", "azure"}, {"plugins", {vm.config()}}};
  }
};

TEST_F(Cli, SeeWhatIsUsedFreeRestingAndWithdrawn) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Pod a = vm.make_pod("a"), b = vm.make_pod("b");
  const std::string kept = attach(vm, a, vm.config()).ip();
  attach(vm, b, vm.config());
  detach(vm, b, vm.config());
  const Json pool = json_of(ipam(vm, {"pools", "-o", "json"}))["pools"][0];
  EXPECT_EQ(pool["total"], 8);
  EXPECT_EQ(pool["used"], 1);
  EXPECT_EQ(pool["free"], 7);
  EXPECT_EQ(pool["resting"], 1);
  EXPECT_EQ(pool["withdrawn"], 0);

  lab::VmSpec fewer = vm.spec();
  fewer.secondary4.erase(fewer.secondary4.begin());
  lab.wireserver().answer_with([fewer](const std::string&, const std::string&) {
    return lab::Wireserver::Reply{200, Lab::metadata_of(fewer)};
  });
  Json now = vm.config();
  now["ipam"]["queryInterval"] = 0;
  attach(vm, b, now);
  const Json after = json_of(ipam(vm, {"pools", "-o", "json"}))["pools"][0];
  EXPECT_EQ(after["withdrawn"], 1) << kept;
  EXPECT_EQ(after["total"], 7);

  const Json status = json_of(vnet(vm, {"status", "-o", "json"}));
  EXPECT_EQ(status["version"], status["ipamVersion"]);
  EXPECT_EQ(status["networks"][0]["pods"], 2);
  EXPECT_EQ(status["networks"][0]["connected"], true);
  EXPECT_EQ(status["ipam"]["queries"][0]["failure"], "");
  const std::string text = vnet(vm, {"status"}).out;
  EXPECT_NE(text.find("NETWORK  MODE         NIC   BRIDGE  MTU   PODS  STATE\n"
                      "azure    transparent  eth0  -       1500  2     connected\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "colour without a terminal";
}

TEST_F(Cli, ListAttachmentsAndTheirTroubles) {
  Vm& vm = start_lab().vm();
  const Pod fine = vm.make_pod("fine"), dead = vm.make_pod("dead"), cut = vm.make_pod("cut");
  for (const Pod& pod : {fine, dead, cut}) attach(vm, pod, vm.config());
  vm.remove_netns(dead);
  const lab::Exit list = vnet(vm, {"list", "-o", "json"});
  EXPECT_EQ(list.status, 1) << "one of them is gone";
  const Json before = Json::parse(list.out);
  ASSERT_EQ(before.size(), 3U);
  for (const Json& pod : before) {
    const std::string expected = pod["containerId"] == dead.container_id ? "its link is gone" : "";
    EXPECT_EQ(pod["trouble"], expected) << pod;
  }
  EXPECT_NE(vnet(vm, {"list"}).out.find("10.240.1.5"), std::string::npos);
  const Json state = json_of(vnet(vm, {"state"}));
  EXPECT_EQ(state["endpoints"].size(), 3U);
  EXPECT_EQ(state["networks"].size(), 1U);
  EXPECT_EQ(state["ipam"]["leases"].size(), 3U);
}

// Catches: an administrator with sixty pods, who looks up each by its address.
TEST_F(Cli, ListPodsByTheirNames) {
  Vm& vm = start_lab().vm();
  Pod pod = vm.make_pod("a");
  pod.name = "frontend";
  attach(vm, pod, vm.config());
  const std::string list = vnet(vm, {"list"}).out;
  ASSERT_NE(list.find(pod.container_id.substr(0, 12)), std::string::npos) << list;
  EXPECT_NE(list.find("frontend"), std::string::npos) << "a list without names of pods: " << list;
}

// Catches: a finding whose pod has to be looked up by a container id of 64 digits.
TEST_F(Cli, AreToldTheNameOfABrokenPod) {
  Vm& vm = start_lab().vm();
  Pod pod = vm.make_pod("a");
  pod.name = "frontend";
  const std::string address = attach(vm, pod, vm.config()).ip();
  lab::must_run(vm.context(), {"ip", "route", "del", address});
  const Json findings = Json::parse(vnet(vm, {"doctor", "-o", "json"}).out, nullptr, false);
  const auto broken = std::find_if(findings.begin(), findings.end(), [](const Json& each) {
    return each["id"] == "attachment-broken";
  });
  ASSERT_NE(broken, findings.end()) << findings;
  EXPECT_NE(broken->dump().find("frontend"), std::string::npos)
      << "a finding without the name of its pod: " << *broken;
}

// Catches: an address that only a reboot brings back, and a tool that takes a living pod's.
TEST_F(Cli, CollectWhatContainersThatAreGoneLeft) {
  Vm& vm = start_lab().vm();
  vm.write("/etc/cni/net.d/10-azure.conflist", conflist(vm).dump());
  const Pod fine = vm.make_pod("fine"), dead = vm.make_pod("dead");
  attach(vm, fine, vm.config());
  attach(vm, dead, vm.config());
  EXPECT_EQ(json_of(vnet(vm, {"gc", "-o", "json"})).size(), 0U);
  vm.remove_netns(dead);
  const Json would = json_of(vnet(vm, {"gc", "--dry-run", "-o", "json"}));
  ASSERT_EQ(would.size(), 1U);
  EXPECT_EQ(would[0]["containerId"], dead.container_id);
  EXPECT_EQ(Json::parse(vnet(vm, {"list", "-o", "json"}).out).size(), 2U)
      << "a dry run changes nothing";
  EXPECT_EQ(json_of(vnet(vm, {"gc", "-o", "json"})).size(), 1U);
  const Json left = json_of(ipam(vm, {"leases", "-o", "json"}));
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0]["containerId"], fine.container_id);
  EXPECT_TRUE(Lab::pings_from(vm, fine, "10.240.0.1"));
}

TEST_F(Cli, ReleaseAnAddressByHand) {
  Vm& vm = start_lab().vm();
  const Json config = vm.config();
  EXPECT_EQ(vm.ipam("ADD", "somebody", config).status, 0);
  EXPECT_EQ(ipam(vm, {"release", "10.240.1.5"}).status, 0);
  EXPECT_EQ(json_of(ipam(vm, {"leases", "-o", "json"})).size(), 0U);
  const lab::Exit again = ipam(vm, {"release", "10.240.1.5"});
  EXPECT_EQ(again.status, 1);
  EXPECT_NE(again.err.find("nobody holds 10.240.1.5"), std::string::npos);
  EXPECT_EQ(ipam(vm, {"release", "ten"}).status, 1);
}

// Catches: a completion or a manual that bash and man can't read, or that misses a verb.
TEST_F(Cli, CompletionAndManPageListEveryVerb) {
  Vm& vm = start_lab().vm();
  for (const char* program : {"azure-vnet", "azure-vnet-ipam"}) {
    const std::string path = std::string(AZCNI_PLUGINS) + "/" + program;
    const std::string script = vm.run({path, "completion", "bash"}).out;
    const std::string try_it =
        script + "\nCOMP_WORDS=(" + program + " \"\")\nCOMPREPLY=()\n_" +
        (program == std::string("azure-vnet") ? "azure_vnet" : "azure_vnet_ipam") + " " + program +
        " \"\"\nprintf '%s ' \"${COMPREPLY[@]}\"\n";
    const lab::Exit offered = vm.run({"bash", "-uec", try_it});
    const std::string verb = program == std::string("azure-vnet") ? "status" : "pools";
    EXPECT_NE(offered.out.find(verb), std::string::npos) << offered.out << offered.err << script;
    const std::string page = vm.run({path, "man"}).out;
    EXPECT_NE(page.find(".B " + verb), std::string::npos) << page;
  }
}

}  // namespace
}  // namespace azcni::test
