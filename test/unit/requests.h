#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "azcni/base/error.h"
#include "azcni/cni/request.h"

namespace azcni::test {

/// An ADD of container "abc", with these fields in its configuration and these CNI_ARGS.
inline cni::Request request_of(const std::string& fields, const std::string& args = {}) {
  Json config = Json::parse(R"({"cniVersion":"1.1.0","name":"azure","ipam":{"type":"x"}})");
  config.update(Json::parse(fields));
  const std::map<std::string, std::string> variables{{"CNI_COMMAND", "ADD"},
                                                     {"CNI_CONTAINERID", "abc"},
                                                     {"CNI_NETNS", "/run/netns/x"},
                                                     {"CNI_IFNAME", "eth0"},
                                                     {"CNI_ARGS", args}};
  return cni::parse_request(
      [&](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
      },
      config.dump());
}

/// "CODE message" of the error that a call throws; empty if it throws none.
template <typename Call>
std::string failure_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return std::to_string(static_cast<unsigned>(error.code())) + " " + error.what();
  }
  return "";
}

/// A file of the sources.
inline std::string read_source(const std::string& path) {
  std::ifstream stream(std::string(AZCNI_SOURCE) + "/" + path);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// The name of a case, of those that have one.
template <typename Case>
std::string case_name(const ::testing::TestParamInfo<Case>& each) {
  return each.param.name;
}

}  // namespace azcni::test
