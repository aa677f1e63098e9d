#pragma once

#include <functional>
#include <vector>

#include "kernel.h"

/// What attachments have in tables of ours, whoever they are: looked for by owner and by address.
namespace azcni::network::elements {

bool is_ours(const nft::Table& table);

std::vector<Element> list(net::Netlink& nft);

/// The container's address that the element leads to, or that rules know it by.
net::IpAddress address_of(const Element& element);

/// What others have for addresses of this attachment, which are its alone now: that of a ruleset
/// which somebody saved and loaded since. Costs a look at each address where there is none.
Objects of_former_holders(net::Netlink& nft, const EndpointRecord& endpoint);

/// Those that no attachment on record owns, and of those without an owner (older versions) those
/// whose address is on no record; what a link leads to has an owner all the same.
std::vector<Element> without_owner(std::vector<Element> all,
                                   const std::vector<EndpointRecord>& on_record);

/// Removes them. `on_record` is asked after the elements were listed: an attachment is on record,
/// if not complete, before it has any.
void sweep(Kernel& kernel, const std::function<std::vector<EndpointRecord>()>& on_record);

}  // namespace azcni::network::elements
