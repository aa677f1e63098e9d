// The shipped conf/10-azure.conflist, run as libcni runs a list, with Debian's portmap after us.

#include <fstream>

#include "echo_server.h"
#include "net_test.h"

namespace azcni::test {
namespace {

constexpr const char* kStockPlugins = "/usr/lib/cni";

class Conflist : public NetTest {
 protected:
  void SetUp() override {
    NetTest::SetUp();
    std::ifstream stream(AZCNI_SOURCE "/conf/10-azure.conflist");
    list_ = Json::parse(stream);
  }

  /// One plugin of the list, with what libcni adds to its configuration.
  Answer call(const Vm& vm, const std::string& verb, const Pod& pod, Json plugin,
              const Json& previous) {
    plugin["name"] = list_["name"];
    plugin["cniVersion"] = list_["cniVersion"];
    if (!previous.is_null()) plugin["prevResult"] = previous;
    if (plugin["capabilities"]["portMappings"] == true)
      plugin["runtimeConfig"]["portMappings"] = port_mappings_;
    plugin.erase("capabilities");
    const std::string type = plugin["type"];
    const std::string folder = type == "portmap" ? kStockPlugins : AZCNI_PLUGINS;
    return Vm::answer_of(lab::run(vm.place(), {folder + "/" + type},
                                  {{"CNI_COMMAND", verb},
                                   {"CNI_CONTAINERID", pod.container_id},
                                   {"CNI_NETNS", pod.netns},
                                   {"CNI_IFNAME", "eth0"},
                                   {"CNI_ARGS", pod.cni_args()},
                                   {"CNI_PATH", std::string(AZCNI_PLUGINS) + ":" + kStockPlugins}},
                                  plugin.dump()));
  }

  Json add(const Vm& vm, const Pod& pod) {
    Json result;
    for (const Json& plugin : list_["plugins"]) {
      const Answer answer = call(vm, "ADD", pod, plugin, result);
      EXPECT_EQ(answer.status, 0) << plugin << answer.text << answer.err;
      result = answer.json;
    }
    return result;
  }

  void del(const Vm& vm, const Pod& pod, const Json& result) {
    const Json& plugins = list_["plugins"];
    for (auto plugin = plugins.rbegin(); plugin != plugins.rend(); ++plugin) {
      const Answer answer = call(vm, "DEL", pod, *plugin, result);
      EXPECT_EQ(answer.status, 0) << *plugin << answer.text << answer.err;
    }
  }

  Json list_;
  const Json port_mappings_ =
      Json::parse(R"([{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}])");
};

bool connects(const Vm& vm, const std::string& address, int port) {
  return vm.run({"timeout", "2", "bash", "-c",
                 "exec 3<>/dev/tcp/" + address + "/" + std::to_string(port)})
             .status == 0;
}

// Catches: a result that portmap can't use, and a shipped file that needs an edit to work.
TEST_F(Conflist, WorksOutOfTheBoxWithPortmap) {
  Lab& lab = raise({.vms = 2});
  Vm& vm = lab.vm(0);
  const Pod pod = vm.make_pod("web");
  const Json result = add(vm, pod);
  EXPECT_EQ(result["ips"][0]["address"], "10.240.1.5/16");
  EXPECT_EQ(result["dns"]["nameservers"][0], "168.63.129.16");
  const lab::EchoServer server({-1, vm.place().mnt, pod.netns}, 80);
  EXPECT_TRUE(connects(lab.vm(1), vm.spec().ip4, 8080)) << "from the other VM";
  EXPECT_TRUE(connects(vm, vm.spec().ip4, 8080)) << "from the host itself";
  del(vm, pod, result);
  EXPECT_FALSE(connects(lab.vm(1), vm.spec().ip4, 8080));
  EXPECT_TRUE(vm.ip({"link", "show", "type", "veth"}).empty());
}

}  // namespace
}  // namespace azcni::test
