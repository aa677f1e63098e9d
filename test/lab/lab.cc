#include "lab.h"

namespace azcni::lab {
namespace {

VmSpec make_spec(int number, int secondaries) {
  return {make_nic(number, 0, {.secondaries = secondaries}), number, "vm" + std::to_string(number)};
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
  for (int i = 1; i <= options.vms; ++i) {
    vms_.push_back(
        std::make_unique<Vm>(make_spec(i, options.secondaries), fabric_, plugins, options.mtu));
  }
  wireserver_ = std::make_unique<Wireserver>(fabric_.context().net, kWireserverIp, metadata());
}

bool Lab::pings(const Vm& vm, const std::string& address) {
  return vm.run({"ping", "-n", "-c", "1", "-W", "2", address}).status == 0;
}

bool Lab::pings_from(const Vm& vm, const Pod& pod, const std::string& address) {
  return vm.run_in(pod, {"ping", "-n", "-c", "1", "-W", "2", address}).status == 0;
}

bool Lab::pings_from_fabric(const std::string& address) const {
  return run(fabric_.context(), {"ping", "-n", "-c", "1", "-W", "2", address}).status == 0;
}

Nic Lab::add_nic(Vm& vm, const NicOptions& options) {
  const Nic nic = make_nic(vm.spec().number, static_cast<int>(vm.nics().size()), options);
  fabric_.connect(nic, vm.context().net, 1500);
  vm.take_nic(nic, options);
  wireserver_->answer_with(metadata());
  return nic;
}

void Lab::remove_nic(Vm& vm, const Nic& nic) {
  fabric_.disconnect(nic);
  vm.forget_nic(nic);
  wireserver_->answer_with(metadata());
}

Wireserver::Handler Lab::metadata() const {
  std::map<std::string, std::string> documents;  // by each address that a VM may ask from
  for (const auto& vm : vms_) {
    for (const Nic& nic : vm->nics()) documents[nic.ip4] = metadata_of(vm->nics());
  }
  return [documents](const std::string& client, const std::string&) -> Wireserver::Reply {
    const auto document = documents.find(client);
    if (document == documents.end()) return {403, ""};
    return {200, document->second};
  };
}

std::string Lab::metadata_of(const Nic& nic) { return metadata_of(std::vector<Nic>{nic}); }

std::string Lab::metadata_of(const std::vector<Nic>& nics) {
  std::string xml = "<Interfaces>";
  for (const Nic& nic : nics) {
    std::string mac;
    for (const char c : nic.mac) {
      if (c != ':') mac += static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
    }
    xml += "<Interface MacAddress=\"" + mac + "\" IsPrimary=\"" +
           (&nic == &nics.front() ? "true" : "false") + "\">";
    append_subnet(xml, nic.subnet4, nic.ip4, nic.secondary4);
    append_subnet(xml, nic.subnet6, nic.ip6, nic.secondary6);
    xml += "</Interface>";
  }
  return xml + "</Interfaces>";
}

}  // namespace azcni::lab
