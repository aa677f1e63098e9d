#include "azcni/base/file.h"

#include <gtest/gtest.h>

#include <thread>

#include "azcni/base/error.h"
#include "azcni/base/file_lock.h"
#include "azcni/base/log.h"
#include "azcni/base/log_file.h"
#include "temporary_folder.h"

namespace azcni {
namespace {

TEST(File, ReplacesWholeFiles) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "record";
  EXPECT_EQ(file::read(path, 100), std::nullopt);
  file::replace(path, "one");
  file::replace(path, std::string(5000, 'x'));
  EXPECT_EQ(file::read(path, 10000)->size(), 5000U);
  EXPECT_THROW(file::read(path, 4999), Error);
  EXPECT_EQ(file::list(folder / "").size(), 1U) << "no draft is left";
  EXPECT_TRUE(file::remove(path));
  EXPECT_FALSE(file::remove(path));
}

TEST(File, ReadsFilesThatTellNoSize) {
  EXPECT_GT(file::read("/proc/self/status", 1 << 20)->size(), 300U);
}

// Catches: a lock that outlives its holder, or that two have at once.
TEST(FileLock, IsHeldByOne) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "lock";
  {
    const FileLock held = FileLock::wait_for(path, std::chrono::seconds(1));
    EXPECT_FALSE(FileLock::try_for(path));
    try {
      static_cast<void>(FileLock::wait_for(path, std::chrono::milliseconds(60)));
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kTryAgain);
      EXPECT_NE(std::string(error.what()).find("process " + std::to_string(::getpid())),
                std::string::npos)
          << error.what();
    }
  }
  EXPECT_TRUE(FileLock::try_for(path));
}

// Catches: a lock on a file that its last holder removed meanwhile: two would believe they hold it.
TEST(FileLock, OfARemovedFileDoesNotCount) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "turn";
  auto first =
      std::make_unique<FileLock>(FileLock::wait_for_removable(path, std::chrono::seconds(1)));
  std::thread waiter([&] {
    const FileLock second = FileLock::wait_for_removable(path, std::chrono::minutes(2));
    EXPECT_TRUE(file::read(path, 10).has_value()) << "the lock is on the file of that name";
  });
  file::remove(path);
  first.reset();
  waiter.join();
}

// Catches: a log that grows without end.
TEST(LogFile, RotatesBySize) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "log";
  for (int i = 0; i < 9; ++i) {
    log::LogFile(path).append(std::string(log::LogFile::kMaxBytes, 'x'));
  }
  log::LogFile(path).append("last\n");
  EXPECT_EQ(*file::read(path, 100), "last\n");
  EXPECT_EQ(file::list(folder / "").size(), 1U + log::LogFile::kOldFiles);
}

TEST(Log, WritesOneLineAnEvent) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "log";
  log::open({path, log::Level::kInfo, "ADD", "0123456789abcdef%v"});
  log::debug("not this");
  log::info("address {}", "10.0.0.5");
  log::open({folder / "none/log", log::Level::kInfo, "", ""});
  log::info("a log that can't be written fails nobody");
  const std::string text = file::read(path, 1000).value();
  EXPECT_NE(
      text.find("Z info [" + std::to_string(::getpid()) + "] ADD 0123456789ab address 10.0.0.5\n"),
      std::string::npos)
      << text;
  EXPECT_EQ(text.find("not this"), std::string::npos);
}

}  // namespace
}  // namespace azcni
