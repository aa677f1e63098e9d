#include "azure-vnet/cli/json_location.h"

#include <gtest/gtest.h>

namespace azcni::vnet {
namespace {

using Path = std::vector<std::string>;

std::string text_of(const JsonLocation& location) {
  return std::to_string(location.line) + ":" + std::to_string(location.column);
}

// Catches: lines counted from 0, and a column that goes on at the end of a line.
TEST(JsonLocation, CountsLinesAndColumnsFromOne) {
  const std::string text = "ab\n\nc\r\nd";
  const std::vector<std::pair<std::size_t, const char*>> offsets{
      {0, "1:1"}, {1, "1:2"}, {2, "1:3"}, {3, "2:1"}, {4, "3:1"}, {7, "4:1"}, {99, "4:2"}};
  for (const auto& [offset, expected] : offsets)
    EXPECT_EQ(text_of(location_of(text, offset)), expected) << offset;
}

// Catches: a brace, a quote or a comma within a text taken for one of the document.
TEST(JsonLocation, FindsAValueByItsPath) {
  struct Case {
    const char* text;
    Path path;
    const char* expected;
  };
  for (const Case& each : {
           Case{"  {}", {}, "1:3"},
           Case{R"({"a":1,"b":2})", {"b"}, "1:12"},
           Case{"{\n  \"a\" : -1.5e3 ,\n  \"b\" :\t[ true , null ] }", {"b", "1"}, "3:18"},
           Case{R"({"a":{"x":[1,{"y":2}]},"b":{"x":3}})", {"b", "x"}, "1:33"},
           Case{R"({"a":"}],\"b\":","b":7})", {"b"}, "1:22"},
           Case{R"({"a":"\\","b":7})", {"b"}, "1:15"},
           Case{R"({"a":["}","]"],"b":7})", {"b"}, "1:20"},
           Case{R"({"a":"","b":[],"c":{},"d":7})", {"d"}, "1:27"},
           Case{R"({"\u0061b":7})", {"ab"}, "1:12"},
           Case{R"([[],[0,[8,9]]])", {"1", "1", "1"}, "1:11"},
           Case{R"({"a":false,"b":[null,7]})", {"b", "1"}, "1:22"},
       }) {
    EXPECT_EQ(text_of(find_value(each.text, each.path)), each.expected) << each.text;
  }
}

// Catches: a complaint about what is missing that points nowhere.
TEST(JsonLocation, OfWhatIsMissingIsThatOfTheNearestAbove) {
  const std::string text = R"({"a":{"b":7},"c":[1]})";
  EXPECT_EQ(text_of(find_value(text, {"x"})), "1:1");
  EXPECT_EQ(text_of(find_value(text, {"a", "x"})), "1:6");
  EXPECT_EQ(text_of(find_value(text, {"a", "b", "x"})), "1:11");
  EXPECT_EQ(text_of(find_value(text, {"c", "1"})), "1:18");
  EXPECT_EQ(text_of(find_value("", {"a"})), "1:1");
}

}  // namespace
}  // namespace azcni::vnet
