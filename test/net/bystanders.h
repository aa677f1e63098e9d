#pragma once

#include <memory>
#include <string>

#include "net_test.h"
#include "whoami_server.h"

namespace azcni::test {

/// Two networks of others that the VM routes between, as a VPN's and Docker's: a client in one, a
/// server in the other.
class Bystanders {
 public:
  static constexpr const char* kClient = "192.168.77.2";

  explicit Bystanders(const Vm& vm)
      : client_(connect(vm, "client", "192.168.77")),
        server_(connect(vm, "server", "198.51.100")),
        greeter_(server_, kPort) {}

  /// Whom the server takes the client for; empty if it is not reached.
  std::string client_as_seen() const {
    return lab::greeting(client_, "tcp", "198.51.100.2", kPort);
  }

 private:
  static constexpr int kPort = 7;

  static lab::ExecContext connect(const Vm& vm, const std::string& name, const std::string& net) {
    const lab::ExecContext context = vm.context_of(vm.make_pod(name));
    lab::must_run(vm.context(), {"ip", "-batch", "-"},
                  "link add " + name + " type veth peer name eth0 netns " + name +
                      "\naddress add " + net + ".1/24 dev " + name + "\nlink set " + name +
                      " up\n");
    lab::must_run(context, {"ip", "-batch", "-"},
                  "address add " + net +
                      ".2/24 dev eth0\nlink set eth0 up\nroute add default via " + net + ".1\n");
    return context;
  }

  lab::ExecContext client_, server_;
  lab::WhoamiServer greeter_;
};

}  // namespace azcni::test
