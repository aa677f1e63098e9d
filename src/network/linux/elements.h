#pragma once

#include <vector>

#include "azcni/net/netlink.h"
#include "azcni/network/endpoint.h"
#include "footprint.h"

/// What attachments have in tables of ours, whoever they are: looked for by owner and by address.
namespace azcni::network::elements {

bool is_ours(const nft::Table& table);

std::vector<Element> list(net::Netlink& nft);

/// The container's address that the element leads to, or that rules know it by; unspecified of what
/// is of its link.
net::IpAddress address_of(const Element& element);

/// What others have for addresses of this attachment, which are its alone now: that of a ruleset
/// which somebody saved and loaded since. Costs a look at each address where there is none.
Objects of_former_holders(net::Netlink& nft, const EndpointRecord& endpoint);

/// Those that are of no attachment: their owner is on no record, if not complete, and has no link.
/// Of those without an owner (older versions) the address decides.
Objects without_owners(const std::vector<Element>& listed,
                       const std::vector<EndpointRecord>& on_record);

}  // namespace azcni::network::elements
