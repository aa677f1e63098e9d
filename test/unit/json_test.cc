#include "azcni/base/json.h"

#include <gtest/gtest.h>

namespace azcni {
namespace {

TEST(Fields, MatchInAnyLetterCaseAndPreferTheExactKey) {
  const Json json = Json::parse(R"({"IPAM": {"SubNet": "a", "subnet": "b"}, "nothing": null})");
  const Fields fields(json, "");
  EXPECT_EQ(fields.object("ipam")->text("subnet"), "b");
  EXPECT_FALSE(fields.has("nothing"));
  EXPECT_FALSE(fields.has("absent"));
}

// Catches: an error that leaves the reader to guess which field it is about.
TEST(Fields, NameTheFieldThatIsWrong) {
  const Json json = Json::parse(
      R"({"a": {"b": [{"c": 5}, {"c": "x"}]}, "n": -1, "big": 4294967296, "list": [1]})");
  const Fields fields(json, "");
  const auto message = [](const auto& read) {
    try {
      read();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidConfig);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message([&] { fields.object("a")->objects("b")[0].text("c"); }),
            "a.b[0].c: expected a string, not 5");
  EXPECT_EQ(message([&] { fields.text("a"); }),
            R"(a: expected a string, not {"b":[{"c":5},{"c":"x"}]})");
  EXPECT_NE(message([&] { fields.number("n"); }), "");
  EXPECT_NE(message([&] { fields.number("big"); }), "");
  EXPECT_NE(message([&] { fields.texts("list"); }), "");
  EXPECT_NE(message([&] { fields.object("n"); }), "");
}

TEST(Json, IsReadToItsEnd) {
  EXPECT_THROW(parse_json("{} {}", "x"), Error);
  EXPECT_THROW(parse_json("", "x"), Error);
  EXPECT_EQ(parse_json(" {\"a\": 1}\n", "x")["a"], 1);
}

}  // namespace
}  // namespace azcni
