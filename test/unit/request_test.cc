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

// Catches: a name that the kernel takes for a template, and calls the link something else; or that
// stands for all links below /proc/sys.
TEST(Request, RefusesInterfaceNamesThatAreTemplates) {
  for (const std::string name : {"eth%d", "a%b", "all", "default"}) {
    EXPECT_EQ(failure(with(variables("ADD"), "CNI_IFNAME", name)).substr(0, 2), "4 ")
        << name << " passes for an interface name";
  }
}

// Catches: a name that is too long for a record's file, found when that is written.
TEST(Request, LimitsTheNameOfANetwork) {
  const std::string name(240, 'a');
  EXPECT_EQ(
      failure(variables("ADD"), R"({"cniVersion":"1.0.0","name":")" + name + "\"}").substr(0, 7),
      "7 name:")
      << "a name of 240 letters passes";
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
  EXPECT_EQ(answer_version("nonsense"), "1.1.0");
  EXPECT_EQ(answer_version(R"({"cniVersion":"0.3.1"})"), "0.3.1");
}

// Catches: a list that is missing or broken taken for an empty one, which would release everything;
// and the empty list of a Go program, null, taken for a mistake.
TEST(Request, OfGcHasAListOrNone) {
  const Variables gc{{"CNI_COMMAND", "GC"}, {"CNI_PATH", "/a"}};
  const auto config = [](const std::string& list) {
    return R"({"cniVersion":"1.1.0","name":"a")" + list + "}";
  };
  EXPECT_EQ(failure(gc, config(R"(,"cni.dev/valid-attachments":[{}])")).substr(0, 2), "7 ");
  EXPECT_EQ(failure(gc, config(R"(,"cni.dev/valid-attachments":"")")).substr(0, 2), "7 ");
  EXPECT_EQ(parse(gc, config("")).valid, std::nullopt);
  const std::vector<Attachment> none;
  EXPECT_EQ(parse(gc, config(R"(,"cni.dev/valid-attachments":null)")).valid, none);
  EXPECT_EQ(parse(gc, config(R"(,"cni.dev/attachments":null)")).valid, none);
  EXPECT_EQ(parse(gc, config(R"(,"cni.dev/valid-attachments":[])")).valid, none);
  const Request draft =
      parse(gc, config(R"(,"cni.dev/attachments":[{"containerID":"c","ifname":"eth0"}])"));
  EXPECT_TRUE(draft.is_valid({"c", "eth0"}));
  const Request request =
      parse(gc, config(R"(,"cni.dev/valid-attachments":[{"containerID":"c","ifname":"eth0"}])"));
  EXPECT_TRUE(request.is_valid({"c", "eth0"}));
  EXPECT_FALSE(request.is_valid({"c", "eth1"}));
}

TEST(Request, OfDelMayNameAnAddressAlone) {
  const Variables del{{"CNI_COMMAND", "DEL"}};
  const auto parse_leniently = [&](const std::string& config) {
    return parse_request(
        [&](const std::string& name) -> std::optional<std::string> {
          return name == "CNI_COMMAND" ? std::optional<std::string>("DEL") : std::nullopt;
        },
        config, {.del_by_address = true});
  };
  const std::string by_address = R"({"name":"a","ipam":{"ipAddress":"10.0.0.5"}})";
  EXPECT_EQ(parse_leniently(by_address).container_id, "");
  EXPECT_THROW(parse_leniently(kConfig), Error);
  EXPECT_EQ(failure(del, by_address).substr(0, 2), "4 ") << "for plugins that are not lenient";
}

}  // namespace
}  // namespace azcni::cni
