#include "suite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <regex>

namespace azcni::conformance {
namespace {

/// One case at one version: its steps, with what the profile says of them.
struct Case {
  std::string name;
  std::string version;
  Json steps;
};

constexpr const char* kContainer = "conformance";

bool contains(const Json& list, const std::string& text) {
  return std::find(list.begin(), list.end(), Json(text)) != list.end();
}

/// Text equal, but for "<mac>" and "<name>", which stand for what a plugin makes up.
bool matches(const Json& expected, const Json& actual) {
  static const std::regex mac_form("[0-9a-f]{2}(:[0-9a-f]{2}){5}");
  if (expected == "<mac>")
    return actual.is_string() && std::regex_match(actual.get<std::string>(), mac_form);
  if (expected == "<name>") return actual.is_string() && !actual.get<std::string>().empty();
  if (expected.type() != actual.type() && !(expected.is_number() && actual.is_number()))
    return false;
  if (!expected.is_structured()) return expected == actual;
  if (expected.size() != actual.size()) return false;
  if (expected.is_array())
    return std::equal(expected.begin(), expected.end(), actual.begin(), matches);
  return std::all_of(expected.items().begin(), expected.items().end(), [&](const auto& item) {
    return actual.contains(item.key()) && matches(item.value(), actual[item.key()]);
  });
}

/// {"0.3.0 0.3.1": …} → what stands for "0.3.1".
Json result_of(const Json& profile, const std::string& version) {
  for (const auto& [versions, result] : profile["results"].items()) {
    if ((" " + versions + " ").find(" " + version + " ") == std::string::npos) continue;
    Json document = result;
    document["cniVersion"] = version;
    return document;
  }
  return nullptr;
}

void expect_error(const Json& step, const Json& profile, const std::string& version,
                  const Reply& reply) {
  const Json error = Json::parse(reply.text, nullptr, false);
  ASSERT_TRUE(error.is_object()) << "not one JSON object: " << reply.text;
  EXPECT_TRUE(error.value("code", Json()).is_number_unsigned()) << reply.text;
  EXPECT_TRUE(error.value("msg", Json()).is_string()) << reply.text;
  for (const auto& item : error.items()) {
    EXPECT_TRUE(contains({"cniVersion", "code", "msg", "details"}, item.key())) << reply.text;
  }
  if (step.contains("code")) {
    EXPECT_EQ(error["code"], step["code"]) << reply.text;
  }
  for (const Json& word : step.value("words", Json::array())) {
    EXPECT_NE(reply.text.find(word.get<std::string>()), std::string::npos)
        << word << " is not in " << reply.text;
  }
  if (!profile.value("errors_name_the_version", false)) return;
  // A configuration that can't be read, or a version that we lack, has none to name.
  const bool is_readable = error["code"] != 1 && error["code"] != 6;
  if (is_readable && step.value("verb", "") != "FROB") {
    EXPECT_EQ(error.value("cniVersion", ""), version) << reply.text;
  } else {
    EXPECT_TRUE(contains(profile["versions"], error.value("cniVersion", ""))) << reply.text;
  }
}

void expect_answer(const Json& step, const Json& profile, const std::string& version,
                   const Reply& reply) {
  const std::string expected = step["answer"];
  if (expected.empty()) {
    EXPECT_EQ(reply.text, "");
    return;
  }
  const Json actual = Json::parse(reply.text, nullptr, false);
  Json wanted = result_of(profile, version);
  if (expected == "versions")
    wanted = {{"cniVersion", step.contains("stdin") ? profile["versions"].back() : Json(version)},
              {"supportedVersions", profile["versions"]}};
  if (step.contains("cniVersion")) wanted["cniVersion"] = step["cniVersion"];
  EXPECT_TRUE(matches(wanted, actual)) << "expected " << wanted << "\n     got " << reply.text;
}

class CaseRun {
 public:
  CaseRun(const Case& each, const Json& profile, Machine& machine)
      : case_(each), profile_(profile), machine_(machine), sandbox_(machine.make_sandbox()) {}
  CaseRun(const CaseRun&) = delete;
  CaseRun& operator=(const CaseRun&) = delete;
  ~CaseRun() {
    call({{"verb", "DEL"}});
    machine_.remove_sandbox();
  }

