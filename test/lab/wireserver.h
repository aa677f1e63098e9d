#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "azcni/base/unique_fd.h"
#include "process.h"

namespace azcni::lab {

/// Azure's metadata server, as far as the plugins use it: HTTP on an address of a network
/// namespace. It can be told to answer wrongly, late or never.
class Wireserver {
 public:
  struct Reply {
    unsigned status = 200;
    std::string body;
    int delay_ms = 0;  ///< -1: not before release()
  };
  /// By the address of the asking machine and the target of its request.
  using Handler = std::function<Reply(const std::string& client, const std::string& target)>;

  /// Listens on address:80 within the network namespace `net`.
  Wireserver(int net, const std::string& address, Handler handler);
  ~Wireserver();

  void answer_with(Handler handler);
  /// Sends the replies that are held back.
  void release();
  /// Closes the port: connections are refused.
  void die();
  int requests() const;
  /// Waits until that many have come, at most kPatience; false if they did not.
  bool wait_for_requests(int count) const;

 private:
  class Session;
  struct Server;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

}  // namespace azcni::lab
