#include "ipam_reports.h"

#include <algorithm>

#include "azcni/base/environment.h"
#include "azcni/base/error.h"
#include "azcni/base/paths.h"
#include "azcni/base/subprocess.h"

namespace azcni::vnet {
namespace {

constexpr std::chrono::seconds kLimit{15};
constexpr const char* kProgram = "azure-vnet-ipam";
constexpr const char* kAdvice = "is it of the same version?";

/// Ours, without what would make the child take us for a runtime.
std::vector<std::string> environment_without_cni() {
  std::vector<std::string> variables = environment_variables();
  std::erase_if(variables, [](const std::string& each) { return each.starts_with("CNI_"); });
  return variables;
}

Json run_sibling_plugin(const std::string& what) {
  const std::string path = paths::program_folder() + "/" + paths::program_names(kProgram).front();
  Subprocess child({path, {what, "-o", "json"}, environment_without_cni(), "", -1, kLimit});
  const Subprocess::Exit exit = child.wait();
  const Json answer = Json::parse(exit.output, nullptr, false);
  if (exit.status == 0 && !answer.is_discarded()) return answer;
  throw Error(ErrorCode::kDelegate, path + " ended with status " + std::to_string(exit.status),
              kAdvice + (" It printed: " + exit.output.substr(0, 200)));
}

/// What `read` makes of an answer; names the program if it has another form.
template <typename Read>
auto read_answer(const std::string& what, Read&& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Error(ErrorCode::kDelegate,
                std::string(kProgram) + " answers " + what + " in another form: " + error.what(),
                kAdvice);
  }
}

}  // namespace

IpamPools query_pools() {
  const Json document = run_sibling_plugin("pools");
  return read_answer("pools", [&] {
    return IpamPools{cli::parse_pools_report(document), document};
  });
}

IpamLeases query_leases() {
  const Json document = run_sibling_plugin("leases");
  return read_answer("leases", [&] {
    return IpamLeases{cli::parse_lease_reports(document), document};
  });
}

}  // namespace azcni::vnet
