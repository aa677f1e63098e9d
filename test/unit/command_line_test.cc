// What a person gets at a terminal.

#include "azcni/cli/command_line.h"

#include <gtest/gtest.h>

namespace azcni::cli {
namespace {

// Catches: columns that do not stand below each other, and blanks at the end of lines.
TEST(Columns, StandBelowEachOther) {
  EXPECT_EQ(in_columns({{"POD", "ADDRESS", "IF"}, {"a-long-name", "10.0.0.5", "eth0"}, {"b", "-"}}),
            "POD          ADDRESS   IF\n"
            "a-long-name  10.0.0.5  eth0\n"
            "b            -\n");
  EXPECT_EQ(in_columns({{"A", "B"}, {"", ""}, {"", "b"}}), "A  B\n\n   b\n");
  EXPECT_EQ(in_columns({{"A"}, {"a", "more"}}), "A\na  more\n");
  EXPECT_EQ(in_columns({{}}), "\n");
  EXPECT_EQ(in_columns({}), "");
}

// Catches: a name of bytes that are no UTF-8, for which the whole answer fails.
TEST(Lines, AreADocumentForPeople) {
  EXPECT_EQ(in_lines(Json::parse(R"({"b":[1,{}],"a":"x"})")),
            "{\n  \"a\": \"x\",\n  \"b\": [\n    1,\n    {}\n  ]\n}\n");
  EXPECT_EQ(in_lines("a\xE4z"), "\"a\uFFFDz\"\n");
  EXPECT_EQ(in_lines(Json::array()), "[]\n");
}

struct Exit {
  int status;
  std::string out, err;
};

Exit run(std::vector<std::string> words) {
  const Program program{
      "tool",
      "a purpose",
      "",
      {"1.0.0", "1.1.0"},
      {{"show",
        "",
        {{"--all-of-it", "also the rest"}, {"--from DIR", "of that folder"}},
        "show it",
        [](const Invocation& typed) -> Reply {
          return {Json{{"all", typed.has("--all-of-it")}},
                  "shown" + typed.option("--from", "") + "\n", 3};
        }},
       {"network rm",
        "NAME",
        {},
        "remove one",
        [](const Invocation& typed) -> Reply {
          if (typed.values.front() == "none") throw Error(ErrorCode::kNoMaster, "no net", "look");
          return {typed.values, typed.values.front() + "\n"};
        }},
       {"check", "FILE...", {}, "check files", [](const Invocation& typed) -> Reply {
          return {typed.values, "checked\n"};
        }}}};
  words.insert(words.begin(), "tool");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int status = run_command_line(static_cast<int>(argv.size()), argv.data(), program);
  const std::string out = ::testing::internal::GetCapturedStdout();
  return {status, out, ::testing::internal::GetCapturedStderr()};
}

// Catches: a verb that answers in another form than asked for, and a status that scripts miss.
TEST(CommandLine, RunsTheVerbThatIsNamed) {
  EXPECT_EQ(run({"show"}).out, "shown\n");
  EXPECT_EQ(run({"show"}).status, 3);
  EXPECT_EQ(run({"show", "--from", "/a"}).out, "shown/a\n");
  EXPECT_EQ(run({"show", "--from=/a", "--all-of-it"}).out, "shown/a\n");
  EXPECT_NE(run({"show", "--from"}).status, 0) << "a value is missing";
  EXPECT_EQ(run({"show", "-o", "json"}).out, "{\n  \"all\": false\n}\n");
  EXPECT_EQ(run({"show", "--all-of-it", "--output=json"}).out, "{\n  \"all\": true\n}\n");
  EXPECT_EQ(run({"network", "rm", "azure"}).out, "azure\n");
  EXPECT_EQ(run({"check", "a", "b", "-o", "json"}).out, "[\n  \"a\",\n  \"b\"\n]\n");
}

// Catches: a mistake in typing that is called a success, or answered on stdout.
TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"nonsense"},
                                             {"show", "more"},
                                             {"show", "-o", "yaml"},
                                             {"network"},
                                             {"network", "rm"},
                                             {"network", "rm", "a", "b"},
                                             {"check"},
                                             {"completion", "fish"}}) {
    const Exit exit = run(words);
    EXPECT_NE(exit.status, 0) << words.front();
    EXPECT_EQ(exit.out, "") << words.front();
    EXPECT_NE(exit.err, "") << words.front();
  }
  const Exit failed = run({"network", "rm", "none"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_EQ(failed.err, "tool: no net\nlook\n");
}

// Catches: a package that can't tell its version, or the flag of Go's programs refused.
TEST(CommandLine, TellsWhatItIs) {
  EXPECT_EQ(run({}).status, 0);
  EXPECT_NE(run({}).err.find("CNI protocol versions supported: 1.0.0, 1.1.0\n"), std::string::npos);
  EXPECT_EQ(run({"-version"}).out, run({"--version"}).out);
  EXPECT_NE(run({"--version"}).out.find(program_version()), std::string::npos);
}

// Catches: a verb or a flag that completion and the manual do not have.
TEST(CommandLine, IsCompletedAndDescribed) {
  const std::string script = run({"completion", "bash"}).out;
  for (const char* words :
       {"words=\"--help --version show network check", "show) words=\"-o --all-of-it --from\" ;;",
        "network) words=\"rm\" ;;", "complete -F _tool tool\n"}) {
    EXPECT_NE(script.find(words), std::string::npos) << words << " is not in " << script;
  }
  EXPECT_EQ(run({"completion", "zsh"}).out, script);
  const std::string page = run({"man"}).out;
  for (const char* words : {".TH tool 8", ".B show\nshow it.\n.br\n.B \\-\\-all\\-of\\-it\n",
                            ".B network rm \\fINAME\\fR\nremove one.\n"}) {
    EXPECT_NE(page.find(words), std::string::npos) << words << " is not in " << page;
  }
}

}  // namespace
}  // namespace azcni::cli
