#include "wine.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace azcni::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWine = "/usr/lib/wine/wine64";
constexpr const char* kServer = "/usr/lib/wine/wineserver64";
const std::string kPrefix = AZCNI_WINE_PREFIX;
const std::string kDrive = kPrefix + "/drive_c";
const std::string kReady = kPrefix + "/ready";
const std::string kExecutables = std::string(AZCNI_WINDOWS_BUILD) + "/bin";

lab::Process::Variables with_wine(lab::Process::Variables variables) {
  const lab::Process::Variables own{{"WINEPREFIX", kPrefix},
                                    {"WINEDEBUG", "-all"},
                                    {"HOME", AZCNI_WINE_PREFIX "/.."},
                                    {"DISPLAY", ""},
                                    // No question whether to install what nobody needs.
                                    {"WINEDLLOVERRIDES", "mscoree=;mshtml=;winemenubuilder.exe="}};
  variables.insert(variables.end(), own.begin(), own.end());
  return variables;
}

/// A prefix is made once, and kept with the build; one that a killed test left half made goes. Its
/// registry is on the disk when its server has ended.
void ensure_prefix(const lab::PidNamespace& enclosure) {
  if (fs::exists(kReady)) return;
  fs::remove_all(kPrefix);
  fs::create_directories(kPrefix);
  constexpr const char* kScript = "\"$1\" wineboot -i > /dev/null 2>&1; exec \"$2\" -w";
  enclosure.start({"sh", "-c", kScript, "sh", kWine, kServer}, with_wine({})).wait();
  std::ofstream(kReady) << "made whole\n";
}

/// Stays as long as Windows is up, so that its boot is one. Not in the foreground: then nobody
/// could tell when it listens, and a program that finds no server starts one of its own, which goes
/// again.
void start_server(const lab::PidNamespace& enclosure) {
  for (const std::string& file : {std::string(kWine), kExecutables + "/azure-vnet.exe"}) {
    if (!fs::exists(file)) throw std::runtime_error(file + " is missing: sudo make test");
  }
  ensure_prefix(enclosure);
  const lab::Exit exit =
      enclosure
          .start({"sh", "-c", "exec \"$1\" --persistent > /dev/null 2>&1", "sh", kServer},
                 with_wine({}))
          .wait();
  if (exit.status != 0) throw std::runtime_error("Wine's server does not start");
}

/// z: is the root of this machine.
std::string windows_path(std::string path) {
  for (char& c : path) c = c == '/' ? '\\' : c;
  return "z:" + path;
}

}  // namespace

WindowsVm::WindowsVm() : lab_(AZCNI_PLUGINS, {.secondaries = 60}), enclosure_(lab_.vm().context()) {
  start_server(enclosure_);
  reset();
}

void WindowsVm::reset() {
  for (const char* folder : {"/k", "/fake-hns"}) {
    fs::remove_all(kDrive + folder);
    fs::create_directories(kDrive + folder);
  }
  for (const char* library : {"computenetwork.dll", "vmcompute.dll"}) {
    fs::copy_file(std::string(AZCNI_WINDOWS_BUILD) + "/fake/" + library,
                  kDrive + "/windows/system32/" + library, fs::copy_options::overwrite_existing);
  }
  set_hns({{"adapters", {"eth0"}}});
}

void WindowsVm::kill_plugins() const {
  constexpr const char* kNames = "azure-vnet.*\\.exe";
  enclosure_.start({"pkill", "-KILL", "-f", kNames}).wait();
  // Of the living: nobody fetches the dead here, and they keep their names. 1: there is none.
  const auto gone = [&] {
    return enclosure_.start({"pgrep", "-r", "R,S,D", "-f", kNames}).wait().status == 1;
  };
  if (!lab::eventually(gone)) throw std::runtime_error("the plugins outlive SIGKILL");
}

void WindowsVm::remove_library(const std::string& name) const {
  fs::remove(kDrive + "/windows/system32/" + name);
}

lab::Process WindowsVm::start(const std::string& plugin, const lab::Process::Variables& variables,
                              const std::string& input) const {
  // Wine's services outlive the program, and would keep our end of its stderr open.
  return enclosure_.start({"sh", "-c", "exec timeout 1000 \"$1\" \"$2\" 2> /dev/null", "sh", kWine,
                           kExecutables + "/" + plugin + ".exe"},
                          with_wine(variables), input);
}

lab::PluginExit WindowsVm::run(const std::string& plugin, const lab::Process::Variables& variables,
                               const std::string& input) const {
  return lab::Vm::plugin_exit(start(plugin, variables, input).wait());
}

lab::Process WindowsVm::start_cni(const Call& call, const lab::Json& config) const {
  return start("azure-vnet",
               {{"CNI_COMMAND", call.verb},
                {"CNI_CONTAINERID", call.container},
                {"CNI_NETNS", call.netns},
                {"CNI_IFNAME", call.if_name},
                {"CNI_PATH", plugin_path()},
                {"CNI_ARGS", call.args}},
               config.dump());
}

lab::PluginExit WindowsVm::cni(const Call& call, const lab::Json& config) const {
  return lab::Vm::plugin_exit(start_cni(call, config).wait());
}

std::string WindowsVm::plugin_path() { return "c:\\nowhere;" + windows_path(kExecutables); }

std::string WindowsVm::read(const std::string& path) const {
  std::ifstream file(kDrive + "/" + path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void WindowsVm::write(const std::string& path, const std::string& content) const {
  fs::create_directories(fs::path(kDrive + "/" + path).parent_path());
  std::ofstream(kDrive + "/" + path, std::ios::binary) << content;
}

void WindowsVm::remove(const std::string& path) const { fs::remove_all(kDrive + "/" + path); }

std::vector<std::string> WindowsVm::list(const std::string& folder) const {
  std::vector<std::string> names;
  if (!fs::exists(kDrive + "/" + folder)) return names;
  for (const auto& entry : fs::directory_iterator(kDrive + "/" + folder))
    names.push_back(entry.path().filename());
  return names;
}

lab::Json WindowsVm::hns() const { return lab::Json::parse(read("fake-hns/state.json")); }

void WindowsVm::set_hns(const lab::Json& state) const {
  write("fake-hns/state.json", state.dump());
}

std::vector<lab::Json> WindowsVm::calls(const std::string& name) const {
  std::istringstream lines(read("fake-hns/calls.json"));
  std::vector<lab::Json> found;
  for (std::string line; std::getline(lines, line) && !lines.eof();) {  // whole ones
    const lab::Json call = lab::Json::parse(line);
    if (name.empty() || call["call"] == name) found.push_back(call);
  }
  return found;
}

void WindowsVm::clear_calls() const { write("fake-hns/calls.json", ""); }

void WindowsVm::set_faults(const lab::Json& faults) const {
  write("fake-hns/faults.json", faults.dump());
}

std::string WindowsVm::make_namespace(int number) const {
  char guid[37];
  std::snprintf(guid, sizeof guid, "11111111-2222-3333-4444-%012x", static_cast<unsigned>(number));
  lab::Json state = hns();
  state["namespaces"][guid] = {{"NamespaceId", number}, {"Type", "Host"}};
  set_hns(state);
  return guid;
}

}  // namespace azcni::test
