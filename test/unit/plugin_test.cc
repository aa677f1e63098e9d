// What a plugin prints of what its verbs return or throw.

#include "azcni/cni/plugin.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "azcni/base/file.h"
#include "temporary_folder.h"

namespace azcni::cni {
namespace {

constexpr const char* kInput = R"({"cniVersion":"1.0.0","name":"azure"})";

struct Printed {
  int status = -1;
  std::string text;

  bool operator==(const Printed&) const = default;
  friend void PrintTo(const Printed& each, std::ostream* out) {
    *out << each.status << " " << each.text;
  }
};

/// In a process of its own: stdin, stdout and the environment are a process's.
Printed run(const std::string& command, const Handlers& handlers, const char* input = kInput) {
  const test::TemporaryFolder folder;
  file::replace(folder / "in", input);
  file::replace(folder / "out", "");
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("CNI_COMMAND", command.c_str(), 1);
    ::setenv("CNI_CONTAINERID", "abc", 1);
    ::setenv("CNI_NETNS", "/run/netns/x", 1);
    ::setenv("CNI_IFNAME", "eth0", 1);
    ::dup2(::open((folder / "in").c_str(), O_RDONLY), STDIN_FILENO);
    ::dup2(::open((folder / "out").c_str(), O_WRONLY), STDOUT_FILENO);
    ::_exit(run_plugin("", handlers));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          file::read(folder / "out", 1 << 20).value_or("")};
}

/// An ADD that does this instead.
Handlers adding(const std::function<void()>& act) {
  Handlers handlers;
  handlers.add = [act](const Request&) {
    act();
    return Result{};
  };
  return handlers;
}

Printed add_that_throws(const Error& error) {
  return run("ADD", adding([error] { throw error; }));
}

// Catches: an error whose code or advice a runtime does not get, or that is in another version.
TEST(Plugin, PrintsAnErrorAsJson) {
  EXPECT_EQ(add_that_throws({ErrorCode::kNoAddress, "none is free", "add some"}),
            (Printed{1, R"({"cniVersion":"1.0.0","code":102,"details":"add some",)"
                        R"("msg":"none is free"})"
                        "\n"}));
  EXPECT_EQ(add_that_throws({ErrorCode::kTryAgain, "later"}),
            (Printed{1, "{\"cniVersion\":\"1.0.0\",\"code\":11,\"msg\":\"later\"}\n"}));
}

// Catches: a name of somebody's that makes the error no JSON, or more than a line of it.
TEST(Plugin, PrintsAnErrorOfAnyBytes) {
  EXPECT_EQ(
      add_that_throws({ErrorCode::kSystem, "link \xff\n"}),
      (Printed{1, "{\"cniVersion\":\"1.0.0\",\"code\":100,\"msg\":\"link \xEF\xBF\xBD\\n\"}\n"}));
}

// Catches: a failure of a library, or a crash, that leaves a runtime without a document.
TEST(Plugin, PrintsWhatItDidNotExpect) {
  EXPECT_EQ(run("ADD", adding([] { throw std::runtime_error("odd"); })),
            (Printed{1, R"({"cniVersion":"1.0.0","code":999,"msg":"unexpected failure: odd"})"
                        "\n"}));
  EXPECT_EQ(run("ADD", adding([] { ::abort(); })),
            (Printed{1, R"({"code":999,"msg":"the plugin crashed; what it did is on record and )"
                        R"(the next DEL undoes it"})"
                        "\n"}));
}

// Catches: an error in a version that its caller does not know, or none for input that has none.
TEST(Plugin, PrintsErrorsOfTheInput) {
  EXPECT_EQ(run("GET", {}).text,
            "{\"cniVersion\":\"1.0.0\",\"code\":4,\"msg\":\"unknown CNI_COMMAND: GET\"}\n");
  EXPECT_EQ(run("ADD", {}, "").text,
            R"({"cniVersion":"1.1.0","code":6,"msg":"stdin: expected the network configuration, )"
            R"(got nothing"})"
            "\n");
}

// Catches: a verb without an answer that prints one, and a result in another version than asked
// for.
TEST(Plugin, PrintsTheResultOfAddAlone) {
  EXPECT_EQ(run("ADD", adding([] {})), (Printed{0, "{\"cniVersion\":\"1.0.0\"}\n"}));
  Handlers handlers;
  handlers.del = [](const Request&) {};
  EXPECT_EQ(run("DEL", handlers), (Printed{0, ""}));
}

// Catches: a VERSION that needs a configuration.
TEST(Plugin, TellsItsVersions) {
  const Printed printed = run("VERSION", {}, R"({"cniVersion":"0.4.0"})");
  EXPECT_EQ(printed.status, 0);
  EXPECT_EQ(printed.text.substr(0, 47), R"({"cniVersion":"0.4.0","supportedVersions":["0.1)");
}

}  // namespace
}  // namespace azcni::cni
