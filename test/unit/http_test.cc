#include "azcni/base/http.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <future>

#include "requests.h"

namespace azcni::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

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

/// Answers one request at a port of its own; without an answer it waits until the client is gone.
class Server {
 public:
  explicit Server(const std::string& answer)
      : request_(std::async(std::launch::async, [this, answer] { return serve(answer); })) {}

  Url url() const {
    return parse_url("http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) +
                     "/a?b=c");
  }
  std::string request() { return request_.get(); }

 private:
  using Tcp = boost::asio::ip::tcp;

  std::string serve(const std::string& answer) {
    boost::system::error_code ignored;
    Tcp::socket client = acceptor_.accept();
    std::string request;
    boost::asio::read_until(client, boost::asio::dynamic_buffer(request), "\r\n\r\n", ignored);
    boost::asio::write(client, boost::asio::buffer(answer), ignored);
    char rest = 0;
    if (answer.empty()) client.read_some(boost::asio::buffer(&rest, 1), ignored);
    return request;
  }

  boost::asio::io_context context_;
  Tcp::acceptor acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::future<std::string> request_;
};

constexpr Limits kPatient{std::chrono::seconds(20), 64};
constexpr Limits kHasty{std::chrono::milliseconds(20), 64};

std::string failure_of(const Url& url, const Limits& limits) {
  return test::failure_of([&] { get(url, limits); });
}

TEST(Get, HasTheBody) {
  Server server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(get(server.url(), kPatient), "hello");
  const std::string request = server.request();
  EXPECT_THAT(request, StartsWith("GET /a?b=c HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nHost: 127.0.0.1\r\n"));
}

TEST(Get, TakesABodyThatEndsWithTheConnection) {
  Server server("HTTP/1.0 200 OK\r\n\r\nhello");
  EXPECT_EQ(get(server.url(), kPatient), "hello");
}

// Catches: a proxy's page about an error taken for an answer.
TEST(Get, FailsForAnotherStatus) {
  Server server("HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(failure_of(server.url(), kPatient),
            "104 GET " + server.url().text + ": answered with status 503, expected 200");
}

// Catches: an answer without an end that fills the memory.
TEST(Get, FailsForABodyThatIsTooLong) {
  Server server("HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n" + std::string(65, 'x'));
  EXPECT_THAT(failure_of(server.url(), kPatient),
              StartsWith("104 GET " + server.url().text + ": receive: "));
}

TEST(Get, FailsForWhatIsNoHttp) {
  Server server("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  EXPECT_THAT(failure_of(server.url(), kPatient),
              StartsWith("104 GET " + server.url().text + ": receive: "));
}

// Catches: an ADD that waits for ever for a server that says nothing.
TEST(Get, FailsWhenTheTimeIsOver) {
  Server server("");
  EXPECT_EQ(failure_of(server.url(), kHasty),
            "104 GET " + server.url().text + ": receive: timed out");
}

TEST(Get, FailsWhereNobodyListens) {
  const Url url = [] {
    Server server("");
    failure_of(server.url(), kHasty);
    return server.url();
  }();
  EXPECT_THAT(failure_of(url, kPatient), StartsWith("104 GET " + url.text + ": connect: "));
}

}  // namespace
}  // namespace azcni::http
