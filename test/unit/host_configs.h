#pragma once

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstdint>
#include <vector>

#include "golden.h"
#include "host_config.h"

namespace azcni::test {

using Messages = std::vector<net::NetlinkMessage>;

/// What a host may have on interface `index`, as the kernel tells it.
class HostObjects {
 public:
  explicit HostObjects(unsigned index) : index_(index) {}

  /// `life`: in seconds; 0: endless.
  HostObjects& address(const char* text, unsigned flags = 0, unsigned life = 0) {
    const net::Prefix value = prefix(text);
    const ifaddrmsg header{net::family_number(value.address.family()), value.length, 0,
                           RT_SCOPE_UNIVERSE, index_};
    addresses_.emplace_back(RTM_NEWADDR, 0, header);
    addresses_.back().put(IFA_ADDRESS, value.address).put_u32(IFA_FLAGS, flags);
    const ifa_cacheinfo lifetime{life, life, 0, 0};
    if (life != 0) addresses_.back().put(IFA_CACHEINFO, &lifetime, sizeof lifetime);
    return *this;
  }

  /// `gateway`: empty: none.
  HostObjects& route(const char* destination, const char* gateway = "",
                     unsigned char protocol = RTPROT_DHCP) {
    add_route(prefix(destination), protocol);
    if (*gateway != '\0') routes_.back().put(RTA_GATEWAY, ip(gateway));
    routes_.back().put_u32(RTA_OIF, index_);
    return *this;
  }

  /// By this interface and by another one.
  HostObjects& multipath(const char* destination, unsigned other) {
    add_route(prefix(destination), RTPROT_STATIC);
    const rtnexthop hops[] = {{sizeof(rtnexthop), 0, 0, static_cast<int>(index_)},
                              {sizeof(rtnexthop), 0, 1, static_cast<int>(other)}};
    routes_.back().put(RTA_MULTIPATH, hops, sizeof hops);
    return *this;
  }

  HostObjects& neighbour(const char* address, std::uint16_t state) {
    ndmsg header{};
    header.ndm_family = net::family_number(ip(address).family());
    header.ndm_ifindex = static_cast<int>(index_);
    header.ndm_state = state;
    neighbours_.emplace_back(RTM_NEWNEIGH, 0, header);
    neighbours_.back().put(NDA_DST, ip(address)).put(NDA_LLADDR, kMac);
    return *this;
  }

  /// For what has no method here.
  net::NetlinkMessage& last_route() { return routes_.back(); }

  /// Answers the dumps of HostConfig::read().
  void answer(Wire& wire) const {
    wire.answer_next(addresses_);
    wire.answer_next(routes_);
    wire.answer_next(neighbours_);
  }

  network::HostConfig read() const {
    Wire wire;
    answer(wire);
    net::Netlink netlink;
    return network::HostConfig::read(netlink, index_);
  }

 private:
  void add_route(const net::Prefix& destination, unsigned char protocol) {
    const rtmsg header{net::family_number(destination.address.family()),
                       destination.length,
                       0,
                       0,
                       RT_TABLE_MAIN,
                       protocol,
                       RT_SCOPE_UNIVERSE,
                       RTN_UNICAST,
                       0};
    routes_.emplace_back(RTM_NEWROUTE, 0, header);
    if (destination.length > 0) routes_.back().put(RTA_DST, destination.address);
  }

  unsigned index_;
  Messages addresses_, routes_, neighbours_;
};

}  // namespace azcni::test
