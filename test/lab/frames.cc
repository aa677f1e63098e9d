#include "frames.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <stdexcept>

#include "namespaces.h"

namespace azcni::lab {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t kUnknownProtocol = 0x88b5;  // for experiments (IEEE 802)
constexpr std::uint8_t kFromWherever = 255;         // the hop limit that a neighbour must have

void append(Bytes& bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

void append16(Bytes& bytes, std::size_t value) {
  append(bytes, {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
}

Bytes mac_bytes(const std::string& text) {
  Bytes bytes(ETH_ALEN);
  if (std::sscanf(text.c_str(), "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &bytes[0], &bytes[1], &bytes[2],
                  &bytes[3], &bytes[4], &bytes[5]) != ETH_ALEN)
    throw std::invalid_argument("no MAC address: " + text);
  return bytes;
}

Bytes ip_bytes(int family, const std::string& text) {
  Bytes bytes(family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr));
  if (::inet_pton(family, text.c_str(), bytes.data()) != 1)
    throw std::invalid_argument("no address of that family: " + text);
  return bytes;
}

/// Of the 16 bit words in it.
std::size_t sum_of(const Bytes& bytes) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2)
    sum += static_cast<std::size_t>(bytes[i]) << 8 | bytes[i + 1];
  return sum;
}

/// The checksum of RFC 1071, written at `offset`; `sum`: of what it covers besides.
void set_checksum(Bytes& bytes, std::size_t offset, std::size_t sum = 0) {
  sum += sum_of(bytes);
  while (sum > UINT16_MAX) sum = (sum & UINT16_MAX) + (sum >> 16);
  bytes[offset] = static_cast<std::uint8_t>(~sum >> 8);
  bytes[offset + 1] = static_cast<std::uint8_t>(~sum);
}

Frame frame_of(const Macs& macs, std::uint16_t protocol, const Bytes& payload) {
  Frame frame = mac_bytes(macs.destination);
  append(frame, mac_bytes(macs.source));
  append16(frame, protocol);
  append(frame, payload);
  if (frame.size() < ETH_ZLEN) frame.resize(ETH_ZLEN);
  return frame;
}

Frame arp_frame(const Macs& macs, std::uint16_t operation, const std::string& claimed,
                const std::string& target) {
  Bytes arp;
  append16(arp, ARPHRD_ETHER);
  append16(arp, ETHERTYPE_IP);
  append(arp, {ETH_ALEN, sizeof(in_addr)});
  append16(arp, operation);
  append(arp, mac_bytes(macs.source));
  append(arp, ip_bytes(AF_INET, claimed));
  append(arp, mac_bytes(macs.destination));
  append(arp, ip_bytes(AF_INET, target));
  return frame_of(macs, ETHERTYPE_ARP, arp);
}

/// `message`: with a checksum of zero.
Frame icmp6_frame(const Macs& macs, Bytes message, const std::string& source,
                  const std::string& destination) {
  const Bytes from = ip_bytes(AF_INET6, source), to = ip_bytes(AF_INET6, destination);
  set_checksum(message, 2, sum_of(from) + sum_of(to) + message.size() + IPPROTO_ICMPV6);
  Bytes packet{0x60, 0, 0, 0};
  append16(packet, message.size());
  append(packet, {IPPROTO_ICMPV6, kFromWherever});
  append(packet, from);
  append(packet, to);
  append(packet, message);
  return frame_of(macs, ETHERTYPE_IPV6, packet);
}

}  // namespace

Frame unknown_frame(const Macs& macs) { return frame_of(macs, kUnknownProtocol, {}); }

Frame arp_reply(const Macs& macs, const std::string& claimed, const std::string& target) {
  return arp_frame(macs, ARPOP_REPLY, claimed, target);
}

Frame arp_request(const Macs& macs, const std::string& claimed, const std::string& target) {
  return arp_frame(macs, ARPOP_REQUEST, claimed, target);
}

Frame neighbour_advertisement(const Macs& macs, const std::string& claimed,
                              const std::string& source, const std::string& destination) {
  Bytes message{ND_NEIGHBOR_ADVERT, 0, 0, 0, 0x60, 0, 0, 0};
  append(message, ip_bytes(AF_INET6, claimed));
  append(message, {ND_OPT_TARGET_LINKADDR, 1});  // its length in units of 8 bytes
  append(message, mac_bytes(macs.source));
  return icmp6_frame(macs, message, source, destination);
}

Frame neighbour_solicitation(const Macs& macs, const std::string& source,
                             const std::string& target) {
  Bytes message{ND_NEIGHBOR_SOLICIT, 0, 0, 0, 0, 0, 0, 0};
  append(message, ip_bytes(AF_INET6, target));
  append(message, {ND_OPT_SOURCE_LINKADDR, 1});
  append(message, mac_bytes(macs.source));
  return icmp6_frame(macs, message, source, target);
}

Frame tagged(const Frame& frame, std::uint16_t vlan) {
  Frame all(frame.begin(), frame.begin() + 2 * ETH_ALEN);
  append16(all, ETHERTYPE_VLAN);
  append16(all, vlan);
  all.insert(all.end(), frame.begin() + 2 * ETH_ALEN, frame.end());
  return all;
}

Frame datagram(const Macs& macs, const std::string& source, const std::string& destination) {
  constexpr std::uint8_t kHeader = 20, kUdp = 8;
  Bytes packet{0x45, 0, 0, kHeader + kUdp, 0, 0, 0, 0, IPDEFTTL, IPPROTO_UDP, 0, 0};
  append(packet, ip_bytes(AF_INET, source));
  append(packet, ip_bytes(AF_INET, destination));
  set_checksum(packet, 10);
  append(packet, {0, kDiscard, 0, kDiscard, 0, kUdp, 0, 0});  // a checksum of zero is none
  return frame_of(macs, ETHERTYPE_IP, packet);
}

void send_frames(const ExecContext& context, const std::string& interface,
                 const std::vector<Frame>& frames) {
  run_there(context, "send frames out of " + interface, [&] {
    const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    sockaddr_ll out{};
    out.sll_family = AF_PACKET;
    out.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    for (const Frame& frame : frames) {
      if (::sendto(fd, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&out),
                   sizeof out) < 0)
        return false;
    }
    return true;
  });
}

}  // namespace azcni::lab
