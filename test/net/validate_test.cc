// azure-vnet validate and schema: what an editor's user and an administrator are told of a file.

#include <fstream>
#include <sstream>

#include "net_test.h"

namespace azcni::test {
namespace {

std::string read_source(const std::string& path) {
  std::ifstream stream(std::string(AZCNI_SOURCE) + "/" + path);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

lab::Exit vnet(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string(AZCNI_PLUGINS) + "/azure-vnet");
  return lab::run({}, arguments);
}

struct BadConfig {
  const char* name;
  const char* text;
  std::vector<const char*> complaints;
  int status = 1;

  friend void PrintTo(const BadConfig& each, std::ostream* out) { *out << each.name; }
};

class Validate : public ::testing::TestWithParam<BadConfig> {
 protected:
  /// /dev/stdin, as a file.
  static lab::Exit run_on(const std::string& text, const std::vector<std::string>& more = {}) {
    std::vector<std::string> argv{std::string(AZCNI_PLUGINS) + "/azure-vnet", "validate",
                                  "/dev/stdin"};
    argv.insert(argv.end(), more.begin(), more.end());
    return lab::run({}, argv, {}, text);
  }
};

INSTANTIATE_TEST_SUITE_P(
    Files, Validate,
    ::testing::Values(
        BadConfig{"good",
                  R"({"cniVersion":"1.0.0","name":"azure","plugins":[{"type":"azure-vnet",
                      "ipam":{"type":"azure-vnet-ipam"}},{"type":"portmap","anything":1}]})",
                  {"valid"},
                  0},
        BadConfig{"unknown_field",
                  "{\"name\":\"azure\",\"type\":\"azure-vnet\",\n  \"ipMasp\": true,\n"
                  "\"ipam\":{\"type\":\"azure-vnet-ipam\",\"queryIntervall\":3}}",
                  {":2:13: warning: ipMasp: no such field, ignored; did you mean ipMasq?",
                   "did you mean ipam.queryInterval?"},
                  0},
        BadConfig{"wrong_type",
                  "{\"name\": \"azure\", \"plugins\": [\n {\"type\": \"azure-vnet\", \"mode\": 7,\n"
                  "  \"ipam\": {\"type\": \"azure-vnet-ipam\",\n   \"ipFamilies\": \"IPv4\"}}]}",
                  {":2:33: error: mode: expected a text, not 7",
                   ":4:18: error: ipam.ipFamilies: expected a list of texts"}},
        BadConfig{
            "wrong_value",
            R"({"name":"azure","type":"azure-vnet","mode":"transparant","vnetCidrs":["10/8"],
                      "ipam":{"type":"azure-vnet-ipam","environment":"aws"}})",
            {"mode: expected one of transparent, bridge, tunnel",
             "vnetCidrs: expected a list of CIDRs", "ipam.environment: expected one of azure"}},
        BadConfig{
            "no_version",
            R"({"cniVersion":"9.9.9","name":"azure","type":"azure-vnet","ipam":{"type":"x"}})",
            {":1:15: error: cniVersion: expected one of"}},
        BadConfig{"missing",
                  R"({"name":"azure","plugins":[{"type":"azure-vnet"}]})",
                  {":1:28: error: ipam: missing"}},
        BadConfig{"no_json",
                  "{\"name\": \"azure\",\n  \"type\" \"azure-vnet\"}",
                  {":2:21: error: not JSON"}},
        // Windows' editors begin with one; no runtime's JSON reader takes it.
        BadConfig{"byte_order_mark",
                  "\xEF\xBB\xBF{\"name\":\"azure\",\"type\":\"azure-vnet\","
                  "\"ipam\":{\"type\":\"azure-vnet-ipam\"}}",
                  {"byte order mark"}},
        BadConfig{"no_utf8",
                  "{\"name\":\"azure\",\"type\":\"azure-vnet\",\"mode\":\"transp\xE4rent\"}",
                  {": error: not JSON"}},
        BadConfig{"refused",
                  R"({"name":"azure","type":"azure-vnet","multiTenancy":true,
                                 "ipam":{"type":"azure-vnet-ipam"}})",
                  {"error: multiTenancy: true is not supported"}},
        BadConfig{"twice",
                  R"({"name":"azure","plugins":[{"type":"azure-vnet",
            "capabilities":{"portMappings":true},"ipam":{"type":"x"}},
            {"type":"portmap","capabilities":{"portMappings":true}}]})",
                  {"portMappings: azure-vnet and portmap would both do it"}},
        BadConfig{"capability",
                  R"({"name":"azure","type":"azure-vnet","ipam":{"type":"x"},
            "capabilities":{"portmappings":true,"bandwith":true}})",
                  {"capabilities.bandwith: no such field, ignored; did you mean "
                   "capabilities.bandwidth?"},
                  0}),
    case_name<BadConfig>);

