#pragma once

#include <optional>
#include <vector>

#include "azcni/net/address.h"
#include "azcni/net/netlink.h"
#include "links.h"

/// Neighbour entries, one function a request; as links.h.
namespace azcni::network {

struct Neighbour {
  net::IpAddress address;
  net::MacAddress mac;
  LinkId link;
  bool permanent = false;
  bool operator==(const Neighbour&) const = default;
};

/// Permanent: never asked for, never forgotten.
void put_neighbour(net::Netlink& netlink, const Neighbour& neighbour);
/// No error if it is gone.
void delete_neighbour(net::Netlink& netlink, const Neighbour& neighbour);
/// Who has the address on that link, as the neighbour table has it.
std::optional<net::MacAddress> find_neighbour(net::Netlink& netlink, const LinkId& link,
                                              const net::IpAddress& address);
std::vector<Neighbour> list_neighbours(net::Netlink& netlink, const LinkId& link,
                                       net::Family family);

}  // namespace azcni::network
