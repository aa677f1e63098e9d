// What a caller did with its signals is inherited: a program that ignores or blocks some starts us
// in that state.

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "azcni/base/error.h"
#include "azcni/base/file_lock.h"
#include "azcni/base/subprocess.h"
#include "temporary_folder.h"

namespace azcni {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;

/// Puts disposition and mask of a signal back at its end.
class SavedSignal {
 public:
  explicit SavedSignal(int number) : number_(number) {
    ::sigaction(number_, nullptr, &action_);
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask_);
  }
  SavedSignal(const SavedSignal&) = delete;
  SavedSignal& operator=(const SavedSignal&) = delete;
  ~SavedSignal() {
    ::sigaction(number_, &action_, nullptr);
    ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  }

  void ignore() const { ::signal(number_, SIG_IGN); }
  void block() const {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, number_);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  }

 private:
  int number_;
  struct sigaction action_ {};
  sigset_t mask_{};
};

int status_of_false() {
  return Subprocess({"/bin/false", {}, {}, "", -1, seconds(10)}).wait().status;
}

// Catches: a child whose status the kernel threw away, for a caller that ignores SIGCHLD.
TEST(InheritedSignals, DoNotHideTheStatusOfAChild) {
  const SavedSignal saved(SIGCHLD);
  saved.ignore();
  EXPECT_EQ(status_of_false(), 1);
  saved.block();
  EXPECT_EQ(status_of_false(), 1);
}

/// A lock that is held, for 10 s at most: one who waits for ever would tell nothing.
class HeldLock {
 public:
  explicit HeldLock(const std::string& path) : lock_(FileLock::wait_for(path, seconds(1))) {
    const SavedSignal saved(SIGALRM);
    saved.block();  // for the thread: the alarm is for who waits
    thread_ = std::thread([this] {
      std::unique_lock held(mutex_);
      ended_.wait_for(held, seconds(10), [this] { return over_; });
      lock_.reset();
    });
  }
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;
  ~HeldLock() {
    {
      const std::scoped_lock held(mutex_);
      over_ = true;
    }
    ended_.notify_all();
    thread_.join();
  }

 private:
  std::optional<FileLock> lock_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread thread_;
};

// Catches: a limit of time that is none, since the alarm that ends the wait never comes.
TEST(InheritedSignals, DoNotMakeALockWaitForEver) {
  const test::TemporaryFolder folder;
  const HeldLock held(folder / "lock");
  const SavedSignal saved(SIGALRM);
  saved.ignore();
  EXPECT_THROW(static_cast<void>(FileLock::wait_for(folder / "lock", milliseconds(60))), Error)
      << "ignored";
  saved.block();
  EXPECT_THROW(static_cast<void>(FileLock::wait_for(folder / "lock", milliseconds(60))), Error)
      << "blocked";
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  EXPECT_EQ(::sigismember(&mask, SIGALRM), 1) << "and it is blocked still";
}

}  // namespace
}  // namespace azcni
