#pragma once

#include <memory>
#include <string>
#include <vector>

#include "process.h"

namespace azcni::lab {

/// A server, TCP and UDP, IPv4 and IPv6, that tells each caller the address that it came from. It
/// listens when it is constructed, and ends with its owner or the test.
class WhoamiServer {
 public:
  WhoamiServer(const ExecContext& context, int port);
  WhoamiServer(const WhoamiServer&) = delete;
  WhoamiServer& operator=(const WhoamiServer&) = delete;
  ~WhoamiServer();

 private:
  int pid_;
};

/// What a greeter at that address answers to somebody at `from`; empty if it does not.
std::string greeting(const ExecContext& from, const std::string& protocol,
                     const std::string& address, int port);

}  // namespace azcni::lab
