#include "azcni/base/http.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <charconv>
#include <limits>

#include "azcni/base/error.h"

namespace azcni::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

constexpr std::string_view kScheme = "http://";

std::uint16_t parse_port(std::string_view text, const Error& invalid) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc() || end != text.data() + text.size() || port == 0) throw invalid;
  return port;
}

/// One GET: each step starts the next, all under one deadline.
class Exchange {
 public:
  Exchange(const Url& url, const Limits& limits) : url_(url), stream_(context_) {
    request_.method(beast::http::verb::get);
    request_.target(url.target);
    request_.set(beast::http::field::host, url.host);
    response_.body_limit(limits.body_bytes);
    stream_.expires_after(limits.time);
  }

  std::string run() {
    stream_.async_connect(
        {asio::ip::make_address(url_.host), url_.port}, [this](beast::error_code result) {
          if (failed("connect", result)) return;
          beast::http::async_write(stream_, request_, [this](beast::error_code sent, std::size_t) {
            if (failed("send", sent)) return;
            beast::http::async_read(
                stream_, buffer_, response_,
                [this](beast::error_code read, std::size_t) { failed("receive", read); });
          });
        });
    context_.run();
    if (!failure_.empty()) throw Error(ErrorCode::kMetadata, "GET " + url_.text + ": " + failure_);
    if (response_.get().result() != beast::http::status::ok) {
      throw Error(ErrorCode::kMetadata, "GET " + url_.text + ": answered with status " +
                                            std::to_string(response_.get().result_int()) +
                                            ", expected 200");
    }
    return std::move(response_.get().body());
  }

 private:
  bool failed(const std::string& step, beast::error_code result) {
    if (!result) return false;
    failure_ = step + ": " + (result == beast::error::timeout ? "timed out" : result.message());
    return true;
  }

  const Url& url_;
  asio::io_context context_{1};
  beast::tcp_stream stream_;
  beast::http::request<beast::http::empty_body> request_;
  beast::flat_buffer buffer_;
  beast::http::response_parser<beast::http::string_body> response_;
  std::string failure_;
};

}  // namespace

Url parse_url(const std::string& text) {
  const Error invalid(ErrorCode::kInvalidConfig,
                      "\"" + text + "\" is no URL of the form http://ADDRESS[:PORT]/PATH",
                      "the address must be numeric: host names are not resolved");
  if (text.rfind(kScheme, 0) != 0) throw invalid;
  const std::string_view rest = std::string_view(text).substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  Url url{text, {}, 80, slash == std::string_view::npos ? "/" : std::string(rest.substr(slash))};

  const std::size_t bracket = authority.find(']');  // [IPv6]:port
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    url.port = parse_port(authority.substr(colon + 1), invalid);
    authority = authority.substr(0, colon);
  }
  if (bracket != std::string_view::npos && authority.front() == '[') {
    authority = authority.substr(1, bracket - 1);
  }
  url.host = authority;
  beast::error_code not_numeric;
  asio::ip::make_address(url.host, not_numeric);
  const auto printable = [](char c) { return c > ' ' && c < 0x7f; };
  if (not_numeric || !std::all_of(url.target.begin(), url.target.end(), printable)) throw invalid;
  return url;
}

std::string get(const Url& url, const Limits& limits) { return Exchange(url, limits).run(); }

}  // namespace azcni::http
