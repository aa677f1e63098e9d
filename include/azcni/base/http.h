#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace azcni::http {

struct Url {
  std::string text;  ///< as given, for messages
  std::string host;  ///< an IP address: names are not resolved (no NSS in a static binary)
  std::uint16_t port;
  std::string target;
};

/// "http://ADDRESS[:PORT][/PATH]"; throws Error(kInvalidConfig).
Url parse_url(const std::string& text);

struct Limits {
  std::chrono::milliseconds time;  ///< for all of it: connect, send, receive
  std::size_t body_bytes;
};

/// The body of a GET that was answered with 200. Anything else throws Error(kMetadata) that names
/// the URL and tells refused, timed out, another status and too long apart.
std::string get(const Url& url, const Limits& limits);

}  // namespace azcni::http
