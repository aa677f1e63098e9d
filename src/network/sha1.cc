#include "sha1.h"

#include <boost/uuid/detail/sha1.hpp>

namespace azcni::network {

std::vector<std::uint8_t> sha1(const std::string& text) {
  boost::uuids::detail::sha1 hash;
  hash.process_bytes(text.data(), text.size());
  boost::uuids::detail::sha1::digest_type digest;
  hash.get_digest(digest);
  std::vector<std::uint8_t> bytes;
  for (const auto part : digest) {  // 5 words, or 20 bytes from Boost 1.86 on
    for (int shift = static_cast<int>(8 * sizeof part) - 8; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<std::uint8_t>(part >> shift));
    }
  }
  return bytes;
}

}  // namespace azcni::network
