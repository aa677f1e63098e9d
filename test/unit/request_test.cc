#include "azcni/cni/request.h"

#include <gtest/gtest.h>

#include "azcni/base/error.h"

namespace azcni::cni {
namespace {

constexpr const char* kConfig =
    R"({"cniVersion":"1.0.0","name":"azure","type":"azure-vnet","ipam":{"type":"x"}})";

using Variables = std::map<std::string, std::string>;

Variables variables(const std::string& command) {
  return {{"CNI_COMMAND", command},
          {"CNI_CONTAINERID", "abc"},
          {"CNI_NETNS", "/run/netns/x"},
          {"CNI_IFNAME", "eth0"},
          {"CNI_PATH", "/a:/b"}};
}

Request parse(const Variables& set, const std::string& config = kConfig) {
  return parse_request(
      [&](const std::string& name) -> std::optional<std::string> {
        const auto found = set.find(name);
        return found == set.end() ? std::nullopt : std::optional(found->second);
      },
      config);
}

/// "code message" of the error, or "".
std::string failure(const Variables& set, const std::string& config = kConfig) {
  try {
    parse(set, config);
  } catch (const Error& error) {
    return std::to_string(static_cast<unsigned>(error.code())) + " " + error.what();
  }
  return "";
}

Variables with(Variables set, const std::string& name, const std::string& value) {
  set[name] = value;
  return set;
}

TEST(Request, IsReadFromEnvironmentAndStdin) {
  const Request request =
      parse(with(variables("ADD"), "CNI_ARGS", "IgnoreUnknown=1;K8S_POD_NAME=web;;X=y"));
  EXPECT_EQ(request.container_id, "abc");
  EXPECT_EQ(request.path, (std::vector<std::string>{"/a", "/b"}));
  EXPECT_EQ(request.arg("K8S_POD_NAME"), "web");
  EXPECT_EQ(request.config.ipam_type(), "x");
  EXPECT_EQ(request.config.text, kConfig);
}

TEST(Request, NamesAllMissingVariablesAtOnce) {
  EXPECT_EQ(failure({{"CNI_COMMAND", "ADD"}}),
            "4 environment variables missing: CNI_CONTAINERID, CNI_IFNAME, CNI_NETNS");
  EXPECT_EQ(failure({{"CNI_COMMAND", "DEL"}, {"CNI_CONTAINERID", "a"}, {"CNI_IFNAME", "e"}}), "")
      << "DEL needs no namespace";
}

// Catches: names that would leave the folder of the records, or that the kernel would refuse.
TEST(Request, RefusesBadNames) {
  for (const std::string id : {"../x", ".x", "a/b", "a b", "-a", ""}) {
    EXPECT_EQ(failure(with(variables("ADD"), "CNI_CONTAINERID", id)).substr(0, 2), "4 ") << id;
  }
  EXPECT_EQ(failure(with(variables("ADD"), "CNI_CONTAINERID", std::string(201, 'a'))).substr(0, 2),
            "4 ");
  for (const std::string name : {"..", ".", "a/b", "a:b", "a b", "sixteen-letters0"}) {
    EXPECT_EQ(failure(with(variables("ADD"), "CNI_IFNAME", name)).substr(0, 2), "4 ") << name;
  }
  EXPECT_EQ(failure(variables("ADD"), R"({"cniVersion":"1.0.0","name":"../etc"})").substr(0, 7),
            "7 name:");
  EXPECT_EQ(failure(variables("ADD"), R"({"cniVersion":"1.0.0"})").substr(0, 7), "7 name:");
}

TEST(Request, ReadsCniArgsStrictlyButNotForDel) {
  EXPECT_EQ(failure(with(variables("ADD"), "CNI_ARGS", "X=y")).substr(0, 2), "4 ");
  EXPECT_EQ(failure(with(variables("ADD"), "CNI_ARGS", "novalue")).substr(0, 2), "4 ");
  EXPECT_EQ(failure(with(variables("ADD"), "CNI_ARGS", "a=b=c;IgnoreUnknown=1")).substr(0, 2),
            "4 ");
  EXPECT_EQ(failure(with(variables("ADD"), "CNI_ARGS", "X=y;IgnoreUnknown=TRUE")), "");
  EXPECT_EQ(failure(with(variables("DEL"), "CNI_ARGS", "X=y;novalue")), "");
}

TEST(Request, KnowsTheVersionsAndTheirVerbs) {
  EXPECT_EQ(failure(variables("ADD"), R"({"name":"a"})"), "") << "no version means 0.1.0";
  EXPECT_EQ(failure(variables("ADD"), R"({"name":"a","cniVersion":"0.1"})").substr(0, 2), "1 ");
  EXPECT_EQ(failure(variables("CHECK"), R"({"name":"a","cniVersion":"0.3.1"})").substr(0, 2), "1 ");
  EXPECT_EQ(failure(variables("CHECK"), R"({"name":"a","cniVersion":"0.4.0"})").substr(0, 2), "7 ");
  EXPECT_EQ(failure(variables("CHECK"), R"({"name":"a","cniVersion":"0.4.0","prevResult":{}})"),
            "");
  EXPECT_EQ(failure(variables("GET")), "4 unknown CNI_COMMAND: GET");
  EXPECT_EQ(answer_version("nonsense"), "1.0.0");
  EXPECT_EQ(answer_version(R"({"cniVersion":"0.3.1"})"), "0.3.1");
}

}  // namespace
}  // namespace azcni::cni
