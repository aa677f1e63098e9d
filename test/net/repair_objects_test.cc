// Each object of the host's half of a living attachment, its network and its NIC, taken away in
// turn, and the verb that puts it back.

#include <sstream>

#include "net_test.h"

namespace azcni::test {
namespace {

class RepairObjects : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void prepare() {
    vm_ = &start_lab().vm();
    config_ = config_1_1(*vm_, GetParam());
    config_["ipMasq"] = true;
    config_["forwardAccept"] = true;
    const Json list{{"cniVersion", "1.0.0"}, {"name", "azure"}, {"plugins", {config_}}};
    vm_->write("/etc/cni/net.d/10-azure.conflist", list.dump());
    lab::must_run(vm_->context(), {"nft",
                                   "add table ip others; add chain ip others forward "
                                   "{ type filter hook forward priority 0; }"});
    pod_ = vm_->make_pod("web");
    next_ = vm_->make_pod("next");
    Json with_ports = config_;
    with_ports["runtimeConfig"] = Json::parse(
        R"({"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}],
            "bandwidth": {"ingressRate": 80000000, "ingressBurst": 8000000}})");
    address_ = attach(*vm_, pod_, with_ports).ip();
  }

  std::string walk(const std::string& word, std::size_t number = 0) const {
    const lab::Exit exit =
        vm_->run({AZCNI_FOOTPRINT_WALK, pod_.container_id, word, std::to_string(number)});
    EXPECT_EQ(exit.status, 0) << exit.out << exit.err;
    return exit.out;
  }

  std::vector<std::string> objects() const {
    std::vector<std::string> lines;
    std::istringstream text(walk("list"));
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  /// A word of `status` or `list`, by its status and its text.
  bool tells(const std::string& verb) const {
    const lab::Exit exit = vm_->run({AZCNI_PLUGINS "/azure-vnet", verb});
    return exit.status == 1 && exit.out.find("broken") != std::string::npos;
  }

  void repair_by(const std::string& verb) const {
    vm_->run({"sh", "-c", "rm -f /run/azure-vnet/looked/*"});  // as if 10 s had passed
    if (verb == "doctor") {
      vm_->run({AZCNI_PLUGINS "/azure-vnet", "doctor", "--fix"});
      return;
    }
    const PluginExit exit = vm_->cni(verb, next_, config_);
    ASSERT_EQ(exit.status, 0) << exit.text;
    if (verb == "ADD") detach(*vm_, next_, config_);
  }

  Vm* vm_ = nullptr;
  Json config_;
  Pod pod_, next_;
  std::string address_;
};

INSTANTIATE_TEST_SUITE_P(Modes, RepairObjects, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: an object that is put and looked for by CHECK, and that no other verb puts back, or that
// is away without a word.
TEST_P(RepairObjects, EachIsToldAndPutBack) {
  prepare();
  const std::vector<std::string> verbs{"ADD", "STATUS", "doctor"};
  const std::vector<std::string> all = objects();
  ASSERT_GT(all.size(), 10U);
  std::size_t taken = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string& verb = verbs[i % verbs.size()];
    SCOPED_TRACE(all[i] + " by " + verb);
    // An MTU that somebody changed is the administrator's: containers follow it.
    if (all[i].find("has the host's addresses") != std::string::npos ||
        all[i].starts_with("ip link set eth0 mtu"))
      continue;
    if (walk("take", i).empty()) continue;
    ++taken;
    EXPECT_TRUE(tells("list"));
    EXPECT_TRUE(tells("status"));
    repair_by(verb);
    EXPECT_EQ(walk("missing"), "");
    EXPECT_FALSE(tells("list"));
    EXPECT_FALSE(tells("status"));
    EXPECT_TRUE(lab().pings_from_fabric(address_));
  }
  EXPECT_GT(taken, 8U);
  lab().fabric().forget_spoofed_frames();  // for a moment there were no rules
}

class RepairContainer : public RepairObjects {};

INSTANTIATE_TEST_SUITE_P(Modes, RepairContainer,
                         ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a pod that has to be deleted for an address or a route that all is known of; and a
// namespace that another pod has by now, filled with this one's addresses.
TEST_P(RepairContainer, DoctorPutsBackWhatIsInside) {
  prepare();
  const auto inside = [&](const std::string& script) {
    const lab::Exit exit = vm_->run_in(pod_, {"sh", "-euc", script});
    EXPECT_EQ(exit.status, 0) << script << exit.err;
  };
  for (const char* loss : {"ip address flush dev eth0 scope global", "ip route flush dev eth0",
                           "ip neigh flush nud permanent dev eth0", "ip link set eth0 down"}) {
    SCOPED_TRACE(loss);
    inside(loss);
    EXPECT_TRUE(doctor_tells(*vm_, {"attachment-broken", "in the container", "doctor --fix"}));
    repair_by("STATUS");
    EXPECT_NE(walk("missing"), "") << "no other verb enters containers";
    repair_by("doctor");
    EXPECT_EQ(walk("missing"), "");
    EXPECT_TRUE(lab().pings_from_fabric(address_));
  }
  lab::must_run(vm_->context(), {"sh", "-euc",
                                 "umount /run/netns/web; mount --bind "
                                 "/run/netns/next /run/netns/web"});
  vm_->run_in(next_, {"ip", "link", "add", "eth0", "type", "veth", "peer", "name", "other"});
  repair_by("doctor");
  EXPECT_EQ(vm_->run_in(next_, {"ip", "address"}).out.find(address_), std::string::npos);
}

}  // namespace
}  // namespace azcni::test
