#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "process.h"

namespace azcni::lab {

/// Echo requests at a steady pace: ping(8) slows down when a reply is missing, and so loses one of
/// a hole that took many.
class Pings {
 public:
  Pings(const ExecContext& context, const std::string& address,
        std::chrono::milliseconds pace = std::chrono::milliseconds(5));
  Pings(const Pings&) = delete;
  Pings& operator=(const Pings&) = delete;
  ~Pings();

  /// Requests that no reply came for. Waits until one is answered that is sent from now on; -1 if
  /// none is.
  int lost() const;

 private:
  struct Board {
    std::atomic<std::uint16_t> sent;  ///< the last one's number, from 1
    std::atomic<bool> answered[UINT16_MAX + 1];
  };
  struct Unmap {
    void operator()(Board* board) const;
  };
  static void ping(Board& board, const ExecContext& context, const std::string& address,
                   std::chrono::milliseconds pace);

  std::unique_ptr<Board, Unmap> board_;  ///< shared with the process that sends
  int pid_ = -1;
};

}  // namespace azcni::lab
