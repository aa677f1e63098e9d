// The binaries as a person, a script or a runtime meets them, before any pod is attached.

#include <gtest/gtest.h>

#include <filesystem>

#include "process.h"

namespace azcni::test {
namespace {

using lab::Exit;

class Command : public ::testing::TestWithParam<const char*> {
 protected:
  static std::string path() { return std::string(AZCNI_PLUGINS) + "/" + GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(Plugins, Command, ::testing::Values("azure-vnet", "azure-vnet-ipam"),
                         [](const auto& each) {
                           return std::string(each.param) == "azure-vnet" ? "vnet" : "ipam";
                         });

TEST_P(Command, IsStaticAndSmall) {
  const std::string kind = lab::must_run({}, {"file", "-b", path()});
  EXPECT_NE(kind.find("statically linked"), std::string::npos) << kind;
  EXPECT_NE(lab::run({}, {"ldd", path()}).err.find("not a dynamic executable"), std::string::npos);
  EXPECT_LE(std::filesystem::file_size(path()), 3'700'000U);
}

TEST_P(Command, TellsAPersonWhatItIs) {
  const Exit exit = lab::run({}, {path()});
  EXPECT_EQ(exit.status, 0);
  EXPECT_EQ(exit.out, "");
  EXPECT_NE(exit.err.find(std::string("CNI plugin ") + GetParam()), std::string::npos);
  EXPECT_NE(exit.err.find("CNI protocol versions supported: 0.1.0, "), std::string::npos);
}

// Scripts split the line of --version at blanks, and read the fourth word.
TEST_P(Command, PrintsItsVersionAsScriptsReadIt) {
  for (const char* flag : {"--version", "-version", "-v"}) {
    const Exit exit = lab::run({}, {path(), flag});
    EXPECT_EQ(exit.status, 0);
    EXPECT_EQ(exit.out.find("Azure CNI Version "), 0U) << exit.out;
  }
  EXPECT_EQ(lab::run({}, {path(), "--help"}).status, 0);
  EXPECT_NE(lab::run({}, {path(), "--nonsense"}).status, 0);
}

TEST_P(Command, AnswersVersionWithAndWithoutStdin) {
  const std::string supported =
      R"("supportedVersions":["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]})";
  EXPECT_EQ(lab::run({}, {path()}, {{"CNI_COMMAND", "VERSION"}}).out,
            "{\"cniVersion\":\"1.1.0\"," + supported + "\n");
  EXPECT_EQ(lab::run({}, {path()}, {{"CNI_COMMAND", "VERSION"}}, R"({"cniVersion":"0.4.0"})").out,
            "{\"cniVersion\":\"0.4.0\"," + supported + "\n");
}

TEST_P(Command, RefusesAnUnknownVerb) {
  const Exit exit = lab::run({}, {path()}, {{"CNI_COMMAND", "GET"}});
  EXPECT_EQ(exit.status, 1);
  EXPECT_NE(exit.out.find(R"("code":4)"), std::string::npos) << exit.out;
  EXPECT_NE(exit.out.find("unknown CNI_COMMAND: GET"), std::string::npos);
}

// Catches: a shell in which CNI_COMMAND was left set, where each verb of a person's is a runtime's.
TEST_P(Command, RunsTheVerbThatIsNamedWhateverTheEnvironmentHas) {
  const std::string page = lab::must_run({}, {path(), "man"});
  const Exit exit = lab::run({}, {path(), "man"}, {{"CNI_COMMAND", "VERSION"}});
  EXPECT_EQ(exit.out, page) << "CNI_COMMAND wins over a verb that was named";
}

// Catches: a locale, a name service or a helper that each pod would pay for.
TEST_P(Command, StartsWithFewSystemCalls) {
  const Exit exit = lab::run({}, {"strace", "-f", path()}, {{"CNI_COMMAND", "VERSION"}});
  EXPECT_EQ(exit.err.find("/etc/"), std::string::npos) << exit.err;
  EXPECT_EQ(exit.err.find("locale"), std::string::npos) << exit.err;
  EXPECT_LT(std::count(exit.err.begin(), exit.err.end(), '\n'), 60) << exit.err;
}

}  // namespace
}  // namespace azcni::test
