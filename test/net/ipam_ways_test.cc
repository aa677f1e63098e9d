// azure-vnet-ipam within azure-vnet, and as the executable that azure-vnet runs (`ipam.exec`): the
// same answers, the same records.

#include "net_test.h"

namespace azcni::test {
namespace {

struct Way {
  const char* name;
  const char* verb;
  const char* ipam;  ///< fields of the configuration's ipam

  friend void PrintTo(const Way& each, std::ostream* out) { *out << each.name; }
};

class IpamWays : public NetTest, public ::testing::WithParamInterface<Way> {
 protected:
  void SetUp() override { start_lab(); }
  Vm& vm() { return lab().vm(); }

  Json config(bool exec) {
    Json config = vm().config();
    config["cniVersion"] = "1.1.0";
    config["ipam"].update(Json::parse(GetParam().ipam));
    config["ipam"]["exec"] = exec;
    return config;
  }

  /// The answer to the verb, without what is another each time.
  std::string answer(bool exec) {
    const std::string verb = GetParam().verb;
    Pod pod = vm().make_pod(exec ? "exec" : "within");
    Json config = this->config(exec);
    if (verb == "CHECK") config["prevResult"] = attach(vm(), pod, this->config(exec)).json;
    if (verb == "GC") config["cni.dev/valid-attachments"] = Json::array();
    const PluginExit exit = vm().cni(verb, pod, config);
    detach(vm(), pod, this->config(exec));
    std::string text = std::to_string(exit.status) + " " + exit.text;
    const Json links = exit.json.is_object() ? exit.json.value("interfaces", Json()) : Json();
    for (const Json& link : links) {
      for (const char* key : {"name", "mac", "sandbox"}) {
        const std::string value = link.value(key, "");
        for (std::size_t at; !value.empty() && (at = text.find(value)) != std::string::npos;)
          text.replace(at, value.size(), "-");
      }
    }
    return text;
  }
};

INSTANTIATE_TEST_SUITE_P(
    Verbs, IpamWays,
    ::testing::Values(
        Way{"Add", "ADD", R"({"ipAddress": "10.240.1.7"})"},
        Way{"AddOfAForeignAddress", "ADD", R"({"ipAddress": "10.9.9.9"})"},
        Way{"AddOfNoSubnet", "ADD", R"({"subnet": "10.9.0.0/16"})"},
        Way{"AddOfNoEnvironment", "ADD", R"({"environment": "moon"})"},
        Way{"AddWithoutAWireserver", "ADD", R"({"queryUrl": "http://127.0.0.1:9/"})"},
        Way{"AddWithoutAFile", "ADD", R"({"environment": "mas", "file": "/run/none.json"})"},
        Way{"Check", "CHECK", R"({"ipAddress": "10.240.1.7"})"}, Way{"Del", "DEL", "{}"},
        Way{"Gc", "GC", "{}"}, Way{"Status", "STATUS", "{}"},
        Way{"StatusWithoutAWireserver", "STATUS", R"({"queryUrl": "http://127.0.0.1:9/"})"}),
    case_name<Way>);

// Catches: a result or an error that is another one within the process.
TEST_P(IpamWays, AnswerTheSame) {
  const std::string within = answer(false), exec = answer(true);
  EXPECT_EQ(within, exec);
  EXPECT_EQ(vm().run({AZCNI_PLUGINS "/azure-vnet-ipam", "leases", "-o", "json"}).out, "[]\n");
}

class IpamWithin : public NetTest {};

// Catches: leases of one way that the other does not know: an address given twice, or never back.
TEST_F(IpamWithin, HasTheRecordsOfTheExecutable) {
  Vm& vm = start_lab().vm();
  Json within = vm.config(), exec = vm.config();
  exec["ipam"]["exec"] = true;
  const Pod first = vm.make_pod("first"), second = vm.make_pod("second");
  const std::string address = attach(vm, first, within).ip();
  EXPECT_NE(attach(vm, second, exec).ip(), address);
  detach(vm, first, exec);
  detach(vm, second, within);
  EXPECT_EQ(vm.run({AZCNI_PLUGINS "/azure-vnet-ipam", "leases", "-o", "json"}).out, "[]\n");
}

// Catches: an ADD that needs the executable, or starts it.
TEST_F(IpamWithin, NeedsNoExecutable) {
  Vm& vm = start_lab().vm();
  lab::must_run(vm.context(),
                {"sh", "-ec", "mkdir -p /run/alone; cp " AZCNI_PLUGINS "/azure-vnet /run/alone/"});
  const Pod pod = vm.make_pod("pod");
  auto variables = lab::Process::Variables{{"CNI_COMMAND", "ADD"},
                                           {"CNI_CONTAINERID", pod.container_id},
                                           {"CNI_NETNS", pod.netns},
                                           {"CNI_IFNAME", "eth0"},
                                           {"CNI_PATH", "/run/alone"}};
  const lab::Exit exit =
      lab::run(vm.context(), {"/run/alone/azure-vnet"}, variables, vm.config().dump());
  EXPECT_EQ(exit.status, 0) << exit.out;
  EXPECT_NE(vm.run({"cat", "/var/log/azure-vnet.log"}).out.find("azure-vnet-ipam: address "),
            std::string::npos);
  detach(vm, pod, vm.config());
}

}  // namespace
}  // namespace azcni::test
