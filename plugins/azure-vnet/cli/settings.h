#pragma once

#include <string>
#include <vector>

namespace azcni::vnet {

/// A setting of a file in TOML or HCL: `bin_dirs = ["/opt/cni/bin"]` below `[plugins.'x'.cni]` is
/// "plugins.x.cni.bin_dirs". Only values that are texts, or lists of texts.
struct Setting {
  std::string name;
  std::vector<std::string> texts;
};

/// In their order. What it does not understand it skips: the file is its program's to judge.
std::vector<Setting> parse_settings(const std::string& text);

}  // namespace azcni::vnet
