#include "manager_command.h"

#include <filesystem>
#include <sstream>

#include "azcni/base/environment.h"
#include "azcni/base/error.h"
#include "azcni/base/subprocess.h"

namespace azcni::network {
namespace {

std::string find_program(const std::string& name) {
  std::istringstream folders(environment_variable("PATH").value_or("/usr/bin:/bin"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(folder + "/" + name, ignored)) return folder + "/" + name;
  }
  throw Error(ErrorCode::kSystem, "find " + name + ": it is in no folder of PATH");
}

}  // namespace

std::string run_manager_command(const std::string& program,
                                const std::vector<std::string>& arguments,
                                std::chrono::milliseconds limit) {
  std::vector<std::string> environment = environment_variables();
  std::erase_if(environment, [](const std::string& each) { return each.starts_with("LC_ALL="); });
  environment.emplace_back("LC_ALL=C");  // its answers are read
  const Subprocess::Exit exit =
      Subprocess({find_program(program), arguments, environment, "", -1, limit}).wait();
  if (exit.status == 0 && !exit.killed) return exit.output;
  std::string command = program;
  for (const std::string& each : arguments) command += " " + each;
  throw Error(ErrorCode::kSystem,
              "`" + command + "` " +
                  (exit.killed ? "did not end in time"
                               : "ended with status " + std::to_string(exit.status)) +
                  ": " + exit.output.substr(0, 200));
}

}  // namespace azcni::network
