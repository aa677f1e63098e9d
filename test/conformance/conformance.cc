// The conformance table, against the plugin of a profile, on a VM of the lab.
//
//     sudo build/test/conformance/conformance test/conformance/bridge.json
//
// Plugins are looked for among ours, then in /usr/lib/cni, then in the folders of CNI_PATH.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "lab.h"
#include "suite.h"

namespace azcni::conformance {
namespace {

std::vector<std::string> folders() {
  std::vector<std::string> folders{AZCNI_PLUGINS, "/usr/lib/cni"};
  const char* more = std::getenv("CNI_PATH");
  if (more != nullptr) folders.emplace_back(more);
  return folders;
}

std::string find_plugin(const std::string& name) {
  for (const std::string& folder : folders()) {
    if (std::filesystem::exists(folder + "/" + name)) return folder + "/" + name;
  }
  throw std::runtime_error("there is no plugin " + name);
}

class LabMachine final : public Machine {
 public:
  explicit LabMachine(const std::string& plugin)
      : plugin_(find_plugin(plugin)), lab_(AZCNI_PLUGINS) {}

  Reply run(const Variables& variables, const std::string& input) override {
    const lab::Exit exit = lab::run(lab_.vm().context(), {plugin_}, variables, input);
    EXPECT_EQ(exit.err, "") << "runtimes mix it into their own errors";
    return {exit.status, exit.out};
  }
  std::string plugin_path() const override {
    std::string path;
    for (const std::string& folder : folders()) path += (path.empty() ? "" : ":") + folder;
    return path;
  }
  std::string make_sandbox() override {
    pod_ = lab_.vm().make_pod("conformance");
    return pod_->netns;
  }
  void remove_sandbox() override {
    if (pod_) lab_.vm().remove_netns(*pod_);
    pod_.reset();
  }
  void age() override { lab_.vm().age(); }

 private:
  std::string plugin_;
  lab::Lab lab_;
  std::optional<lab::Pod> pod_;
};

}  // namespace
}  // namespace azcni::conformance

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc != 2) {
    std::cerr << "usage: conformance PROFILE.json\n";
    return 2;
  }
  using namespace azcni::conformance;
  return run_all(read_json(AZCNI_SOURCE "/test/conformance/cases.json"), read_json(argv[1]), "",
                 [](const std::string& plugin) { return std::make_unique<LabMachine>(plugin); });
}