  void step(const Json& step) {
    SCOPED_TRACE(step.dump());
    if (step.contains("do"))
      return step["do"] == "wait" ? machine_.age() : machine_.remove_sandbox();
    const Reply reply = call(step);
    const int status = step.value("status", 0);
    EXPECT_EQ(reply.status, status) << reply.text;
    if (reply.status != status) return;
    if (status != 0) return expect_error(step, profile_, case_.version, reply);
    if (step.contains("answer")) expect_answer(step, profile_, case_.version, reply);
    if (step["verb"] == "ADD") result_ = Json::parse(reply.text, nullptr, false);
  }

 private:
  /// Those of the verb (SPEC.md, section 2), then the step's changes.
  Variables variables_of(const Json& step) const {
    const std::string verb = step["verb"];
    Json variables{{"CNI_COMMAND", verb}, {"CNI_PATH", machine_.plugin_path()}};
    if (verb != "GC" && verb != "STATUS" && verb != "VERSION") {
      variables["CNI_CONTAINERID"] = kContainer;
      variables["CNI_NETNS"] = sandbox_;
      variables["CNI_IFNAME"] = "eth0";
    }
    variables.merge_patch(step.value("environment", Json::object()));
    Variables list;
    for (const auto& [key, value] : variables.items()) list.emplace_back(key, value);
    return list;
  }

  std::string input_of(const Json& step) const {
    if (step.contains("stdin")) return step["stdin"];
    if (step["verb"] == "VERSION") return Json{{"cniVersion", case_.version}}.dump();
    Json config = profile_["config"];
    config["cniVersion"] = case_.version;
    const bool wants_previous = step["verb"] == "CHECK" || step["verb"] == "DEL";
    if (wants_previous && case_.version >= "0.4.0" && result_) config["prevResult"] = *result_;
    config.merge_patch(step.value("config", Json::object()));
    for (const Json& key : step.value("nulls", Json::array())) config[key] = nullptr;
    return config.dump();
  }

  Reply call(const Json& step) { return machine_.run(variables_of(step), input_of(step)); }

  const Case& case_;
  const Json& profile_;
  Machine& machine_;
  std::string sandbox_;
  std::optional<Json> result_;
};

std::vector<Case> select_cases(const Json& table, const Json& profile) {
  std::vector<Case> cases;
  for (const Json& each : table["cases"]) {
    if (each.value("kind", profile["kind"]) != profile["kind"]) continue;
    if (each.contains("verb") && !contains(profile["verbs"], each["verb"])) continue;
    Json steps = each["steps"];
    const Json deviations = profile.value("deviations", Json::object());
    if (const auto found = deviations.find(each["name"]); found != deviations.end())
      steps.back().merge_patch(*found);
    for (const Json& version : each.value("versions", profile["versions"])) {
      if (contains(profile["versions"], version)) cases.push_back({each["name"], version, steps});
    }
  }
  return cases;
}

class ConformanceTest : public ::testing::Test {
 public:
  ConformanceTest(Case each, const Json& profile, const MachineMaker& make_machine)
      : case_(std::move(each)), profile_(profile), make_machine_(make_machine) {}

  void TestBody() override {
    const auto machine = make_machine_(profile_["plugin"]);
    CaseRun run(case_, profile_, *machine);
    for (const Json& step : case_.steps) run.step(step);
  }

 private:
  Case case_;
  const Json& profile_;
  const MachineMaker& make_machine_;
};

}  // namespace

int run_all(const Json& table, const Json& profile, const std::string& suffix,
            const MachineMaker& make_machine) {
  const std::string suite = profile["plugin"].get<std::string>() + suffix;
  for (const Case& each : select_cases(table, profile)) {
    ::testing::RegisterTest(suite.c_str(), (each.name + " (" + each.version + ")").c_str(), nullptr,
                            nullptr, __FILE__, __LINE__,
                            [each, &profile, &make_machine]() -> ::testing::Test* {
                              return new ConformanceTest(each, profile, make_machine);
                            });
  }
  return RUN_ALL_TESTS();
}

Json read_json(const std::string& path) {
  std::ifstream file(path);
  return Json::parse(file);
}

}  // namespace azcni::conformance
