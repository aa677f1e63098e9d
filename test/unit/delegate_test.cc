// How an IPAM plugin is found, what it is told, and what is made of what it leaves.

#include "azcni/cni/delegate.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <sstream>

#include "azcni/base/file.h"
#include "requests.h"
#include "temporary_folder.h"

namespace azcni::cni {
namespace {

using std::chrono::microseconds;
using testing::HasSubstr;

class DelegateTest : public ::testing::Test {
 protected:
  /// A plugin that notes what it is told, prints this, and ends so.
  void make_plugin(const std::string& output, int status = 0) {
    const std::string path = folder_ / "fake";
    file::replace(folder_ / "output", output);
    file::replace(path, "#!/bin/sh\ncat > " + (folder_ / "input") + "\nenv > " +
                            (folder_ / "environment") + "\ncat " + (folder_ / "output") +
                            "\nexit " + std::to_string(status) + "\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }

  Request request(const std::string& type = "fake") const {
    Request made =
        test::request_of(R"({"ipam": {"type": ")" + type + R"("}, "runtimeConfig": {"x": [1]}})");
    made.path = {folder_ / "nothing", folder_ / ""};
    return made;
  }

  std::string input() const { return read("input"); }

  /// Its values of a variable, one for each time that it has it.
  std::vector<std::string> values_of(const std::string& name) const {
    std::vector<std::string> values;
    std::istringstream lines(read("environment"));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(name + "=")) values.push_back(line.substr(name.size() + 1));
    }
    return values;
  }

  const test::TemporaryFolder folder_;

 private:
  std::string read(const std::string& name) const {
    return file::read(folder_ / name, 1 << 20).value_or("");
  }
};

// Catches: an error that leaves the reader to guess which plugin is missing, or where; and a type
// that leads out of CNI_PATH.
TEST_F(DelegateTest, IsLookedForInTheFolders) {
  const auto failure_of = [](const Request& told) {
    return test::failure_of([&] { const ExecDelegate ignored(told); });
  };
  EXPECT_EQ(failure_of(request("")),
            "7 ipam.type: expected the name of an IPAM plugin, not nothing");
  EXPECT_EQ(failure_of(request("../fake")), R"(7 ipam.type: "../fake" must be a name, not a path)");
  EXPECT_EQ(failure_of(request()), R"(7 ipam.type: there is no plugin "fake" in CNI_PATH)");
  std::filesystem::create_directory(folder_ / "fake");
  EXPECT_EQ(failure_of(request()), R"(7 ipam.type: there is no plugin "fake" in CNI_PATH)")
      << "a folder is none";
  Request without_path = request();
  without_path.path.clear();
  EXPECT_EQ(failure_of(without_path),
            R"(4 environment variables missing: CNI_PATH, to find the IPAM plugin "fake")");
}

// Catches: a verb of the GC that we serve, or another container's name, handed on to the plugin.
TEST_F(DelegateTest, IsToldTheVerbAndTheAttachment) {
  make_plugin("");
  ::setenv("CNI_COMMAND", "GC", 1);
  ::setenv("CNI_CONTAINERID", "other", 1);
  const Request told = request();
  const ExecDelegate plugin(told);
  plugin.check();
  ::unsetenv("CNI_COMMAND");
  ::unsetenv("CNI_CONTAINERID");
  using Values = std::vector<std::string>;
  EXPECT_EQ(values_of("CNI_COMMAND"), Values{"CHECK"});
  EXPECT_EQ(values_of("CNI_CONTAINERID"), Values{"abc"});
  EXPECT_EQ(values_of("CNI_NETNS"), Values{"/run/netns/x"});
  EXPECT_EQ(values_of("CNI_IFNAME"), Values{"eth0"});
  plugin.status();
  EXPECT_EQ(values_of("CNI_COMMAND"), Values{"STATUS"});
  plugin.del();
  EXPECT_EQ(values_of("CNI_COMMAND"), Values{"DEL"});
}

// Catches: a key of the configuration that is lost on the way, and a GC that frees what was handed
// out since its list was made.
TEST_F(DelegateTest, IsHandedTheConfiguration) {
  make_plugin("");
  const Request told = request();
  const ExecDelegate plugin(told);
  plugin.check();
  EXPECT_EQ(input(), told.config.text) << "byte for byte";
  plugin.del();
  EXPECT_EQ(input(), told.config.text);
  plugin.del("10.0.0.5");
  Json by_address = told.config.document;
  by_address["ipam"]["ipAddress"] = "10.0.0.5";
  EXPECT_EQ(Json::parse(input()), by_address);
  plugin.gc({{"c", "eth0"}, {"d", "net1"}}, microseconds(17));
  Json of_gc = told.config.document;
  of_gc["cni.dev/valid-attachments"] = Json::parse(
      R"([{"containerID": "c", "ifname": "eth0"}, {"containerID": "d", "ifname": "net1"}])");
  of_gc["azure-vnet/listed-at"] = 17;
  EXPECT_EQ(Json::parse(input()), of_gc);
  plugin.gc({}, microseconds(17));
  EXPECT_EQ(Json::parse(input()).at("cni.dev/valid-attachments"), Json::array())
      << "an empty list is one";
}

// Catches: a result that is none and is passed on.
TEST_F(DelegateTest, LeavesAResult) {
  make_plugin(R"({"cniVersion": "1.1.0", "ips": [{"address": "10.0.0.5/24"}]})");
  const Request told = request();
  EXPECT_EQ(net::to_string(ExecDelegate(told).add().ips.at(0).address), "10.0.0.5/24");
  const auto failure_with = [&](const std::string& output) {
    make_plugin(output);
    return test::failure_of([&] { ExecDelegate(told).add(); });
  };
  EXPECT_THAT(failure_with("Usage:"), HasSubstr("6 the result of fake is not JSON: "));
  EXPECT_THAT(failure_with(R"({"ips": [{"address": "x"}]})"), HasSubstr("the result of fake.ips"));
}

struct Left {
  const char* name;
  std::string output;
  std::string failure;
  std::string details;

