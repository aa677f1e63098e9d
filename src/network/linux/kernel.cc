#include "kernel.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "conntrack.h"
#include "forward_accept.h"
#include "nft/batch.h"
#include "nft/socket.h"
#include "objects/objects.h"

namespace azcni::network {
namespace {

using Chosen = std::vector<const Object*>;

Chosen choose(const Objects& objects, Level lowest = Level::kAttachment,
              Level highest = Level::kNode) {
  Chosen chosen;
  for (const Object& each : objects) {
    if (each.level >= lowest && each.level <= highest) chosen.push_back(&each);
  }
  return chosen;
}

template <typename Kind>
std::vector<const Kind*> of_kind(const Chosen& objects) {
  std::vector<const Kind*> found;
  for (const Object* each : objects) {
    if (const auto* kind = std::get_if<Kind>(&each->value)) found.push_back(kind);
  }
  return found;
}

template <typename Kind>
std::vector<const Kind*> of_kind(const Objects& objects) {
  return of_kind<Kind>(choose(objects));
}

/// Messages, each with the object that it is of.
struct Requests {
  Messages messages;
  std::vector<const Object*> owners;

  template <typename Append>
  void add(const Object& object, const Append& append) {
    std::visit(append, object.value);
    owners.resize(messages.size(), &object);
  }
};

/// What to do about an errno, where there is a word to say.
std::string advice_for(int error) {
  switch (error) {
    case EPERM:
    case EACCES: return "azure-vnet must run as root, with CAP_NET_ADMIN";
    case ENOMEM:
    case ENOBUFS: return "the node is short of memory";
    case ENODEV: return "the link was deleted meanwhile: try again";
    case EOPNOTSUPP: return "this kernel can't do that: `azure-vnet doctor` says what it lacks";
    default: return {};
  }
}

Error refusal(const std::string& verb, const Object& object, const net::Netlink::Reply& reply) {
  const std::string what = verb + " `" + to_string(object) + "`: " + std::strerror(reply.error) +
                           (reply.reason.empty() ? "" : ": " + reply.reason);
  return {ErrorCode::kSystem, what, advice_for(reply.error), reply.error};
}

bool is_there_in(net::Netlink& nft, const Element& each) { return network::is_there(each, nft); }
bool is_there_in(net::Netlink& nft, const nft::Ruleset& each) { return nft::is_there(nft, each); }
bool is_there_in(net::Netlink& nft, const ForeignAccept& each) {
  return forward_accept::is_ensured(nft, each);
}

/// The link that an object is on; empty of what is on none.
std::string link_of(const Object& object) {
  return std::visit(
      [](const auto& each) -> std::string {
        if constexpr (requires { each.link; }) return each.link;
        return {};
      },
      object.value);
}

}  // namespace

Namespace& Kernel::host() {
  if (!host_) host_.emplace();
  return *host_;
}

Namespace& Kernel::container() {
  if (!container_) container_.emplace(NetNs::open(sandbox_));
  return *container_;
}

Namespace* Kernel::find_container() {
  if (container_) return &*container_;
  auto netns = NetNs::find(sandbox_);
  return netns ? &container_.emplace(std::move(*netns)) : nullptr;
}

net::Netlink& Kernel::nft() {
  if (!nft_) nft_ = nft::open_socket();
  return *nft_;
}

net::Netlink* Kernel::find_nft() {
  if (!nft_) nft_ = nft::find_socket();
  return nft_ ? &*nft_ : nullptr;
}

void Kernel::put(const Footprint& wanted) {
  for (const Veth* veth : of_kind<Veth>(wanted.host)) network::put(*veth, host(), container());
  for (const Sysctl* each : of_kind<Sysctl>(wanted.container)) network::put(*each, container());
  if (!wanted.container.empty()) put_rtnetlink(choose(wanted.container), container());
  put_beside_links(wanted.host);
}

void Kernel::put_host_side(const Footprint& wanted) {
  put_beside_links(wanted.host);
  // Last: by its group its frames are checked against elements that came just now.
  for (const Veth* veth : of_kind<Veth>(wanted.host)) correct(*veth, host());
}

void Kernel::put_beside_links(const Objects& wanted) {
  for (const Sysctl* each : of_kind<Sysctl>(wanted)) network::put(*each, host());
  put_rtnetlink(choose(wanted, Level::kAttachment, Level::kNetwork), host());
  put_nft(wanted);
  // Without the rules, what the fabric sends to all would go back to it by the NIC's hairpin.
  put_rtnetlink(choose(wanted, Level::kNic), host());
  for (const ForeignAccept* each : of_kind<ForeignAccept>(wanted))
    forward_accept::ensure(nft(), *each);
  for (const LegacyAccept* each : of_kind<LegacyAccept>(wanted)) network::put(*each);
}

void Kernel::put_rtnetlink(const Chosen& objects, Namespace& in) {
  Requests requests;
  for (const Object* object : objects) {
    requests.add(*object, [&](const auto& each) {
      if constexpr (requires { append_creation(each, in, requests.messages); })
        append_creation(each, in, requests.messages);
    });
  }
  const auto replies = in.netlink().exchange(requests.messages, "put objects");
  bool gave_way = false;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].error == 0) continue;
    const Object& owner = *requests.owners[i];
    const auto* route = std::get_if<Route>(&owner.value);
    if (replies[i].error != EEXIST) {
      if (!gave_way) throw refusal("add", owner, replies[i]);
      // By a gateway whose route came just now.
      if (in.netlink().request_unless_present(requests.messages[i],
                                              "add `" + to_string(owner) + "`"))
        continue;
    }
    if (route == nullptr) continue;
    put_beside_another(*route, in);
    gave_way = true;
  }
}

