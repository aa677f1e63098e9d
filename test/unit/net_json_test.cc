#include "azcni/net/json.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace azcni::net {
namespace {

/// What reading it as a T is refused with; empty if it is read.
template <typename T>
std::string refusal(const Json& json) {
  try {
    json.get<T>();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

// Catches: an address that is written in another form than it is read in.
TEST(NetJson, IsTextBothWays) {
  const Json json = Json::parse(
      R"({"ip":"fd00::1","mac":"00:0d:3a:6e:18:25","prefixes":["10.0.0.5/24","fd00::/64"]})");
  const auto prefixes = json["prefixes"].get<std::vector<Prefix>>();
  EXPECT_EQ(prefixes, (std::vector{*parse_prefix("10.0.0.5/24"), *parse_prefix("fd00::/64")}));
  EXPECT_EQ(Json({{"ip", json["ip"].get<IpAddress>()},
                  {"mac", json["mac"].get<MacAddress>()},
                  {"prefixes", prefixes}}),
            json);
  EXPECT_EQ(Json(std::vector<IpAddress>{}), Json::array());
}

// Catches: damage in a record that is read as 0.0.0.0, or that the log does not show.
TEST(NetJson, NamesWhatItRefuses) {
  EXPECT_EQ(refusal<IpAddress>("10.0.0.5/24"), "no IP address: \"10.0.0.5/24\"");
  EXPECT_EQ(refusal<Prefix>("10.0.0.5"), "no prefix: \"10.0.0.5\"");
  EXPECT_EQ(refusal<MacAddress>(""), "no MAC address: \"\"");
  EXPECT_EQ(refusal<std::vector<IpAddress>>({"10.0.0.5", "odd"}), "no IP address: \"odd\"");
  EXPECT_THROW(Json(7).get<IpAddress>(), Json::exception);
  EXPECT_THROW(Json("10.0.0.0/8").get<std::vector<Prefix>>(), Json::exception);
}

// Catches: a number under another's key, and one that nobody gave.
TEST(NetJson, HasTheNumbersOfARouteThatThereAre) {
  const Json json =
      Json::parse(R"({"mtu":1300,"advmss":1200,"priority":7,"table":100,"scope":253})");
  const RouteMetrics metrics = json.get<RouteMetrics>();
  EXPECT_EQ(metrics, (RouteMetrics{1300, 1200, 7, 100, 253}));
  EXPECT_EQ(Json(metrics), json);
  EXPECT_EQ(Json(RouteMetrics{.table = 100}), Json({{"table", 100}}));
  EXPECT_EQ(Json(RouteMetrics{}), Json::object());
}

}  // namespace
}  // namespace azcni::net