  friend void PrintTo(const Left& each, std::ostream* out) { *out << each.name; }
};

class DelegateLeaving : public DelegateTest, public ::testing::WithParamInterface<Left> {};

const std::string kNoError = "999 IPAM plugin fake: ended with status 3 and no CNI error";

INSTANTIATE_TEST_SUITE_P(
    Failure, DelegateLeaving,
    ::testing::Values(
        Left{"Error", R"({"code": 102, "msg": "full", "details": "8 of 8"})", "102 full", "8 of 8"},
        Left{"ErrorWithoutDetails", R"({"code": 11, "msg": "later"})", "11 later", ""},
        Left{"ErrorWithOtherDetails", R"({"code": 11, "msg": "later", "details": {}})", "11 later",
             ""},
        Left{"NoMessage", R"({"code": 11})", kNoError, R"(it printed: {"code": 11})"},
        Left{"NoCode", R"({"code": "x", "msg": "m"})", kNoError,
             R"(it printed: {"code": "x", "msg": "m"})"},
        Left{"Text", "panic: " + std::string(1000, 'x'), kNoError,
             "it printed: panic: " + std::string(493, 'x')},
        Left{"Silence", "", kNoError, "it printed: "}),
    test::case_name<Left>);

// Catches: the plugin's own words lost, or a failure without any taken for success.
TEST_P(DelegateLeaving, IsTheError) {
  make_plugin(GetParam().output, 3);
  const Request told = request();
  const ExecDelegate plugin(told);
  const auto check = [&](const std::function<void()>& call) {
    try {
      call();
      ADD_FAILURE() << "taken for success";
    } catch (const Error& error) {
      EXPECT_EQ(error.details(), GetParam().details);
    }
    EXPECT_EQ(test::failure_of(call), GetParam().failure);
  };
  check([&] { plugin.status(); });
  check([&] { plugin.add(); });
}

}  // namespace
}  // namespace azcni::cni