TEST_P(Validate, SaysWhatAndWhere) {
  const lab::Exit exit = run_on(GetParam().text);
  EXPECT_EQ(exit.status, GetParam().status) << exit.out << exit.err;
  for (const char* complaint : GetParam().complaints)
    EXPECT_NE(exit.out.find(complaint), std::string::npos) << complaint << ", not: " << exit.out;
  const lab::Exit as_json = run_on(GetParam().text, {"-o", "json"});
  EXPECT_TRUE(Json::parse(as_json.out, nullptr, false).is_array())
      << "validate -o json: " << as_json.out << as_json.err;
}

// Catches: a configuration that is shipped and does not pass.
TEST(Validation, PassesAllThatIsShipped) {
  const std::string find = lab::run({}, {"find", AZCNI_SOURCE "/conf", "-name", "*.conflist"}).out;
  std::istringstream files(find);
  int count = 0;
  for (std::string file; std::getline(files, file); ++count) {
    const lab::Exit exit = vnet({"validate", file});
    EXPECT_EQ(exit.out, "valid\n") << file;
  }
  EXPECT_GE(count, 2);
}

// Catches: a schema or a documentation that has fallen behind the code.
TEST(Validation, SchemaAndDocumentationAreUpToDate) {
  const lab::Exit schema = vnet({"schema"});
  EXPECT_EQ(schema.out, read_source("docs/azure-vnet.schema.json"))
      << "azure-vnet schema > docs/azure-vnet.schema.json";
  EXPECT_EQ(vnet({"schema", "--markdown"}).out, read_source("docs/fields.md"))
      << "azure-vnet schema --markdown > docs/fields.md";
}

// Catches: a flag that is described as the opposite of what it does.
TEST(Validation, FlagsThatDisableAreDescribedSo) {
  const Json plugin =
      Json::parse(vnet({"schema"}).out).at("properties").at("plugins").at("items").at("then");
  int count = 0;
  for (const auto& [name, field] : plugin.at("properties").items()) {
    if (name.rfind("disable", 0) != 0) continue;
    const std::string meaning = field.at("description");
    const bool is_told = meaning.rfind("do not ", 0) == 0 || meaning == "without effect";
    EXPECT_TRUE(is_told) << name << ": " << meaning;
    ++count;
  }
  EXPECT_GE(count, 3);
}

TEST(Validation, ExplainsEveryErrorOfTheDocumentation) {
  std::istringstream lines(read_source("docs/errors.md"));
  int count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.size() < 4 || line[0] != '|' || line[2] < '0' || line[2] > '9') continue;
    const std::string code = line.substr(2, line.find(' ', 2) - 2);
    EXPECT_EQ(vnet({"explain", code}).out.rfind(code + ": ", 0), 0U) << code;
    ++count;
  }
  EXPECT_GE(count, 19);
  EXPECT_EQ(vnet({"explain", "nonsense"}).status, 1);
}

}  // namespace
}  // namespace azcni::test
