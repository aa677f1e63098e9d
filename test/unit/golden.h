#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "wire.h"

namespace azcni::test {

inline constexpr net::MacAddress kMac{{0x0a, 1, 2, 3, 4, 5}};
inline net::IpAddress ip(const char* text) { return net::parse_ip(text).value(); }
inline net::Prefix prefix(const char* text) { return net::parse_prefix(text).value(); }

/// The bytes of netlink messages beside test/unit/golden/NAME.txt. AZCNI_WRITE_GOLDEN=1 writes the
/// file instead: its diff is then what a reviewer reads.
class Golden {
 public:
  explicit Golden(const std::string& name)
      : path_(std::string(AZCNI_SOURCE) + "/test/unit/golden/" + name + ".txt") {}

  /// What `act` sends, under a title of its own.
  void record(const std::string& title, const std::function<void()>& act) {
    static_cast<void>(wire.sent());
    act();
    text_ += "# " + title + "\n" + wire.sent() + "\n";
  }

  void compare() const {
    if (std::getenv("AZCNI_WRITE_GOLDEN") != nullptr) {
      std::ofstream(path_) << text_;
      return;
    }
    std::stringstream known;
    known << std::ifstream(path_).rdbuf();
    EXPECT_EQ(text_, known.str()) << "another message than " << path_ << " has";
  }

  Wire wire;

 private:
  std::string path_;
  std::string text_;
};

}  // namespace azcni::test
