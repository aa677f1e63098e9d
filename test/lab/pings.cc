#include "pings.h"

#include <arpa/inet.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>
#include <stdexcept>

namespace azcni::lab {
namespace {

using Clock = std::chrono::steady_clock;

icmphdr request_of(std::uint16_t id, std::uint16_t number) {
  icmphdr request{};
  request.type = ICMP_ECHO;
  request.un.echo.id = htons(id);
  request.un.echo.sequence = htons(number);
  // RFC 1071, of the three words that are not zero.
  const unsigned sum = ((ICMP_ECHO << 8) + id + number) % UINT16_MAX;
  request.checksum = htons(static_cast<std::uint16_t>(~sum));
  return request;
}

/// The number of the next reply that has come; 0: there is none.
std::uint16_t next_reply(int fd, std::uint16_t id) {
  char packet[256];
  while (::recv(fd, packet, sizeof packet, MSG_DONTWAIT) > 0) {
    const auto* ip = reinterpret_cast<const iphdr*>(packet);
    const auto* reply = reinterpret_cast<const icmphdr*>(packet + ip->ihl * 4);
    if (reply->type == ICMP_ECHOREPLY && ntohs(reply->un.echo.id) == id)
      return ntohs(reply->un.echo.sequence);
  }
  return 0;
}

}  // namespace

void Pings::Unmap::operator()(Board* board) const { ::munmap(board, sizeof *board); }

void Pings::ping(Board& board, const ExecContext& context, const std::string& address,
                 std::chrono::milliseconds pace) {
  if (!enter(context)) return;
  const int fd = ::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  sockaddr_in peer{AF_INET, 0, {}, {}};
  ::inet_pton(AF_INET, address.c_str(), &peer.sin_addr);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0) return;
  const auto id = static_cast<std::uint16_t>(::getpid());
  for (std::uint16_t number = 1; number != 0; ++number) {
    const icmphdr request = request_of(id, number);
    board.sent = number;  // also if the kernel refuses: without a route, say
    static_cast<void>(::send(fd, &request, sizeof request, 0));
    const auto next = Clock::now() + pace;
    for (auto rest = pace; rest.count() > 0;
         rest = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now())) {
      pollfd readable{fd, POLLIN, 0};
      ::poll(&readable, 1, static_cast<int>(rest.count()));
      for (std::uint16_t reply = 0; (reply = next_reply(fd, id)) != 0;)
        board.answered[reply] = true;
    }
  }
}

Pings::Pings(const ExecContext& context, const std::string& address,
             std::chrono::milliseconds pace) {
  void* shared =
      ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::bad_alloc();
  board_.reset(new (shared) Board{});
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ping(*board_, context, address, pace);
    ::_exit(1);
  }
}

Pings::~Pings() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

int Pings::lost() const {
  const int until_now = board_->sent;
  int last = 0;
  const bool goes_on = eventually([&] {
    last = board_->sent;
    while (last > until_now && !board_->answered[last]) --last;
    return last > until_now;
  });
  if (!goes_on) return -1;
  int lost = 0;
  for (int number = 1; number < last; ++number) lost += board_->answered[number] ? 0 : 1;
  return lost;
}

}  // namespace azcni::lab
