#pragma once

#include <string>
#include <vector>

/// Where things are on this system, and how paths are written.
namespace azcni::paths {

/// The folder of a plugin's records; its manifest is beside it, with ".json" behind the name.
std::string state_folder(const std::string& plugin);
std::string log_file(const std::string& plugin);
/// Where a runtime looks for network configurations.
std::string config_folder();
/// The folder of the running program: its delegates are beside it. Empty if it can't be told.
std::string program_folder();
/// What the agent of an Azure Stack host writes.
std::string interfaces_file();

/// Between the folders of CNI_PATH.
extern const char kListSeparator;
/// What the file of a program may be called, best first.
std::vector<std::string> program_names(const std::string& program);
bool is_absolute(const std::string& path);

}  // namespace azcni::paths
