#include "lab.h"

namespace azcni::lab {
namespace {

VmSpec make_spec(int index, int secondaries) {
  const std::string number = std::to_string(index + 1);
  VmSpec vm{"vm" + number,
            "00:0d:3a:00:00:0" + number,
            "10.240." + number + ".4",
            "fd00:240::" + number + ":4",
            {},
            {}};
  for (int i = 0; i < secondaries; ++i) {
    vm.secondary4.push_back("10.240." + std::to_string(index + 1 + 10 * ((i + 5) / 256)) + "." +
                            std::to_string((i + 5) % 256));
    char text[40];
    std::snprintf(text, sizeof text, "fd00:240::%d:%x", index + 1, i + 5);
    vm.secondary6.emplace_back(text);
  }
  return vm;
}

void append_subnet(std::string& xml, const std::string& prefix, const std::string& primary,
                   const std::vector<std::string>& secondaries) {
  xml += "<IPSubnet Prefix=\"" + prefix + "\"><IPAddress Address=\"" + primary +
         "\" IsPrimary=\"true\"/>";
  for (const std::string& address : secondaries)
    xml += "<IPAddress Address=\"" + address + "\" IsPrimary=\"false\"/>";
  xml += "</IPSubnet>";
}

}  // namespace

Lab::Lab(const std::string& plugins, const Options& options) {
  for (int i = 0; i < options.vms; ++i) {
    vms_.push_back(
        std::make_unique<Vm>(make_spec(i, options.secondaries), fabric_, plugins, options.mtu));
  }
  wireserver_ = std::make_unique<Wireserver>(
      fabric_.place().net, kWireserverIp,
      [this](const std::string& client, const std::string&) -> Wireserver::Reply {
        for (const auto& vm : vms_) {
          if (vm->spec().ip4 == client) return {200, metadata_of(vm->spec())};
        }
        return {403, ""};
      });
}

bool Lab::pings(const Vm& vm, const std::string& address) {
  return vm.run({"ping", "-n", "-c", "1", "-W", "2", address}).status == 0;
}

bool Lab::pings_from(const Vm& vm, const Pod& pod, const std::string& address) {
  return vm.run_in(pod, {"ping", "-n", "-c", "1", "-W", "2", address}).status == 0;
}

bool Lab::pings_from_fabric(const std::string& address) const {
  return run(fabric_.place(), {"ping", "-n", "-c", "1", "-W", "2", address}).status == 0;
}

std::string Lab::metadata_of(const VmSpec& vm) {
  std::string mac;
  for (const char c : vm.mac) {
    if (c != ':') mac += static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
  }
  std::string xml = "<Interfaces><Interface MacAddress=\"" + mac + "\" IsPrimary=\"true\">";
  append_subnet(xml, "10.240.0.0/16", vm.ip4, vm.secondary4);
  append_subnet(xml, "fd00:240::/64", vm.ip6, vm.secondary6);
  return xml + "</Interface></Interfaces>";
}

}  // namespace azcni::lab
