#pragma once

#include <string>

#include "nic.h"
#include "process.h"

namespace azcni::lab {

/// Azure's DHCP server towards one NIC, whose address is always its primary one: with the routes of
/// option 121, by way of the fabric's `port`.
class DhcpServer {
 public:
  /// `lease`: in seconds, as its client sees it; -1: endless, as Azure's.
  DhcpServer(const ExecContext& fabric, const std::string& port, const Nic& nic, int lease = -1);
  DhcpServer(const DhcpServer&) = delete;
  DhcpServer& operator=(const DhcpServer&) = delete;
  ~DhcpServer();

 private:
  int pid_ = -1;
};

}  // namespace azcni::lab
