#pragma once

#include <optional>
#include <string>

#include "azcni/network/endpoint.h"

namespace azcni::network {

/// The attachment that an element of nf_tables is of, as its comment tells: "<container>@eth0". A
/// comment has at most 127 characters, and a `"` in one makes a whole saved ruleset unloadable: a
/// key that does not fit is cut, and ends with the MAC address of the host's link: "…@eth0@aa01…".
std::string owner_of(const EndpointId& id);

/// True if the host's link of that attachment is there; false of a text that names none.
bool lives(const std::string& owner);

/// The MAC address of the host's link by which it is known.
std::optional<net::MacAddress> link_mac_of(const std::string& owner);

}  // namespace azcni::network
