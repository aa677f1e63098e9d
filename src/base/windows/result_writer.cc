#include "azcni/base/result_writer.h"

#include <fcntl.h>
#include <io.h>
#include <signal.h>

#include <cerrno>
#include <cstring>
#include <exception>

#include "azcni/base/windows.h"

namespace azcni {
namespace {

constexpr int kStdin = 0, kStdout = 1, kStderr = 2;

// A crash handler gets no argument of ours; there is one stdout a process.
int crash_stdout = -1;
const char* crash_text = "";

[[noreturn]] void die() {
  ::_write(crash_stdout, crash_text, static_cast<unsigned>(std::strlen(crash_text)));
  ::TerminateProcess(::GetCurrentProcess(), 1);
  for (;;) continue;  // it does not return
}

void catch_crashes() {
  ::SetUnhandledExceptionFilter([](EXCEPTION_POINTERS*) -> LONG { die(); });
  ::signal(SIGABRT, [](int) { die(); });
  std::set_terminate(die);
}

}  // namespace

ResultWriter::ResultWriter(const char* crash_result) : stdout_(::_dup(kStdout)) {
  ::_setmode(kStdin, _O_BINARY);
  ::_setmode(kStdout, _O_BINARY);
  if (stdout_) {
    ::_setmode(stdout_.get(), _O_BINARY);  // a result has no carriage returns
    if (::_dup2(kStderr, kStdout) < 0) ::_close(kStdout);
  } else {
    stdout_.reset(kStdout);
  }
  crash_stdout = stdout_.get();
  crash_text = crash_result;
  catch_crashes();
}

void ResultWriter::write(std::string_view text) {
  while (!text.empty()) {
    const int written = ::_write(stdout_.get(), text.data(), static_cast<unsigned>(text.size()));
    if (written < 0) throw system_error("write the answer to stdout", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  crash_text = "";  // one document, and no more
}

std::string read_stdin(std::size_t max_bytes) {
  std::string input;
  char chunk[8192];
  for (;;) {
    const int got = ::_read(kStdin, chunk, sizeof chunk);
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
