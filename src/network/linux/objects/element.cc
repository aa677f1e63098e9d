#include <algorithm>

#include "azcni/base/error.h"
#include "nft/query.h"
#include "objects.h"

namespace azcni::network {
namespace {

/// A port of the host leads to a container that is there.
void require_dead(const Element& wanted, const nft::Bytes& found, net::Netlink& nft) {
  const net::IpAddress& self = wanted.port->container;
  const nft::Bytes holder(found.begin(), found.begin() + self.bits() / 8);
  if (holder == nft::bytes_of(self) ||
      !nft::find_element(nft, wanted.table, wanted.holders, holder))
    return;
  throw Error(ErrorCode::kPortTaken,
              "port " + std::to_string(wanted.port->number) + " of the host leads to " +
                  net::to_string(net::IpAddress(self.family(), holder)) + " already",
              "choose another hostPort, or delete that container first");
}

}  // namespace

bool append_creation(const Element& element, net::Netlink& nft, nft::Transaction& transaction) {
  nft::Batch& batch = transaction.of(element.table);
  const auto found = nft::find_element(nft, element.table, element.set, element.key);
  if (found == element.value) return false;
  if (found) {
    if (element.port) require_dead(element, *found, nft);
    batch.delete_element(element.set, element.key);
  }
  batch.add_element(element.set, element.key, element.value);
  return true;
}

bool is_there(const Element& element, net::Netlink& nft) {
  return nft::find_element(nft, element.table, element.set, element.key) == element.value;
}

bool append_removal(const Element& element, net::Netlink& nft, nft::Transaction& transaction) {
  if (!is_there(element, nft)) return false;
  if (const auto& port = element.port) {
    // The address and its port may be another container's by now.
    const auto holder =
        nft::find_element(nft, element.table, element.holders, nft::bytes_of(port->container));
    if (holder != nft::bytes_of(port->mac)) return false;
  }
  transaction.of(element.table).delete_element(element.set, element.key);
  return true;
}

std::string to_string(const Element& element) {
  return "nft add element " + to_string(element.table) + " " + element.set + " { " + element.text +
         " }";
}

}  // namespace azcni::network
