#pragma once

#include <memory>

#include "process.h"

namespace azcni::lab {

/// A TCP server that sends back what it gets. It listens when it is constructed, and ends with its
/// owner or the test.
class EchoServer {
 public:
  EchoServer(const ExecContext& context, int port);
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;
  ~EchoServer();

 private:
  int pid_;
};

}  // namespace azcni::lab
