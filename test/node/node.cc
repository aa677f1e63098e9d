#include "node.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace azcni::test {
namespace {

namespace fs = std::filesystem;

/// In emulation, on a busy machine.
constexpr int kSeconds = 600;

std::string make_folder() {
  std::string path = (fs::temp_directory_path() / "azcni-node-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp " + path);
  return path;
}

std::string image_folder() {
  const std::string out = lab::must_run({}, {AZCNI_SOURCE "/test/node/make-image.sh"});
  return out.substr(0, out.find('\n'));
}

/// The first VM's, but with the MAC address that the image's netplan names.
lab::Nic first_nic() {
  lab::Nic nic = lab::make_nic(1, 0, {.secondaries = 16});
  nic.mac = "00:0d:3a:6e:18:25";
  return nic;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Node::RemoveFolder::~RemoveFolder() {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

Node::Node(int lease)
    : nic_(first_nic()),
      lease_(lease),
      port_(fabric_.connect_machine(nic_)),
      share_(make_folder()),
      folder_{share_} {
  const lab::ExecContext fabric = fabric_.context();
  serve_dhcp(true);
  dns_.emplace(fabric,
               std::vector<std::string>{"dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
                                        "--user=root", "--pid-file=", "--no-resolv", "--no-hosts",
                                        "--bind-interfaces",
                                        "--listen-address=" + std::string(lab::kWireserverIp),
                                        "--address=/probe.internal.cloudapp.net/10.240.0.1"});
  wireserver_ = std::make_unique<lab::Wireserver>(
      fabric.net, lab::kWireserverIp,
      [document = lab::Lab::metadata_of(nic_)](const std::string&, const std::string&) {
        return lab::Wireserver::Reply{200, document};
      });
  const std::string image = image_folder();
  give(AZCNI_SOURCE "/test/node/helpers.sh");
  machine_.emplace(fabric, std::vector<std::string>{
                               "qemu-system-x86_64",
                               "-accel",
                               "tcg,thread=multi",
                               "-cpu",
                               "max",
                               "-m",
                               "1500",
                               "-smp",
                               "2",
                               "-nographic",
                               "-kernel",
                               image + "/vmlinuz",
                               "-initrd",
                               image + "/initrd",
                               "-append",
                               "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet",
                               "-snapshot",
                               "-drive",
                               "file=" + image + "/disk.img,if=virtio,format=raw,cache=unsafe",
                               "-netdev",
                               "tap,id=n0,ifname=" + port_ + ",script=no,downscript=no",
                               "-device",
                               "virtio-net-pci,netdev=n0,mac=" + nic_.mac,
                               "-virtfs",
                               "local,path=" + share_ + ",mount_tag=share,security_model=none",
                               "-device",
                               "virtio-serial",
                               "-chardev",
                               "socket,id=agent,server=on,wait=off,path=" + share_ + "/agent",
                               "-device",
                               "virtserialport,chardev=agent,name=agent",
                               "-serial",
                               "file:" + share_ + "/console",
                               "-monitor",
                               "none"});
  connect();
}

void Node::connect() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (share_ + "/agent").copy(address.sun_path, sizeof address.sun_path - 1);
  agent_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const bool is_connected = lab::eventually([&] {
    return ::connect(agent_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
           0;
  });
  if (!is_connected) throw std::runtime_error("qemu does not start");
  next_status();  // the agent's greeting
}

int Node::next_status() {
  std::string line;
  for (char byte = 0; byte != '\n'; line += byte) {
    pollfd ready{agent_.get(), POLLIN, 0};
    if (::poll(&ready, 1, kSeconds * 1000) != 1 || ::read(agent_.get(), &byte, 1) != 1) {
      const std::string console = content_of(share_ + "/console");
      throw std::runtime_error(
          "the node does not answer; its console:\n" +
          console.substr(console.size() - std::min<std::size_t>(console.size(), 3000)));
    }
  }
  return std::stoi(line);
}

void Node::serve_dhcp(bool on) {
  dhcp_.reset();
  if (on) dhcp_ = std::make_unique<lab::DhcpServer>(fabric_.context(), port_, nic_, lease_);
}

void Node::reboot() {
  must_run("systemd-run --on-active=2 systemctl reboot");
  next_status();  // the agent's greeting
}

void Node::give(const std::string& path) const {
  fs::copy(path, share_ + "/" + fs::path(path).filename().string(),
           fs::copy_options::overwrite_existing);
}

lab::Exit Node::run(const std::string& script) {
  const std::string job = "job" + std::to_string(++jobs_);
  std::ofstream(share_ + "/" + job) << ". /mnt/share/helpers.sh\n" << script << "\n";
  const std::string line = job + "\n";
  if (::write(agent_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    throw std::runtime_error("the node is gone");
  const int status = next_status();
  return {status, content_of(share_ + "/" + job + ".out"), ""};
}

std::string Node::must_run(const std::string& script) {
  const lab::Exit exit = run(script);
  if (exit.status != 0)
    throw std::runtime_error(script + ": " + std::to_string(exit.status) + "\n" + exit.out);
  return exit.out;
}

bool Node::answers_pings() const {
  return lab::run(fabric_.context(), {"ping", "-n", "-c", "1", "-W", "5", nic_.ip4}).status == 0;
}

lab::Pings Node::pings(const std::string& address) const {
  return {fabric_.context(), address, std::chrono::milliseconds(200)};
}

}  // namespace azcni::test
