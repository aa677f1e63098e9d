#include "azcni/base/http.h"

#include <gtest/gtest.h>

#include "azcni/base/error.h"

namespace azcni::http {
namespace {

TEST(Url, IsTakenApart) {
  const Url plain = parse_url("http://168.63.129.16/machine/plugins?comp=nmagent&type=x");
  EXPECT_EQ(plain.host, "168.63.129.16");
  EXPECT_EQ(plain.port, 80);
  EXPECT_EQ(plain.target, "/machine/plugins?comp=nmagent&type=x");
  const Url six = parse_url("http://[::1]:8080");
  EXPECT_EQ(six.host, "::1");
  EXPECT_EQ(six.port, 8080);
  EXPECT_EQ(six.target, "/");
}

// Catches: a name that a static binary could not resolve, or a request of two lines.
TEST(Url, IsRefusedUnlessItIsPlain) {
  for (const char* text : {"", "http://", "https://1.2.3.4/", "http://name/", "http://1.2.3.4:0/",
                           "http://1.2.3.4:99999/", "http://1.2.3.4:x/", "http://1.2.3.4/a b",
                           "http://1.2.3.4/\r\nHost: x", "1.2.3.4"}) {
    EXPECT_THROW(parse_url(text), Error) << text;
  }
}

}  // namespace
}  // namespace azcni::http
