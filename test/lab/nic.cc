#include "nic.h"

#include <cstdio>

namespace azcni::lab {
namespace {

std::string address4(int net, int host, int number) {
  return "10." + std::to_string(net) + "." + std::to_string(host + 10 * (number / 256)) + "." +
         std::to_string(number % 256);
}

std::string address6(int net, int host, int number) {
  char text[40];
  std::snprintf(text, sizeof text, "fd00:%d::%d:%x", net, host, number);
  return text;
}

}  // namespace

Nic make_nic(int vm, int number, const NicOptions& options) {
  const int net = 240 + (options.own_subnet ? number : 0);
  const int host = vm + (options.own_subnet ? 0 : 100 * number);  // beside those of all eth0
  Nic nic{.interface = "eth" + std::to_string(number),
          .mac = "00:0d:3a:00:0" + std::to_string(number) + ":0" + std::to_string(vm),
          .ip4 = address4(net, host, 4),
          .ip6 = address6(net, host, 4),
          .secondary4 = {},
          .secondary6 = {},
          .subnet4 = address4(net, 0, 0) + "/16",
          .subnet6 = "fd00:" + std::to_string(net) + "::/64",
          .gateway4 = address4(net, 0, 1)};
  for (int i = 5; i < options.secondaries + 5; ++i) {
    nic.secondary4.push_back(address4(net, host, i));
    nic.secondary6.push_back(address6(net, host, i));
  }
  return nic;
}

std::string option_121_of(const Nic& nic, int metric) {
  const std::string way =
      " via " + nic.gateway4 + " dev " + nic.interface + " metric " + std::to_string(metric) + "\n";
  return "route add 168.63.129.16" + way + "route add 169.254.169.254" + way;
}

std::string configuration_of(const Nic& nic, int metric) {
  const std::string on = " dev " + nic.interface, last = " metric " + std::to_string(metric) + "\n";
  return "address add " + nic.ip4 + "/16" + on + last +                                      //
         "address add " + nic.ip6 + "/128" + on + " nodad\n" + option_121_of(nic, metric) +  //
         "route add default via " + nic.gateway4 + on + last +
         // The kernel's own metric of an advertised route is 1024.
         "route add default via fe80::1234:5678:9abc" + on + " metric " +
         std::to_string(1024 + metric) + "\n";
}

}  // namespace azcni::lab
