// The conformance table, against the Windows executables, under Wine.
//
//     sudo build/test/conformance/conformance-windows test/conformance/azure-vnet-windows.json

#include <gtest/gtest.h>

#include <iostream>

#include "suite.h"
#include "wine.h"

namespace azcni::conformance {
namespace {

using test::WindowsVm;

class WineMachine final : public Machine {
 public:
  WineMachine(WindowsVm& vm, std::string plugin) : vm_(vm), plugin_(std::move(plugin)) {
    vm_.reset();
  }

  Reply run(const Variables& variables, const std::string& input) override {
    const lab::PluginExit answer = vm_.run(plugin_, variables, input);
    return {answer.status, answer.text};
  }
  std::string plugin_path() const override { return WindowsVm::plugin_path(); }
  std::string make_sandbox() override { return vm_.make_namespace(1); }
  void remove_sandbox() override {
    lab::Json state = vm_.hns();
    state["namespaces"] = lab::Json::object();
    vm_.set_hns(state);
  }
  void age() override {
    for (const std::string folder : {"k/azure-vnet/endpoints", "k/azure-vnet-ipam/leases"}) {
      for (const std::string& name : vm_.list(folder)) {
        const std::string path = folder + ("/" + name);
        vm_.write(path, lab::older(vm_.read(path)));
      }
    }
  }

 private:
  WindowsVm& vm_;
  std::string plugin_;
};

}  // namespace
}  // namespace azcni::conformance

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc != 2) {
    std::cerr << "usage: conformance-windows PROFILE.json\n";
    return 2;
  }
  using namespace azcni::conformance;
  WindowsVm vm;
  return run_all(
      read_json(AZCNI_SOURCE "/test/conformance/cases.json"), read_json(argv[1]), ".exe",
      [&](const std::string& plugin) { return std::make_unique<WineMachine>(vm, plugin); });
}
