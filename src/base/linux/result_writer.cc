#include "azcni/base/result_writer.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "azcni/base/error.h"

namespace azcni {
namespace {

// A signal handler gets no argument of ours; there is one stdout a process.
int crash_stdout = -1;
const char* crash_text = "";

/// Only async-signal-safe calls: the heap may be what crashed.
[[noreturn]] void die() {
  const ssize_t ignored = ::write(crash_stdout, crash_text, std::strlen(crash_text));
  static_cast<void>(ignored);
  ::_exit(1);
}

void catch_crashes() {
  // A stack of its own: an overflow of the ordinary one is a crash too.
  static char stack[16384];
  const stack_t alternate{stack, 0, sizeof stack};
  ::sigaltstack(&alternate, nullptr);
  struct sigaction action {};
  action.sa_handler = [](int) { die(); };
  action.sa_flags = SA_ONSTACK;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    ::sigaction(signal, &action, nullptr);
  std::set_terminate(die);
}

}  // namespace

ResultWriter::ResultWriter(const char* crash_result)
    : stdout_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
  if (!stdout_) {
    stdout_.reset(STDOUT_FILENO);  // no descriptor to be had: unprotected, but there
  } else if (::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    ::close(STDOUT_FILENO);
  }
  crash_stdout = stdout_.get();
  crash_text = crash_result;
  ::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error to report, not a death
  catch_crashes();
}

void ResultWriter::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(stdout_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw system_error("write the answer to stdout", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  crash_text = "";  // one document, and no more
}

std::string read_stdin(std::size_t max_bytes) {
  std::string input;
  char chunk[8192];
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EBADF) return input;  // started without a stdin
    if (got < 0) throw system_error("read stdin", errno);
    if (got == 0) return input;
    input.append(chunk, static_cast<std::size_t>(got));
    if (input.size() > max_bytes) {
      throw Error(ErrorCode::kIo, "stdin: the configuration is longer than " +
                                      std::to_string(max_bytes) + " bytes");
    }
  }
}

}  // namespace azcni
