#include "resolved.h"

#include <gmock/gmock.h>

namespace azcni::network::resolved {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Catches: the link's own name taken for a server, and servers of further lines left behind.
TEST(Resolvectl, NamesServersBehindTheLink) {
  EXPECT_THAT(words_after_link("Link 2 (eth0): 168.63.129.16\n"), ElementsAre("168.63.129.16"));
  EXPECT_THAT(words_after_link("Link 2 (eth0): 168.63.129.16 fe80::1%2\n"
                               "               10.0.0.10#dns.example\n"),
              ElementsAre("168.63.129.16", "fe80::1%2", "10.0.0.10#dns.example"));
  EXPECT_THAT(words_after_link("Link 2 (eth0): ~. internal.cloudapp.net\n"),
              ElementsAre("~.", "internal.cloudapp.net"));
  EXPECT_THAT(words_after_link("Link 2 (eth0):\n"), IsEmpty());
}

// Catches: a complaint handed on as names of servers.
TEST(Resolvectl, MaySayNothingOfALink) {
  EXPECT_THAT(words_after_link(""), IsEmpty());
  EXPECT_THAT(words_after_link("Failed to resolve interface \"eth9\": No such device\n"),
              IsEmpty());
}

// Catches: a bridge whose settings are there, and no server, taken for one that resolves.
TEST(ResolvedState, NamesServers) {
  const std::string settings = "# This is private data. Do not parse.\nLLMNR=yes\nMDNS=no\n";
  EXPECT_FALSE(has_server(""));
  EXPECT_FALSE(has_server(settings));
  EXPECT_TRUE(has_server(settings + "SERVERS=168.63.129.16\nDOMAINS=internal.cloudapp.net\n"));
}

}  // namespace
}  // namespace azcni::network::resolved
