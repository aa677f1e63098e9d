// make bench: ADD and DEL of both plugins in each mode, beside two floors and the reference
// plugins, all in one run and in turn, since machines are noisy: read the ratios. A table on the
// terminal, JSON beside it. Not a test.

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "worker.h"

namespace azcni::bench {
namespace {

using lab::Json;

constexpr int kPods = 320;
constexpr int kPresent = 250;
constexpr int kSamples = 60;
constexpr int kStock = 120;  ///< samples of a crowd

struct Figures {
  double median = 0;
  double p99 = 0;
};

Figures figures_of(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const auto at = [&](double share) {
    return samples.at(std::min(
        samples.size() - 1, static_cast<std::size_t>(share * static_cast<double>(samples.size()))));
  };
  return {at(0.5), at(0.99)};
}

/// A subject with a VM of its own, and all that was measured of it.
struct Bed {
  explicit Bed(Subject subject)
      : machine(std::make_unique<lab::Lab>(AZCNI_PLUGINS,
                                           lab::Options{.vms = 1, .secondaries = 2 * kPods})) {
    std::vector<lab::Pod> pods;
    for (int i = 0; i < kPods; ++i) pods.push_back(machine->vm().make_pod("p" + std::to_string(i)));
    worker =
        std::make_unique<Worker>(machine->vm(), std::move(subject), AZCNI_PLUGINS, std::move(pods));
  }

  Outcome run(const Batch& batch) {
    Outcome outcome = worker->run(batch);
    failed += outcome.failed;
    peak_kb = std::max(peak_kb, outcome.peak_kb);
    return outcome;
  }

