#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "lab.h"

namespace azcni::test {

using lab::Json;
using lab::Lab;
using lab::PluginExit;
using lab::Pod;
using lab::Vm;

/// The name of a case of a table.
template <typename Case>
std::string case_name(const ::testing::TestParamInfo<Case>& each) {
  return each.param.name;
}

/// A test in a lab of its own, which needs root.
class NetTest : public ::testing::Test {
 protected:
  Lab& start_lab(const lab::Options& options = {}) {
    lab_ = std::make_unique<Lab>(AZCNI_PLUGINS, options);
    return *lab_;
  }
  Lab& lab() { return *lab_; }

  void TearDown() override {
    if (!lab_) return;
    EXPECT_EQ(lab_->fabric().spoofed_frames(), 0)
        << "the fabric dropped frames with a foreign MAC address";
  }

  /// The shipped configuration, in the version of the specification that has GC and STATUS.
  static Json config_1_1(const Vm& vm, const std::string& mode = "transparent") {
    Json config = vm.config(mode);
    config["cniVersion"] = "1.1.0";
    return config;
  }

  /// ADD that must work.
  static PluginExit attach(const Vm& vm, const Pod& pod, const Json& config) {
    PluginExit answer = vm.cni("ADD", pod, config);
    EXPECT_EQ(answer.status, 0) << answer.text << answer.err;
    return answer;
  }
  static void detach(const Vm& vm, const Pod& pod, const Json& config) {
    const PluginExit answer = vm.cni("DEL", pod, config);
    EXPECT_EQ(answer.status, 0) << answer.text << answer.err;
    EXPECT_EQ(answer.text, "");
  }

  /// Packets of pods that were dropped for that reason, as `azure-vnet status` says.
  static int dropped(const Vm& vm, const std::string& why) {
    const Json status =
        Json::parse(vm.run({AZCNI_PLUGINS "/azure-vnet", "status", "-o", "json"}).out);
    int packets = 0;
    for (const Json& each : status.at("dropped"))
      packets += each.at("why") == why ? each.at("packets").get<int>() : 0;
    return packets;
  }

  /// True if one finding of azure-vnet doctor has all of these words.
  static bool doctor_tells(const Vm& vm, const std::vector<std::string>& words) {
    const Json findings =
        Json::parse(vm.run({AZCNI_PLUGINS "/azure-vnet", "doctor", "-o", "json"}).out);
    return std::any_of(findings.begin(), findings.end(), [&](const Json& finding) {
      const std::string text = finding.dump();
      return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
        return text.find(word) != std::string::npos;
      });
    });
  }

 private:
  std::unique_ptr<Lab> lab_;
};

}  // namespace azcni::test
