// The shapes of kube-proxy's rules: a chain a Service, one for what comes from outside, one an
// endpoint, and a mark for what has to be masqueraded.

#include "kube_proxy.h"

#include <algorithm>

namespace azcni::lab {
namespace {

constexpr const char* kProtocols[] = {"tcp", "udp"};

std::string address_of(const std::string& endpoint) {
  return endpoint.substr(0, endpoint.find(':'));
}

/// The number of the endpoint, as part of a name.
std::string label_of(const Service& service, const char* protocol, std::size_t endpoint) {
  return service.name + "-" + protocol + "-" + std::to_string(endpoint);
}

class Iptables {
 public:
  Iptables(std::string pods) : pods_(std::move(pods)) {
    rules_ =
        "*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-NODEPORTS - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n"
        ":KUBE-POSTROUTING - [0:0]\n"
        "-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES\n"
        "-A OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES\n"
        "-A POSTROUTING -j KUBE-POSTROUTING\n"
        "-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000\n"
        "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN\n"
        "-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000\n"
        "-A KUBE-POSTROUTING -j MASQUERADE --random-fully\n";
  }

  void add(const Service& service) {
    for (const char* protocol : kProtocols) add(service, protocol);
  }

  std::string text() const {
    return rules_ +
           "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\nCOMMIT\n"
           "*filter\n:KUBE-FORWARD - [0:0]\n-A FORWARD -j KUBE-FORWARD\n"
           "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP\n"
           "-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT\n"
           "-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\nCOMMIT\n";
  }

 private:
  void rule(const std::string& chain, const std::string& text) {
    rules_ += "-A " + chain + " " + text + "\n";
  }

  void add(const Service& service, const char* protocol) {
    const std::string suffix = service.name + "-" + protocol, svc = "KUBE-SVC-" + suffix,
                      ext = "KUBE-EXT-" + suffix, svl = "KUBE-SVL-" + suffix;
    for (const std::string& chain : {svc, ext, svl}) rules_ += ":" + chain + " - [0:0]\n";
    for (std::size_t i = 0; i < service.endpoints.size(); ++i) add_endpoint(service, protocol, i);
    const std::string match = std::string("-p ") + protocol + " -m " + protocol + " --dport ";
    const std::string to_ip = "-d " + service.cluster_ip + "/32 " + match;
    rule("KUBE-SERVICES", to_ip + std::to_string(service.port) + " -j " + svc);
    if (!pods_.empty())
      rule(svc,
           "! -i " + pods_ + "+ " + to_ip + std::to_string(service.port) + " -j KUBE-MARK-MASQ");
    balance(svc, service, protocol, service.endpoints);
    if (service.node_port == 0) return;
    rule("KUBE-NODEPORTS", match + std::to_string(service.node_port) + " -j " + ext);
    if (!service.is_local) {
      rule(ext, "-j KUBE-MARK-MASQ");
      rule(ext, "-j " + svc);
      return;
    }
    if (!pods_.empty()) rule(ext, "-i " + pods_ + "+ -j " + svc);
    rule(ext, "-m addrtype --src-type LOCAL -j KUBE-MARK-MASQ");
    rule(ext, "-m addrtype --src-type LOCAL -j " + svc);
    rule(ext, "-j " + svl);
    balance(svl, service, protocol, service.local_endpoints);
  }

  void add_endpoint(const Service& service, const char* protocol, std::size_t number) {
    const std::string sep = "KUBE-SEP-" + label_of(service, protocol, number);
    const std::string& endpoint = service.endpoints[number];
    const std::string remember =
        service.has_affinity ? " -m recent --name " + sep + " --set --rsource" : "";
    rules_ += ":" + sep + " - [0:0]\n";
    rule(sep, "-s " + address_of(endpoint) + "/32 -j KUBE-MARK-MASQ");
    rule(sep, std::string("-p ") + protocol + remember + " -m " + protocol +
                  " -j DNAT --to-destination " + endpoint);
  }

  void balance(const std::string& chain, const Service& service, const char* protocol,
               const std::vector<std::string>& among) {
    std::vector<std::string> seps;
    for (std::size_t i = 0; i < service.endpoints.size(); ++i) {
      if (std::count(among.begin(), among.end(), service.endpoints[i]) != 0)
        seps.push_back("KUBE-SEP-" + label_of(service, protocol, i));
    }
    for (const std::string& sep : seps) {
      if (service.has_affinity)
        rule(chain,
             "-m recent --name " + sep + " --rcheck --seconds 10800 --reap --rsource -j " + sep);
    }
    for (std::size_t i = 0; i < seps.size(); ++i) {
      const double probability = 1.0 / static_cast<double>(seps.size() - i);
      const std::string chance =
          i + 1 == seps.size()
              ? ""
              : "-m statistic --mode random --probability " + std::to_string(probability) + " ";
      rule(chain, chance + "-j " + seps[i]);
    }
  }