  std::unique_ptr<lab::Lab> machine;
  std::unique_ptr<Worker> worker;
  int failed = 0;
  long peak_kb = 0;
  Json json;
};

Json own(const std::string& mode) {
  return {{"cniVersion", "1.0.0"},
          {"name", "azure"},
          {"type", "azure-vnet"},
          {"mode", mode},
          {"ipam", {{"type", "azure-vnet-ipam"}, {"queryInterval", 3600}}}};
}

Json stock(const std::string& type) {
  Json json{{"cniVersion", "1.0.0"},
            {"name", type},
            {"type", type},
            {"ipam",
             {{"type", "host-local"}, {"subnet", "10.99.0.0/16"}, {"dataDir", "/run/host-local"}}}};
  if (type == "bridge") json["bridge"] = "br0";
  return json;
}

std::vector<Bed> raise_beds() {
  const std::string here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::string plugin = std::string(AZCNI_PLUGINS) + "/azure-vnet";
  std::vector<Subject> subjects{
      {"floor", here + "/floor", Json::object(), ""},
      {"floor of two processes", here + "/floor", Json::object(), here + "/floor-delegate"},
      {"azure-vnet transparent", plugin, own("transparent"), ""},
      {"azure-vnet bridge", plugin, own("bridge"), ""},
      {"azure-vnet tunnel", plugin, own("tunnel"), ""}};
  for (const char* type : {"ptp", "bridge"}) {
    const std::string program = std::string("/usr/lib/cni/") + type;
    if (std::filesystem::exists(program))
      subjects.push_back(
          {std::string("stock ") + type + " + host-local", program, stock(type), ""});
  }
  std::vector<Bed> beds;
  for (Subject& subject : subjects) beds.emplace_back(std::move(subject));
  return beds;
}

/// One call at a time, subject by subject in turn.
void measure_singly(std::vector<Bed>& beds, const std::string& label, int first) {
  std::vector<std::vector<double>> add(beds.size()), del(beds.size());
  for (int i = 0; i < kSamples; ++i) {
    for (std::size_t b = 0; b < beds.size(); ++b) {
      add[b].push_back(beds[b].run({true, first + i, 1, 1}).milliseconds[0]);
    }
  }
  for (int i = 0; i < kSamples; ++i) {
    for (std::size_t b = 0; b < beds.size(); ++b) {
      del[b].push_back(beds[b].run({false, first + i, 1, 1}).milliseconds[0]);
    }
  }
  for (std::size_t b = 0; b < beds.size(); ++b) {
    const Figures added = figures_of(add[b]), deleted = figures_of(del[b]);
    beds[b].json["add " + label] = {{"median", added.median}, {"p99", added.p99}};
    beds[b].json["del " + label] = {{"median", deleted.median}, {"p99", deleted.p99}};
  }
}

void measure_crowd(std::vector<Bed>& beds, int at_once) {
  const std::string label = std::to_string(at_once) + " at once";
  for (Bed& bed : beds) {
    const Outcome added = bed.run({true, 0, kStock, at_once});
    const Outcome deleted = bed.run({false, 0, kStock, at_once});
    const Figures add = figures_of(added.milliseconds), del = figures_of(deleted.milliseconds);
    bed.json["add " + label] = {
        {"median", add.median}, {"p99", add.p99}, {"perSecond", kStock / added.seconds}};
    bed.json["del " + label] = {
        {"median", del.median}, {"p99", del.p99}, {"perSecond", kStock / deleted.seconds}};
  }
}

void print_row(const std::string& name, const std::vector<std::string>& cells) {
  std::printf("%-28s", name.c_str());
  for (const std::string& cell : cells) std::printf("%14s", cell.c_str());
  std::printf("\n");
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

void print_table(const std::vector<Bed>& beds) {
  std::printf("\nmilliseconds: median / p99; per second where 32 at once\n");
  print_row("", {"ADD", "p99", "DEL", "p99", "ADD at 250", "ADD 8", "ADD 32", "ADD 32 /s",
                 "DEL 32 /s", "peak MB"});
  for (const Bed& bed : beds) {
    const Json& j = bed.json;
    print_row(bed.worker->subject().name,
              {number(j["add alone"]["median"]), number(j["add alone"]["p99"]),
               number(j["del alone"]["median"]), number(j["del alone"]["p99"]),
               number(j["add at 250"]["median"]), number(j["add 8 at once"]["median"]),
               number(j["add 32 at once"]["median"]), number(j["add 32 at once"]["perSecond"]),
               number(j["del 32 at once"]["perSecond"]),
               number(static_cast<double>(bed.peak_kb) / 1024)});
  }
}

void print_verdict(const std::string& aim, double value, double bound, bool at_most) {
  const bool met = at_most ? value <= bound : value >= bound;
  std::printf("  %-6s %-52s %s (aim %s %s)\n", met ? "met" : "MISSED", aim.c_str(),
              number(value).c_str(), at_most ? "<=" : ">=", number(bound).c_str());
}

void print_verdicts(const std::vector<Bed>& beds) {
  const Json &one = beds[0].json, &two = beds[1].json;
  for (std::size_t b = 2; b < 5; ++b) {
    const Json& j = beds[b].json;
    std::printf("\n%s\n", beds[b].worker->subject().name.c_str());
    const auto ratio = [&](const Json& of, const char* what, const char* which) {
      return j[what][which].get<double>() / of[what][which].get<double>();
    };
    print_verdict("ADD / floor of two processes", ratio(two, "add alone", "median"), 1.2, true);
    print_verdict("DEL / floor", ratio(one, "del alone", "median"), 1.15, true);
    print_verdict("ADD with 250 pods / ADD with none",
                  j["add at 250"]["median"].get<double>() / j["add alone"]["median"].get<double>(),
                  1.1, true);
    print_verdict("32 at once, throughput / floor of two processes",
                  ratio(two, "add 32 at once", "perSecond"), 0.6, false);
    print_verdict("peak memory, MB", static_cast<double>(beds[b].peak_kb) / 1024, 6, true);
  }
}

void save(const std::vector<Bed>& beds, const Json& packets, const std::string& path) {
  Json all{{"packets per second", packets}};
  for (const Bed& bed : beds) {
    all[bed.worker->subject().name] = bed.json;
    all[bed.worker->subject().name]["failed"] = bed.failed;
    all[bed.worker->subject().name]["peakKb"] = bed.peak_kb;
  }
  std::ofstream(path) << all.dump(2) << "\n";
  std::printf("\nall figures: %s\n", path.c_str());
}

/// New links look for duplicates of their IPv6 addresses for a while, all of them under the lock
/// that every subject needs: measure after that.
void settle(const std::vector<Bed>& beds) {
  for (const Bed& bed : beds) {
    while (!bed.machine->vm().run({"ip", "-6", "address", "show", "tentative"}).out.empty()) {
      static_cast<void>(::poll(nullptr, 0, 200));
    }
  }
}

/// Packets there and back a second between the fabric and one container, by flood ping.
double packets_per_second(lab::Lab& machine, const std::string& address) {
  constexpr int kPackets = 30'000;
  const std::string out =
      lab::must_run(machine.fabric().context(),
                    {"ping", "-n", "-f", "-q", "-c", std::to_string(kPackets), address});
  const std::size_t time = out.find(", time ");
  return kPackets * 1000.0 / std::stod(out.substr(time + 7));
}

/// A VM with so many containers.
std::unique_ptr<lab::Lab> raise_with(int pods, const lab::Json& config) {
  auto machine =
      std::make_unique<lab::Lab>(AZCNI_PLUGINS, lab::Options{.vms = 1, .secondaries = kPresent});
  for (int i = 0; i < pods; ++i) {
    const lab::Pod pod = machine->vm().make_pod("p" + std::to_string(i));
    if (machine->vm().cni("ADD", pod, config).status != 0) throw std::runtime_error("ADD failed");
  }
  return machine;
}

/// What a packet costs with one container and with 250, and without the guard: VMs of one kind,
/// measured in turn.
Json measure_packets(const std::string& mode) {
  struct Kind {
    const char* name;
    std::unique_ptr<lab::Lab> machine;
    std::vector<double> rates = {};
  };
  lab::Json open = own(mode);
  open["sourceGuard"] = false;
  std::vector<Kind> kinds;
  kinds.push_back({"with 1", raise_with(1, own(mode))});
  kinds.push_back({"with 1, no guard", raise_with(1, open)});
  kinds.push_back({"with 250", raise_with(kPresent, own(mode))});
  kinds.push_back({"with 250, no guard", raise_with(kPresent, open)});
  const std::string address = kinds.front().machine->vm().spec().secondary4[0];
  for (int i = 0; i < 15; ++i) {
    for (Kind& kind : kinds) kind.rates.push_back(packets_per_second(*kind.machine, address));
  }
  Json figures;
  std::printf("  %-12s", mode.c_str());
  for (const Kind& kind : kinds) {
    figures[kind.name] = figures_of(kind.rates).median;
    std::printf(" %8.0f %s", figures_of(kind.rates).median, kind.name);
  }
  const auto ratio = [&](const char* of, const char* to) {
    return figures[of].get<double>() / figures[to].get<double>();
  };
  figures["ratio"] = ratio("with 250", "with 1");
  figures["guard, 1"] = ratio("with 1", "with 1, no guard");
  figures["guard, 250"] = ratio("with 250", "with 250, no guard");
  std::printf(": ratio %.3f, of the guard %.3f and %.3f\n", figures["ratio"].get<double>(),
              figures["guard, 1"].get<double>(), figures["guard, 250"].get<double>());
  return figures;
}

int bench(const std::string& path) {
  std::printf("raising a lab for each subject\n");
  std::vector<Bed> beds = raise_beds();
  for (Bed& bed : beds) bed.run({true, kPods - 1, 1, 1});  // the network, which the first pod makes
  std::printf("one at a time\n");
  measure_singly(beds, "alone", 0);
  for (const int at_once : {8, 32}) {
    std::printf("%d at once\n", at_once);
    measure_crowd(beds, at_once);
  }
  std::printf("with %d pods present\n", kPresent);
  for (Bed& bed : beds) bed.run({true, 0, kPresent, 4});
  settle(beds);
  measure_singly(beds, "at 250", kPresent);

  print_table(beds);
  print_verdicts(beds);
  Json packets;
  std::printf("\npackets there and back a second, through one pod\n");
  for (const char* mode : {"transparent", "bridge", "tunnel"})
    packets[mode] = measure_packets(mode);
  save(beds, packets, path);
  int failed = 0;
  for (const Bed& bed : beds) failed += bed.failed;
  if (failed != 0) std::printf("%d calls FAILED\n", failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace azcni::bench

int main(int argc, char** argv) {
  try {
    return azcni::bench::bench(argc > 1 ? argv[1] : "bench.json");
  } catch (const std::exception& error) {
    std::cerr << "bench: " << error.what() << "\n";
    return 1;
  }
}
