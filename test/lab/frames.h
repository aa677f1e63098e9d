#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "process.h"

namespace azcni::lab {

/// An Ethernet frame, as a container with CAP_NET_RAW may build it: with any address.
using Frame = std::vector<std::uint8_t>;

inline constexpr const char* kBroadcastMac = "ff:ff:ff:ff:ff:ff";

/// The UDP port that frames with a datagram have at both ends.
inline constexpr int kDiscard = 9;

struct Macs {
  std::string source;
  std::string destination;
};

/// Of a protocol that nobody knows: it says no more than where its source is.
Frame unknown_frame(const Macs& macs);
/// "`claimed` is at my MAC address", to `target`.
Frame arp_reply(const Macs& macs, const std::string& claimed, const std::string& target);
/// "Who has `target`? Tell `claimed`, at my MAC address."
Frame arp_request(const Macs& macs, const std::string& claimed, const std::string& target);
/// An advertisement of IPv6, with the flags "solicited" and "override".
Frame neighbour_advertisement(const Macs& macs, const std::string& claimed,
                              const std::string& source, const std::string& destination);
/// "Who has `target`? I am at my MAC address", for that address itself.
Frame neighbour_solicitation(const Macs& macs, const std::string& source,
                             const std::string& target);
/// The frame in a VLAN; of 0: in none, with a tag all the same.
Frame tagged(const Frame& frame, std::uint16_t vlan);
/// An empty datagram of UDP over IPv4.
Frame datagram(const Macs& macs, const std::string& source, const std::string& destination);

/// Sends them out of that interface. Throws if the kernel refuses one.
void send_frames(const ExecContext& context, const std::string& interface,
                 const std::vector<Frame>& frames);

}  // namespace azcni::lab
