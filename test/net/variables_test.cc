// The variables of the environment with values that hardly any runtime sets.

#include "net_test.h"

namespace azcni::test {
namespace {

/// A variable with bytes that are no UTF-8, which a name in Linux may have.
struct Bytes {
  const char* name;
  const char* netns;
  const char* if_name;
};

class Variables : public NetTest, public ::testing::WithParamInterface<Bytes> {};

INSTANTIATE_TEST_SUITE_P(Bytes, Variables,
                         ::testing::Values(Bytes{"netns", "pod\xFF", "eth0"},
                                           Bytes{"if_name", "pod", "eth\xFF"}),
                         case_name<Bytes>);

// Catches: a name that no record can have, found when that is written; or, worse, a record with
// another name, by which the pod is held for gone.
TEST_P(Variables, OfOtherThanUtf8AreRefused) {
  Vm& vm = start_lab().vm();
  Pod pod = vm.make_pod(GetParam().netns);
  pod.name = "web";
  const PluginExit answer = vm.cni("ADD", pod, vm.config(), GetParam().if_name);
  EXPECT_EQ(answer.json["code"], 4) << answer.text;
}

// Catches: a plugin, and a runtime behind it, that wait for a writer who never comes.
TEST_F(Variables, AFifoIsNoNamespace) {
  Vm& vm = start_lab().vm();
  lab::must_run(vm.context(), {"mkfifo", "/run/netns/fifo"});
  const std::vector<std::string> bounded{"timeout", "10"};
  lab::Process add = vm.start_cni("ADD", {"a", "/run/netns/fifo", "a"}, vm.config(), bounded);
  lab::Process del = vm.start_cni("DEL", {"b", "/run/netns/fifo", "b"}, vm.config(), bounded);
  const PluginExit refused = Vm::plugin_exit(add.wait()), deleted = Vm::plugin_exit(del.wait());
  EXPECT_NE(refused.text.find("\"code\":8"), std::string::npos) << "ADD waits for a writer";
  EXPECT_EQ(deleted.status, 0) << "DEL waits for a writer";
}

// Catches: somebody who looks for his mistake in a runtimeConfig that he does not have.
TEST_F(Variables, ABadMacAddressIsSaidToBeOfCniArgs) {
  Vm& vm = start_lab().vm();
  const PluginExit answer = Vm::plugin_exit(
      vm.start_cni("ADD", vm.make_pod("a"), vm.config(), {"env", "CNI_ARGS=MAC=zz"}).wait());
  ASSERT_EQ(answer.status, 1);
  EXPECT_NE(answer.text.find("CNI_ARGS"), std::string::npos) << answer.text;
}

}  // namespace
}  // namespace azcni::test
