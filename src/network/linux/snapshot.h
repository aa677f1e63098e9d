#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "kernel.h"
#include "links.h"

namespace azcni::network {

/// What the host has, by one dump of each kind, made when it is first needed: for a look at all
/// attachments, of each of which Kernel would ask some ten times (docs/adr/0029).
class Snapshot {
 public:
  explicit Snapshot(Kernel& kernel);

  /// True if the attachment's own link was there.
  bool has_link(const std::string& name, const net::MacAddress& mac) const;
  /// As Kernel::missing: what is in no dump is asked for once more, by itself.
  Objects missing(const Objects& wanted);

 private:
  using At = std::pair<unsigned, net::IpAddress>;     ///< an address, by the index of its link
  using Elements = std::map<nft::Bytes, nft::Entry>;  ///< by key

  bool saw(const Object& object);
  template <typename Kind>
  bool saw(const Kind& object);
  bool saw(const Veth& veth);
  bool saw(const LinkUp& link);
  bool saw(const BridgePort& port);
  bool saw(const Sysctl& sysctl);
  bool saw(const Neighbour& neighbour);
  bool saw(const Route& route);
  bool saw(const FdbEntry& entry);
  bool saw(const Element& element);

  const Link* find(const std::string& link) const;
  const std::set<std::pair<At, net::MacAddress>>& neighbours();
  const std::set<At>& routes(net::Family family);
  const std::set<std::pair<unsigned, net::MacAddress>>& fdb();

  Kernel& kernel_;
  net::Netlink netlink_;  ///< one that filters: none of the kernel's
  std::map<std::string, Link> links_;
  std::optional<std::set<std::pair<At, net::MacAddress>>> neighbours_;  ///< permanent ones
  std::map<net::Family, std::set<At>> routes_;                          ///< of containers
  std::optional<std::set<std::pair<unsigned, net::MacAddress>>> fdb_;   ///< sticky ones, by port
  std::map<std::pair<std::string, std::string>, Elements> elements_;    ///< by table and set
  std::map<std::string, bool> settings_;                                ///< sysctls, once asked
};

}  // namespace azcni::network
