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

VmSpec Lab::add_nic(Vm& vm) {
  VmSpec nic = vm.spec();
  nic.mac = "00:0d:3a:00:01:01";
  nic.ip4 = "10.240.200.4";
  nic.ip6 = "fd00:240::200:4";
  nic.secondary4 = {"10.240.200.5", "10.240.200.6", "10.240.200.7"};
  nic.secondary6 = {"fd00:240::200:5", "fd00:240::200:6", "fd00:240::200:7"};
  fabric_.connect(nic, vm.place().net, 1500, "eth1");
  must_run(vm.place(), {"ip", "-batch", "-"},
           "link set eth1 up\naddress add " + nic.ip4 + "/32 dev eth1\naddress add " + nic.ip6 +
               "/128 dev eth1 nodad\n");
  const std::vector<VmSpec> both{vm.spec(), nic};
  wireserver_->answer_with([both](const std::string&, const std::string&) -> Wireserver::Reply {
    return {200, metadata_of(both)};
  });
  return nic;
}

std::string Lab::metadata_of(const VmSpec& vm) { return metadata_of(std::vector<VmSpec>{vm}); }

std::string Lab::metadata_of(const std::vector<VmSpec>& nics) {
  std::string xml = "<Interfaces>";
  for (const VmSpec& nic : nics) {
    std::string mac;
    for (const char c : nic.mac) {
      if (c != ':') mac += static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
    }
    xml += "<Interface MacAddress=\"" + mac + "\" IsPrimary=\"" +
           (&nic == &nics.front() ? "true" : "false") + "\">";
    append_subnet(xml, "10.240.0.0/16", nic.ip4, nic.secondary4);
    append_subnet(xml, "fd00:240::/64", nic.ip6, nic.secondary6);
    xml += "</Interface>";
  }
  return xml + "</Interfaces>";
}

}  // namespace azcni::lab
