// A container that is being attached while the network's tables are made for others.

#include "net_test.h"

namespace azcni::test {
namespace {

/// What makes the table.
struct Reason {
  const char* name;
  Json config;

  friend void PrintTo(const Reason& each, std::ostream* out) { *out << each.name; }
};

const Reason kReasons[] = {
    {"HostPort",
     {{"runtimeConfig",
       {{"portMappings", {{{"hostPort", 8080}, {"containerPort", 80}, {"protocol", "tcp"}}}}}}}},
    {"IpMasq", {{"ipMasq", true}}},
    {"Repair", Json::object()},
};

class Joining : public NetTest,
                public ::testing::WithParamInterface<std::tuple<const char*, Reason>> {};

INSTANTIATE_TEST_SUITE_P(Modes, Joining,
                         ::testing::Combine(::testing::Values("transparent", "bridge", "tunnel"),
                                            ::testing::ValuesIn(kReasons)),
                         [](const auto& each) {
                           return std::string(std::get<0>(each.param)) +
                                  std::get<1>(each.param).name;
                         });

// Catches: a container that is in none of the maps, since its ADD began before there was a table,
// and was not on record when that was filled.
TEST_P(Joining, IsCompleteThoughTheTableCameMeanwhile) {
  const auto& [mode, reason] = GetParam();
  Vm& vm = start_lab().vm();
  Json config = vm.config(mode);
  attach(vm, vm.make_pod("first"), config);

  lab::must_run(vm.context(), {"mkfifo", "/run/asked", "/run/go"});
  vm.write("/run/cni/slow",
           "#!/bin/sh\n[ \"$CNI_COMMAND\" = ADD ] || exit 0\necho > /run/asked\n"
           "read -r _ < /run/go\necho '{\"ips\": [{\"address\": \"10.240.1.9/16\"}]}'\n");
  lab::must_run(vm.context(), {"chmod", "755", "/run/cni/slow"});
  Json slow = config;
  slow["ipam"]["type"] = "slow";
  const Pod pod = vm.make_pod("web");
  lab::Process add = vm.start_cni("ADD", pod, slow);
  vm.run({"sh", "-c", "read -r _ < /run/asked"});

  config.merge_patch(reason.config);
  if (reason.config.empty()) vm.run({"nft", "flush", "ruleset"});
  attach(vm, vm.make_pod("other"), config);
  vm.run({"sh", "-c", "echo > /run/go"});
  const PluginExit added = Vm::plugin_exit(add.wait());
  ASSERT_EQ(added.status, 0) << added.text;

  slow["prevResult"] = added.json;
  EXPECT_EQ(vm.cni("CHECK", pod, slow).text, "");
  lab().fabric().forget_spoofed_frames();
}

}  // namespace
}  // namespace azcni::test
