// The demo: three pods on two VMs, attached and detached by the real binaries, in a lab of
// namespaces on this machine. Exit status 0 only if all of it worked.

#include <unistd.h>

#include <chrono>
#include <iostream>

#include "lab.h"

namespace azcni::lab {
namespace {

using Clock = std::chrono::steady_clock;

/// Steps with a tick or a cross, counted.
class Report {
 public:
  void title(const std::string& text) const { std::cout << "\n" << text << "\n" << std::flush; }
  void text(const std::string& text) const { std::cout << "  " << text << "\n" << std::flush; }
  void step(const std::string& what, bool fine) {
    std::cout << (fine ? "  ok    " : "  FAIL  ") << what << "\n" << std::flush;
    failed_ += fine ? 0 : 1;
  }
  int failed() const { return failed_; }

 private:
  int failed_ = 0;
};

struct Attached {
  Vm& vm;
  Pod pod;
  std::string ip;
};

void show_metadata(const Report& report, Lab& lab) {
  report.title("What Azure's metadata server says of the node vm1");
  std::string xml = Lab::metadata_of(lab.vm(0).spec());
  for (std::size_t i = 1; (i = xml.find('<', i + 1)) != std::string::npos; i += 3)
    xml.insert(i, "\n  ");
  report.text(xml);
}

Attached attach(Report& report, Vm& vm, const std::string& name) {
  const Pod pod = vm.make_pod(name);
  const auto began = Clock::now();
  const PluginExit answer = vm.cni("ADD", pod, vm.config());
  const auto took = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
  char text[64];
  std::snprintf(text, sizeof text, " in %.1f ms", took);
  report.step("ADD " + name + " on " + vm.spec().name + text, answer.status == 0);
  std::cout << (answer.json.is_null() ? answer.text + answer.err : answer.json.dump(2)) << "\n";
  return {vm, pod, answer.status == 0 ? answer.ip() : "none"};
}

void ping(Report& report, const Attached& from, const std::string& to, const std::string& what) {
  report.step(from.pod.name + " (" + from.ip + ") → " + what + " (" + to + ")",
              Lab::pings_from(from.vm, from.pod, to));
}

void show_connectivity(Report& report, Lab& lab, const std::vector<Attached>& pods) {
  report.title("Who reaches whom");
  for (const Attached& from : pods) {
    for (const Attached& to : pods) {
      if (&from != &to) ping(report, from, to.ip, to.pod.name + " on " + to.vm.spec().name);
    }
    ping(report, from, from.vm.spec().ip4, "its host");
    ping(report, from, "10.240.0.1", "the gateway");
  }
  for (const Attached& to : pods) {
    report.step(to.vm.spec().name + " → " + to.pod.name, Lab::pings(to.vm, to.ip));
  }
  report.step("the fabric dropped no frame for its source", lab.fabric().spoofed_frames() == 0);
}

void detach(Report& report, const std::vector<Attached>& pods) {
  report.title("Detaching");
  for (const Attached& each : pods) {
    const PluginExit answer = each.vm.cni("DEL", each.pod, each.vm.config());
    report.step("DEL " + each.pod.name + " on " + each.vm.spec().name + " " + answer.text,
                answer.status == 0);
  }
}

void show_nothing_is_left(Report& report, Lab& lab) {
  report.title("What is left");
  for (const std::size_t i : {0U, 1U}) {
    const Vm& vm = lab.vm(i);
    report.step(vm.spec().name + ": no link of a pod",
                vm.ip({"link", "show", "type", "veth"}).empty());
    report.step(vm.spec().name + ": no address in use",
                vm.list("/run/azure-vnet-ipam/leases").empty());
    report.step(vm.spec().name + ": no record of a pod",
                vm.list("/run/azure-vnet/endpoints").empty());
  }
}

int demo() {
  if (::geteuid() != 0) {
    std::cerr << "the demo makes network namespaces: sudo make demo\n";
    return 1;
  }
  Report report;
  report.title("Raising the lab: a fabric as strict as Azure's, its metadata server, and two VMs");
  Lab lab(AZCNI_PLUGINS, {.vms = 2});
  show_metadata(report, lab);

  report.title("Attaching three pods");
  const std::vector<Attached> pods{attach(report, lab.vm(0), "web"),
                                   attach(report, lab.vm(0), "db"),
                                   attach(report, lab.vm(1), "cache")};
  show_connectivity(report, lab, pods);
  detach(report, pods);
  show_nothing_is_left(report, lab);

  report.title(report.failed() == 0 ? "All of it worked."
                                    : std::to_string(report.failed()) + " steps failed.");
  return report.failed() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace azcni::lab

int main() {
  try {
    return azcni::lab::demo();
  } catch (const std::exception& error) {
    std::cerr << "the lab can't be raised: " << error.what() << "\n";
    return 1;
  }
}
