#include "socket.h"

#include <netinet/in.h>  // before the kernel's headers, which know it

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <utility>

#include "azcni/base/error.h"
#include "azcni/base/unique_fd.h"
#include "types.h"

namespace azcni::network::nft {

bool has_nf_tables(net::Netlink& netlink) {
  net::NetlinkMessage message(kSubsystem | NFT_MSG_GETGEN, 0, nfgenmsg{AF_UNSPEC, NFNETLINK_V0, 0});
  return netlink.is_understood(message, "ask for the generation of nf_tables");
}

std::optional<net::Netlink> find_socket() {
  // Without a word in the log: a kernel may lack all of netfilter.
  const UniqueFd probe(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!probe) return std::nullopt;
  net::Netlink netlink(NETLINK_NETFILTER);
  if (!has_nf_tables(netlink)) return std::nullopt;
  return netlink;
}

bool is_available() { return find_socket().has_value(); }

net::Netlink open_socket() {
  if (auto socket = find_socket()) return std::move(*socket);
  throw Error(ErrorCode::kSystem, "open a netfilter socket: this kernel has no nf_tables",
              "load the modules nf_tables and nf_tables_bridge, or use mode transparent");
}

}  // namespace azcni::network::nft
