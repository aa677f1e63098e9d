// The table of fields, and what is made of it.

#include "azure-vnet/cli/fields.h"

#include <gtest/gtest.h>

#include <map>

#include "azcni/cli/command_line.h"
#include "azcni/cni/version.h"
#include "requests.h"

namespace azcni::vnet {
namespace {

/// "a.b" → "/properties/a/properties/b".
std::string pointer_of(std::string_view path) {
  std::string pointer;
  for (const std::string& key : keys_of({path, FieldKind::kText, "", "", ""}))
    pointer += "/properties/" + key;
  return pointer;
}

const Json& plugin_schema() {
  static const Json schema = json_schema();
  return schema.at(Json::json_pointer("/properties/plugins/items/then"));
}

// Catches: a field that is there twice, or within something that is no object.
TEST(FieldTable, IsATree) {
  for (const auto fields : {field_definitions(), list_definitions()}) {
    std::map<std::string, FieldKind> known;
    for (const FieldDefinition& field : fields) {
      const std::string path(field.path);
      EXPECT_TRUE(known.emplace(path, field.kind).second) << path << " is there twice";
      const std::vector<std::string> keys = keys_of(field);
      if (path.find('.') == std::string::npos) continue;
      ASSERT_GT(keys.size(), 1U) << path;
      const auto above = known.find(path.substr(0, path.size() - keys.back().size() - 1));
      EXPECT_TRUE(above != known.end() && above->second == FieldKind::kObject) << path;
      EXPECT_NE(field.meaning, "") << path;
    }
  }
}

// Catches: a name with dots taken for objects within objects.
TEST(FieldTable, KnowsKeysThatHaveDots) {
  const auto keys = [](std::string_view path) {
    return keys_of({path, FieldKind::kText, "", "", ""});
  };
  EXPECT_EQ(keys("mode"), std::vector<std::string>{"mode"});
  EXPECT_EQ(keys("ipam.subnet"), (std::vector<std::string>{"ipam", "subnet"}));
  EXPECT_EQ(keys("capabilities.io.kubernetes.cri.pod-annotations"),
            (std::vector<std::string>{"capabilities", "io.kubernetes.cri.pod-annotations"}));
}

// Catches: a field that editors do not know, and one whose description is another's.
TEST(FieldTable, IsInTheSchema) {
  const auto expect_in = [](const Json& schema, const FieldDefinition& field) {
    const Json::json_pointer pointer(pointer_of(field.path));
    ASSERT_TRUE(schema.contains(pointer)) << field.path;
    EXPECT_EQ(schema.at(pointer).at("description"), field.meaning);
    const bool is_described = schema.at(pointer).contains("type") ||
                              schema.at(pointer).contains("oneOf") || field.path == "plugins";
    EXPECT_TRUE(is_described) << field.path;
  };
  for (const FieldDefinition& field : field_definitions()) expect_in(plugin_schema(), field);
  const Json list = json_schema();
  for (const FieldDefinition& field : list_definitions()) expect_in(list, field);
}

// Catches: a schema that lets a file pass without what is required, or with values that are none.
TEST(FieldTable, SaysInTheSchemaWhatMustBe) {
  EXPECT_EQ(json_schema().at("required"), Json({"name", "plugins"}));
  EXPECT_EQ(plugin_schema().at("required"), Json({"type", "ipam"}));
  const auto of = [](const char* path) {
    Json schema = plugin_schema().at(Json::json_pointer(pointer_of(path)));
    schema.erase("description");
    return schema;
  };
  EXPECT_EQ(of("ipam").at("required"), Json({"type"}));
  EXPECT_EQ(of("mode"), Json::parse(R"({"type":"string","enum":["transparent","bridge","tunnel",
      "l2-bridge","l2bridge","l2-tunnel","l2tunnel"]})"));
  EXPECT_EQ(of("ipMasq"), Json::parse(R"({"type":"boolean"})"));
  EXPECT_EQ(of("master"), Json::parse(R"({"type":"string","maxLength":15})"));
  EXPECT_EQ(of("vnetCidrs"), Json::parse(R"({"oneOf":[{"type":"string"},
      {"type":"array","items":{"type":"string"}}]})"));
  EXPECT_EQ(of("ipam.ipFamilies"), Json::parse(R"({"type":"array","items":
      {"type":"string","enum":["IPv4","IPv6"]}})"));
  EXPECT_EQ(of("ipam.queryInterval"), Json::parse(R"({"oneOf":[{"type":"string"},
      {"type":"integer","minimum":0}]})"));
  EXPECT_EQ(of("ipam.queryUrl"), Json::parse(R"({"type":"string","pattern":"^http://"})"));
  EXPECT_EQ(of("windowsSettings.hnsTimeoutDurationInSeconds"),
            Json::parse(R"({"type":"integer","minimum":0})"));
  EXPECT_EQ(of("AdditionalArgs"), Json::parse(R"({"type":"array","items":{"type":"object"}})"));
}

// Catches: a version that a file may name and that the plugins do not speak, or the reverse.
TEST(FieldTable, HasTheVersionsThatAreSpoken) {
  std::vector<std::string> versions;
  for (const FieldDefinition& field : list_definitions()) {
    if (field.path == "cniVersion") versions = field.choice();
  }
  std::sort(versions.begin(), versions.end());
  EXPECT_EQ(versions, cni::supported_versions());
}

// Catches: a field without its row.
TEST(FieldTable, IsInTheDocumentation) {
  const std::string markdown = fields_as_markdown();
  for (const auto fields : {field_definitions(), list_definitions()}) {
    for (const FieldDefinition& field : fields) {
      EXPECT_NE(markdown.find("\n| `" + std::string(field.path) + "` | "), std::string::npos)
          << field.path;
    }
  }
}

// Catches: a schema or a documentation that has fallen behind the code, before a build that is run.
TEST(FieldTable, IsAsPublished) {
  EXPECT_EQ(fields_as_markdown(), test::read_source("docs/fields.md"));
  EXPECT_EQ(cli::in_lines(json_schema()), test::read_source("docs/azure-vnet.schema.json"));
}

}  // namespace
}  // namespace azcni::vnet
