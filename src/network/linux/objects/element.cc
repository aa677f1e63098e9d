#include "azcni/base/error.h"
#include "nft/query.h"
#include "node_table.h"
#include "objects.h"
#include "owner.h"

namespace azcni::network {
namespace {

/// Whoever has the port must be there no more.
void take_port(const HostPort& port, const std::string& owner, net::Netlink& nft,
               nft::Transaction& transaction) {
  const auto holders = node_table::find_port(nft, port);
  for (const Element& each : holders) {
    if (each.owner == owner || !lives(each.owner)) continue;
    throw Error(ErrorCode::kPortTaken,
                "port " + std::to_string(port.number) + " of the host (" + port.protocol +
                    ", for port " + std::to_string(port.container_port) + " of " +
                    net::to_string(port.container) + ") leads to container " + each.owner +
                    " already",
                "choose another hostPort, or delete that container first");
  }
  for (const Element& each : holders) {
    if (each.owner != owner) transaction.of(each.table).delete_element(each.set, each.key);
  }
}

}  // namespace

bool append_creation(const Element& element, net::Netlink& nft, nft::Transaction& transaction) {
  const auto found = nft::find_element(nft, element.table, element.set, element.key);
  if (found && found->value == element.value && found->comment == element.owner) return false;
  if (element.port) take_port(*element.port, element.owner, nft, transaction);
  nft::Batch& batch = transaction.of(element.table);
  if (found) batch.delete_element(element.set, element.key);
  batch.add_element(element.set, element.key, element.value, element.owner);
  return true;
}

bool is_same(const Element& element, const nft::Entry& found) {
  return found.value == element.value && (found.comment.empty() || found.comment == element.owner);
}

bool is_there(const Element& element, net::Netlink& nft) {
  const auto found = nft::find_element(nft, element.table, element.set, element.key);
  return found && is_same(element, *found);
}

bool append_removal(const Element& element, net::Netlink& nft, nft::Transaction& transaction) {
  const auto found = nft::find_element(nft, element.table, element.set, element.key);
  if (!found) return false;
  const bool is_of_older_version =
      found->comment.empty() && (element.value.empty() || found->value == element.value);
  if (found->comment != element.owner && !is_of_older_version) return false;
  transaction.of(element.table).delete_element(element.set, element.key);
  return true;
}

std::string to_string(const Element& element) {
  return "nft add element " + to_string(element.table) + " " + element.set + " { " + element.text +
         " }";
}

}  // namespace azcni::network
