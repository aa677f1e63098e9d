#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types.h"

/// Of rules, what `nft` calls fields and values.
namespace azcni::network::nft {

std::string hex(const Bytes& bytes);
std::string hex(std::uint32_t number);
std::string quoted(const std::string& name);
std::string name_of(const Field& field);
std::string name_of(const std::vector<Field>& fields);
std::string name_of(std::uint16_t ethertype);
std::string name_of(net::Family family);
/// Addresses are known by their length.
std::string value_of(const Bytes& value);

}  // namespace azcni::network::nft
