#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace azcni::network {

/// Names and addresses that must be the same in every call are made of it; nothing is secret.
std::vector<std::uint8_t> sha1(const std::string& text);

}  // namespace azcni::network