  std::string pods_;
  std::string rules_;
};

class Nftables {
 public:
  Nftables(std::string node, std::string pods) : node_(std::move(node)), pods_(std::move(pods)) {}

  void add(const Service& service) {
    for (const char* protocol : kProtocols) add(service, protocol);
  }

  std::string text() const {
    const std::string elements = ips_.empty() ? "" : "elements = { " + ips_ + " };";
    const std::string ports = ports_.empty() ? "" : "elements = { " + ports_ + " };";
    return "table ip kube-proxy {\n"
           "set nodeport-ips { type ipv4_addr; elements = { " +
           node_ + " }; }\n" + sets_ +
           "chain mark-for-masquerade { meta mark set meta mark or 0x4000; }\n"
           "chain masquerading { meta mark & 0x4000 == 0 return; "
           "meta mark set meta mark xor 0x4000; masquerade fully-random; }\n" +
           chains_ + "map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; " +
           elements + " }\n" +
           "map service-nodeports { type inet_proto . inet_service : verdict; " + ports + " }\n" +
           "chain services { ip daddr . meta l4proto . th dport vmap @service-ips; "
           "ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports; }\n"
           "chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }\n"
           "chain nat-output { type nat hook output priority -100; jump services; }\n"
           "chain nat-postrouting { type nat hook postrouting priority srcnat; jump masquerading; "
           "}\n}\n";
  }

 private:
  void add(const Service& service, const char* protocol) {
    const std::string suffix = service.name + "-" + protocol;
    for (std::size_t i = 0; i < service.endpoints.size(); ++i) add_endpoint(service, protocol, i);
    std::string text = "chain service-" + suffix + " { ";
    if (!pods_.empty())
      text += "iifname != \"" + pods_ + "*\" ip daddr " + service.cluster_ip + " " + protocol +
              " dport " + std::to_string(service.port) + " jump mark-for-masquerade; ";
    chains_ += text + balance(service, protocol, service.endpoints) + "}\n";
    ips_ += (ips_.empty() ? "" : ", ") + service.cluster_ip + " . " + protocol + " . " +
            std::to_string(service.port) + " : goto service-" + suffix;
    if (service.node_port == 0) return;
    text = "chain external-" + suffix + " { ";
    if (service.is_local) {
      if (!pods_.empty()) text += "iifname \"" + pods_ + "*\" goto service-" + suffix + "; ";
      text += "fib saddr type local jump mark-for-masquerade; fib saddr type local goto service-" +
              suffix + "; " + balance(service, protocol, service.local_endpoints);
    } else {
      text += "jump mark-for-masquerade; goto service-" + suffix + "; ";
    }
    chains_ += text + "}\n";
    ports_ += (ports_.empty() ? "" : ", ") + std::string(protocol) + " . " +
              std::to_string(service.node_port) + " : goto external-" + suffix;
  }

  void add_endpoint(const Service& service, const char* protocol, std::size_t number) {
    const std::string label = label_of(service, protocol, number);
    const std::string& endpoint = service.endpoints[number];
    std::string text = "chain endpoint-" + label + " { ip saddr " + address_of(endpoint) +
                       " jump mark-for-masquerade; ";
    if (service.has_affinity) {
      sets_ += "set affinity-" + label +
               " { type ipv4_addr; size 65535; flags dynamic,timeout; timeout 3h; }\n";
      text += "update @affinity-" + label + " { ip saddr }; ";
    }
    chains_ += text + "meta l4proto " + protocol + " dnat to " + endpoint + "; }\n";
  }

  static std::string balance(const Service& service, const char* protocol,
                             const std::vector<std::string>& among) {
    std::string stuck, choice;
    int count = 0;
    for (std::size_t i = 0; i < service.endpoints.size(); ++i) {
      if (std::count(among.begin(), among.end(), service.endpoints[i]) == 0) continue;
      const std::string label = label_of(service, protocol, i);
      if (service.has_affinity)
        stuck += "ip saddr @affinity-" + label + " goto endpoint-" + label + "; ";
      choice += (count == 0 ? "" : ", ") + std::to_string(count) + " : goto endpoint-" + label;
      ++count;
    }
    if (count == 0) return stuck;
    return stuck + "numgen random mod " + std::to_string(count) + " vmap { " + choice + " }; ";
  }

  std::string node_, pods_, sets_, chains_, ips_, ports_;
};

}  // namespace

void serve(const Vm& node, KubeProxy kind, const std::vector<Service>& services,
           const std::string& pods) {
  if (kind == KubeProxy::kIptables) {
    Iptables rules(pods);
    for (const Service& each : services) rules.add(each);
    node.write("/proc/sys/net/ipv4/conf/all/route_localnet", "1");  // for NodePorts at 127.0.0.1
    must_run(node.context(), {"iptables-nft-restore", "--noflush"}, rules.text());
    return;
  }
  Nftables rules(node.spec().ip4, pods);
  for (const Service& each : services) rules.add(each);
  must_run(node.context(), {"nft", "-f", "-"}, rules.text());
}

}  // namespace azcni::lab