void Kernel::put_nft(const Objects& objects) {
  const auto rulesets = of_kind<nft::Ruleset>(objects);
  const auto elements = of_kind<Element>(objects);
  if (rulesets.empty() && elements.empty()) return;
  std::vector<HostPort> ports;
  const auto put = [&] {
    nft::Transaction transaction;
    ports.clear();
    for (const nft::Ruleset* each : rulesets) nft::append_unless_there(nft(), transaction, *each);
    for (const Element* each : elements) {
      try {
        if (append_creation(*each, nft(), transaction) && each->port) ports.push_back(*each->port);
      } catch (const Error& error) {
        if (rulesets.empty()) throw;
        log::warning("{}", error.what());  // a container that lost its port keeps no other's tables
      }
    }
    transaction.commit(nft(), "put it");
  };
  try {
    put();
  } catch (const Error& error) {
    if (error.system_code() == ENOENT) {
      throw Error(error.code(), error.what(),
                  "the table was removed meanwhile: try again, the next ADD makes it anew", ENOENT);
    }
    if (error.system_code() != EEXIST && error.system_code() != EBUSY) throw;
    put();  // an element came since it was looked for: now that is seen
  }
  conntrack::forget_flows_to(ports);
}

void Kernel::remove(const Footprint& made, Level highest) {
  const Chosen of_nic = choose(made.host, Level::kNic, highest);
  const Chosen of_others =
      choose(made.host, Level::kAttachment, std::min(highest, Level::kNetwork));
  ErrorList errors;
  for (const LegacyAccept* each : of_kind<LegacyAccept>(of_others))
    errors.attempt([&] { network::remove(*each); });
  errors.attempt([&] { remove_rtnetlink(of_nic); });
  errors.attempt([&] { remove_nft(choose(made.host, Level::kAttachment, highest)); });
  errors.attempt([&] { remove_rtnetlink(of_others); });
  for (const Veth* veth : of_kind<Veth>(made.host)) errors.attempt([&] { remove_veth(*veth); });
  errors.throw_if_any();
}

