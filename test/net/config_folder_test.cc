// What else lies in the runtime's configuration folder, and what doctor says of it.

#include "net_test.h"

namespace azcni::test {
namespace {

const std::string kFirst = "/etc/cni/net.d/00-x.conflist";

/// Something before our file.
struct Stray {
  const char* name;
  const char* command;  ///< makes it at $0
  const char* word;     ///< what it has to be called
};

class ConfigFolder : public NetTest, public ::testing::WithParamInterface<Stray> {
 protected:
  void SetUp() override {
    const Vm& vm = start_lab().vm();
    list_ = {{"cniVersion", "1.0.0"}, {"name", "azure"}, {"plugins", {vm.config()}}};
    vm.write("/etc/cni/net.d/10-azure.conflist", list_.dump());
  }

  /// Those of doctor with that id.
  Json findings(const std::string& id) {
    const lab::Exit exit = lab().vm().run({AZCNI_PLUGINS "/azure-vnet", "doctor", "-o", "json"});
    Json all = Json::parse(exit.out, nullptr, false);
    if (!all.is_array()) throw std::runtime_error("doctor: " + exit.out + exit.err);
    Json found = Json::array();
    for (const Json& each : all) {
      if (each["id"] == id) found.push_back(each);
    }
    return found;
  }

  Json list_;
};

INSTANTIATE_TEST_SUITE_P(Strays, ConfigFolder,
                         ::testing::Values(Stray{"broken_link", "ln -s /nowhere $0", "link"},
                                           Stray{"folder", "mkdir $0", "directory"}),
                         case_name<Stray>);

// Catches: an administrator who looks for a mistake of syntax where there is no file.
TEST_P(ConfigFolder, NamesWhatIsNoFile) {
  lab::must_run(lab().vm().context(), {"sh", "-c", GetParam().command, kFirst});
  const Json invalid = findings("config-invalid");
  ASSERT_EQ(invalid.size(), 1U) << invalid;
  const std::string text = invalid[0]["what"];
  ASSERT_NE(text.find(kFirst), std::string::npos) << text;
  EXPECT_NE(text.find(GetParam().word), std::string::npos)
      << "it is a " << GetParam().word << ": " << text;
}

// Catches: a node called broken that is as Multus' documentation makes it.
TEST_F(ConfigFolder, MayBeginWithMultusThatDelegatesToUs) {
  Json multus{{"cniVersion", "0.3.1"}, {"name", "multus"}, {"type", "multus"}};
  multus["delegates"] = {{{"name", "other"}, {"type", "bridge"}}};
  lab().vm().write("/etc/cni/net.d/00-multus.conf", multus.dump());
  ASSERT_EQ(findings("config-not-first").size(), 1U) << "it delegates to somebody else";
  multus["delegates"] = {list_};
  lab().vm().write("/etc/cni/net.d/00-multus.conf", multus.dump());
  EXPECT_EQ(findings("config-not-first"), Json::array()) << "Multus delegates to azure-vnet";
}

}  // namespace
}  // namespace azcni::test
