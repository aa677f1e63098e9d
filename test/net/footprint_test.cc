// What is written of an attachment as data is what there is in the kernel.

#include "net_test.h"

namespace azcni::test {
namespace {

class Footprint : public NetTest, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Modes, Footprint, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: an object that is put and not looked for, looked for otherwise than it is put, or that
// can't be put back beside all that is there.
TEST_P(Footprint, EachObjectIsMissedAndPutBack) {
  Vm& vm = start_lab().vm();
  Json config = vm.config(GetParam());
  config["ipMasq"] = true;
  config["forwardAccept"] = true;
  config["ipsToRouteViaHost"] = {"169.254.20.10"};
  config["runtimeConfig"] = Json::parse(
      R"({"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"},
                           {"hostPort": 5353, "containerPort": 53, "protocol": "udp"}],
          "bandwidth": {"ingressRate": 8000000, "ingressBurst": 800000,
                        "egressRate": 4000000, "egressBurst": 400000}})");
  lab::must_run(vm.context(), {"nft", "add table ip others"});
  lab::must_run(vm.context(), {"nft",
                               "add chain ip others forward { type filter hook forward "
                               "priority 0; }"});
  const std::string before = vm.snapshot();
  const Pod pod = vm.make_pod("web");
  attach(vm, pod, config);
  const lab::Exit walk = vm.run({AZCNI_FOOTPRINT_WALK});
  EXPECT_EQ(walk.status, 0) << walk.out << walk.err;
  lab().fabric().forget_spoofed_frames();  // for a moment there were no rules
  detach(vm, pod, config);
  ASSERT_EQ(vm.run({std::string(AZCNI_PLUGINS) + "/azure-vnet", "network", "rm", "azure"}).status,
            0);
  EXPECT_EQ(vm.snapshot(), before);
}

}  // namespace
}  // namespace azcni::test
