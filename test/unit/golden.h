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

/// A text beside test/unit/golden/NAME.txt. AZCNI_WRITE_GOLDEN=1 writes the file instead: its diff
/// is then what a reviewer reads.
inline void compare_with_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(AZCNI_SOURCE) + "/test/unit/golden/" + name + ".txt";
  if (std::getenv("AZCNI_WRITE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::stringstream known;
  known << std::ifstream(path).rdbuf();
  EXPECT_EQ(text, known.str()) << "not as in " << path;
}

/// The bytes of netlink messages.
class Golden {
 public:
  explicit Golden(std::string name) : name_(std::move(name)) {}

  /// What `act` sends, under a title of its own.
  void record(const std::string& title, const std::function<void()>& act) {
    static_cast<void>(wire.sent());
    act();
    text_ += "# " + title + "\n" + wire.sent() + "\n";
  }

  void compare() const { compare_with_golden(name_, text_); }

  Wire wire;

 private:
  std::string name_;
  std::string text_;
};

}  // namespace azcni::test
