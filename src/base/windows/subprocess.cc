#include "azcni/base/subprocess.h"

#include <algorithm>
#include <thread>

#include "azcni/base/windows.h"

namespace azcni {
namespace {

constexpr std::size_t kMaxOutput = 1 << 20;

struct Pipe {
  UniqueHandle reader;
  UniqueHandle writer;
};

Pipe make_pipe() {
  HANDLE reader = nullptr, writer = nullptr;
  if (::CreatePipe(&reader, &writer, nullptr, 0) == 0)
    throw windows_error("create a pipe", ::GetLastError());
  return {UniqueHandle(reader), UniqueHandle(writer)};
}

/// All of its processes end when it is closed, and so when we are killed: a child must not work on
/// with no lock held.
UniqueHandle make_job() {
  UniqueHandle job(::CreateJobObjectW(nullptr, nullptr));
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  if (!job || ::SetInformationJobObject(job.get(), JobObjectExtendedLimitInformation, &limits,
                                        sizeof limits) == 0)
    throw windows_error("create a job", ::GetLastError());
  return job;
}

/// The variables, each ended by a NUL, and one more NUL.
std::wstring environment_block(const std::vector<std::string>& variables) {
  std::wstring block;
  for (const std::string& each : variables) block += to_utf16(each) + L'\0';
  return block + L'\0';
}

/// What the child inherits: exactly its stdin, stdout and stderr.
class StartupInfo {
 public:
  StartupInfo(HANDLE input, HANDLE output) {
    info_.StartupInfo.cb = sizeof info_;
    info_.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    info_.StartupInfo.hStdInput = share(input);
    info_.StartupInfo.hStdOutput = share(output);
    info_.StartupInfo.hStdError = share(::GetStdHandle(STD_ERROR_HANDLE));
    SIZE_T size = 0;
    ::InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    attributes_.resize(size);
    info_.lpAttributeList = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(attributes_.data());
    if (::InitializeProcThreadAttributeList(info_.lpAttributeList, 1, 0, &size) == 0 ||
        ::UpdateProcThreadAttribute(info_.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                    shared_.data(), shared_.size() * sizeof(HANDLE), nullptr,
                                    nullptr) == 0)
      throw windows_error("prepare a child process", ::GetLastError());
  }
  StartupInfo(const StartupInfo&) = delete;
  StartupInfo& operator=(const StartupInfo&) = delete;
  ~StartupInfo() { ::DeleteProcThreadAttributeList(info_.lpAttributeList); }

  STARTUPINFOW* get() { return &info_.StartupInfo; }

 private:
  HANDLE share(HANDLE handle) {
    if (handle == nullptr || handle == INVALID_HANDLE_VALUE) return nullptr;
    ::SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    if (std::find(shared_.begin(), shared_.end(), handle) == shared_.end())
      shared_.push_back(handle);
    return handle;
  }

  STARTUPINFOEXW info_{};
  std::vector<char> attributes_;
  std::vector<HANDLE> shared_;
};

void write_all(HANDLE pipe, const std::string& input) {
  for (std::size_t done = 0; done < input.size();) {
    DWORD written = 0;
    if (::WriteFile(pipe, input.data() + done, static_cast<DWORD>(input.size() - done), &written,
                    nullptr) == 0)
      return;  // the child ended without reading
    done += written;
  }
}

void read_all(HANDLE pipe, std::string& output) {
  char chunk[8192];
  DWORD got = 0;
  while (::ReadFile(pipe, chunk, sizeof chunk, &got, nullptr) != 0 && got > 0) {
    if (output.size() <= kMaxOutput) output.append(chunk, got);
  }
}

}  // namespace

struct Subprocess::Child {
  UniqueHandle job = make_job();
  UniqueHandle process;
  std::string output;
  std::thread feeder;
  std::thread reader;
  std::chrono::steady_clock::time_point deadline;
};

Subprocess::Subprocess(const Command& command) : child_(std::make_unique<Child>()) {
  child_->deadline = std::chrono::steady_clock::now() + command.limit;
  Pipe input = make_pipe(), output = make_pipe();
  StartupInfo startup(input.reader.get(), output.writer.get());
  std::wstring line = to_utf16("\"" + command.path + "\"");
  for (const std::string& argument : command.arguments) line += to_utf16(" \"" + argument + "\"");
  std::wstring environment = environment_block(command.environment);

  PROCESS_INFORMATION started{};
  if (::CreateProcessW(to_utf16(command.path).c_str(), line.data(), nullptr, nullptr, TRUE,
                       CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | CREATE_NO_WINDOW |
                           EXTENDED_STARTUPINFO_PRESENT,
                       environment.data(), nullptr, startup.get(), &started) == 0)
    throw windows_error("start " + command.path, ::GetLastError());
  child_->process.reset(started.hProcess);
  const UniqueHandle thread(started.hThread);
  if (::AssignProcessToJobObject(child_->job.get(), started.hProcess) == 0) {
    const DWORD error = ::GetLastError();
    ::TerminateProcess(started.hProcess, 1);
    throw windows_error("bind the life of " + command.path + " to ours", error);
  }
  ::ResumeThread(thread.get());

  child_->feeder = std::thread(
      [pipe = std::move(input.writer), text = command.input] { write_all(pipe.get(), text); });
  child_->reader = std::thread(
      [pipe = std::move(output.reader), &text = child_->output] { read_all(pipe.get(), text); });
}

Subprocess::Subprocess(Subprocess&& other) noexcept = default;

Subprocess::~Subprocess() {
  if (child_) wait();
}

Subprocess::Exit Subprocess::wait() {
  const std::unique_ptr<Child> child = std::move(child_);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(child->deadline -
                                                                 std::chrono::steady_clock::now());
  const DWORD limit = static_cast<DWORD>(std::max<std::int64_t>(left.count(), 0));
  Exit exit;
  if (::WaitForSingleObject(child->process.get(), limit) != WAIT_OBJECT_0)
    exit.killed = Killed::kForTime;
  DWORD status = 1;
  ::GetExitCodeProcess(child->process.get(), &status);
  // Whatever it started goes with it, or would keep our end of the pipe open for ever.
  ::TerminateJobObject(child->job.get(), 1);
  child->feeder.join();
  child->reader.join();
  exit.status = static_cast<int>(status);
  exit.output = std::move(child->output);
  if (exit.output.size() > kMaxOutput) exit.killed = Killed::kForLength;
  return exit;
}

}  // namespace azcni