void Kernel::remove_nft(const Chosen& objects) {
  const auto elements = of_kind<Element>(objects);
  const auto rulesets = of_kind<nft::Ruleset>(objects);
  const auto accepts = of_kind<ForeignAccept>(objects);
  if (elements.empty() && rulesets.empty() && accepts.empty()) return;
  if (find_nft() == nullptr) return;
  nft::Transaction transaction;
  std::vector<HostPort> ports;
  for (const Element* each : elements) {
    if (append_removal(*each, nft(), transaction) && each->port) ports.push_back(*each->port);
  }
  for (const nft::Ruleset* each : rulesets) transaction.of(each->table).add_table().delete_table();
  for (const ForeignAccept* each : accepts) forward_accept::remove(nft(), *each);
  transaction.commit(nft(), "remove it");
  conntrack::forget_flows_of(ports);
}

void Kernel::remove_rtnetlink(const Chosen& objects) {
  std::set<std::string> dying;  // links: what is on them goes with them
  for (const Veth* veth : of_kind<Veth>(objects)) dying.insert(veth->link);
  const auto stays = [&](const std::string& link) {
    return !link.empty() && dying.count(link) == 0 && host().find(link).has_value();
  };
  std::set<net::IpAddress> of_another;  // addresses
  for (const Neighbour* each : of_kind<Neighbour>(objects)) {
    if (!stays(each->link)) continue;
    const auto mac = find_neighbour(each->link, each->address, host());
    if (mac && *mac != each->mac) of_another.insert(each->address);
  }
  Requests requests;
  for (auto each = objects.rbegin(); each != objects.rend(); ++each) {
    const Value& value = (*each)->value;
    const auto* route = std::get_if<Route>(&value);
    const auto* neighbour = std::get_if<Neighbour>(&value);
    if (route != nullptr && of_another.count(route->destination.address) != 0) continue;
    if (neighbour != nullptr && of_another.count(neighbour->address) != 0) continue;
    if (const std::string link = link_of(**each); !link.empty() && !stays(link)) continue;
    requests.add(**each, [&](const auto& it) {
      if constexpr (requires { append_removal(it, host(), requests.messages); })
        append_removal(it, host(), requests.messages);
    });
  }
  if (requests.messages.empty()) return;
  const auto replies = host().netlink().exchange(requests.messages, "remove objects");
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].error != 0 && !net::means_absent(replies[i].error))
      throw refusal("undo", *requests.owners[i], replies[i]);
  }
}

void Kernel::remove_veth(const Veth& veth) {
  if (network::remove(veth, host())) return;
  if (Namespace* inside = find_container()) remove_from_within(veth, *inside);
}

bool Kernel::is_there(const Object& object, Namespace& in) {
  const auto look = [&](const auto& each) {
    if constexpr (requires { network::is_there(each, in); }) {
      return network::is_there(each, in);
    } else {
      return find_nft() != nullptr && is_there_in(nft(), each);
    }
  };
  return std::visit(look, object.value);
}

Footprint Kernel::missing(const Footprint& wanted) {
  Footprint missing;
  for (const Object& each : wanted.host) {
    if (!is_there(each, host())) missing.host.push_back(each);
  }
  Namespace* const inside = wanted.container.empty() ? nullptr : find_container();
  for (const Object& each : wanted.container) {
    if (inside == nullptr || !is_there(each, *inside)) missing.container.push_back(each);
  }
  return missing;
}

void Kernel::settle(const Footprint& made) {
  const auto wait = [&](const std::string& link, bool is_port, Namespace& in) {
    poll_until(is_port ? "port " + link + " that forwards" : "carrier of " + link, [&] {
      const auto found = in.find(link);
      return found && (is_port ? found->forwarding : found->oper_up);
    });
  };
  std::set<std::string> ports;
  for (const BridgePort* each : of_kind<BridgePort>(made.host)) ports.insert(each->link);
  for (const LinkUp* each : of_kind<LinkUp>(made.host))
    wait(each->link, ports.count(each->link) != 0, host());
  for (const Peer* each : of_kind<Peer>(made.container)) wait(each->link, false, container());
  for (const Address* each : of_kind<Address>(made.container)) {
    if (each->prefix.address.is_ipv4()) continue;  // at once
    poll_until("address " + net::to_string(each->prefix.address) + " of " + each->link,
               [&] { return has_local_route(each->prefix.address, container()); });
  }
}

}  // namespace azcni::network
