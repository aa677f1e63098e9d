#pragma once

#include <optional>
#include <string>

#include "footprint.h"
#include "namespace.h"

namespace azcni::network {

/// Does footprints, by one socket for each namespace and protocol, opened when it is first needed.
/// All calls throw Error(kSystem) that names the object by the command that would make it.
///
/// Between protocols there is one order: links and what is on them, in the container and on the
/// host; nf_tables; what is of the NIC. Removal goes backwards.
class Kernel {
 public:
  Kernel() = default;
  /// `sandbox`: path of the container's network namespace.
  explicit Kernel(std::string sandbox) : sandbox_(std::move(sandbox)) {}

  /// What is absent is made, what is the same is left. What is there and different:
  ///
  ///     Veth          of this attachment: corrected; of an earlier life of the pod: replaced
  ///     Route         to a container that is gone: replaced; in a container's table, `behind`
  ///                   another: with the next metric; else an error that names the other
  ///     Element       of another owner, or none: replaced; a port of one that lives:
  ///                   Error(kPortTaken), and where tables are put with it, a warning
  ///     Ruleset       replaced as a whole, with the elements that attachments have in it
  ///     all others    replaced: the kernel has one of them
  ///
  /// UDP flows to ports of the host that are put begin anew.
  void put(const Footprint& wanted);
  /// As put, of what is attached: links are corrected, and none is made.
  void put_host_side(const Footprint& wanted);
  /// What is of level `highest` or below; absent is fine. All steps are tried before one throws;
  /// what is of nf_tables is one step.
  /// What is another's by now, its address with another MAC, stays.
  void remove(const Footprint& made, Level highest = Level::kAttachment);
  /// By value, marks not compared. A namespace that can't be opened has nothing.
  Footprint missing(const Footprint& wanted);
  /// Waits until packets pass, a second at most for each object, then warns and goes on.
  void settle(const Footprint& made);

  Namespace& host();
  Namespace& container();       ///< throws Error(kInvalidNetns)
  Namespace* find_container();  ///< null if it can't be opened
  net::Netlink& nft();          ///< throws Error(kSystem) if the kernel has no nf_tables
  net::Netlink* find_nft();     ///< null then

 private:
  void put_beside_links(const Objects& wanted);
  void put_rtnetlink(const std::vector<const Object*>& objects, Namespace& in);
  void put_nft(const Objects& objects);
  void remove_nft(const std::vector<const Object*>& objects);
  void remove_rtnetlink(const std::vector<const Object*>& objects);
  void remove_veth(const Veth& veth);
  bool is_there(const Object& object, Namespace& in);

  std::string sandbox_;
  // Closed last: that waits until the kernel has freed an element, which it does while a link is
  // deleted (docs/adr/0010).
  std::optional<net::Netlink> nft_;
  std::optional<Namespace> host_;
  std::optional<Namespace> container_;
};

}  // namespace azcni::network
