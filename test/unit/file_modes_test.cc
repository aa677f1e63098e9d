// Who may read a file: Linux's side of base's files.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "azcni/base/file.h"
#include "temporary_folder.h"

namespace azcni {
namespace {

class FileModes : public ::testing::Test {
 protected:
  FileModes() : umask_(::umask(077)) {}
  ~FileModes() override { ::umask(umask_); }

  unsigned mode_of(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::stat((folder_ / name).c_str(), &status), 0) << name;
    return status.st_mode & 07777U;
  }

  const test::TemporaryFolder folder_;

 private:
  mode_t umask_;
};

// Catches: a configuration that its daemon, which runs as a user of its own, can't read.
TEST_F(FileModes, WhatIsForAllIsReadableByAll) {
  EXPECT_TRUE(file::make_folder(folder_ / "a/b", file::Readers::kAll));
  file::replace(folder_ / "a/b/c", "x", file::Readers::kAll);
  EXPECT_EQ(mode_of("a"), 0755U);
  EXPECT_EQ(mode_of("a/b"), 0755U);
  EXPECT_EQ(mode_of("a/b/c"), 0644U);
}

// Catches: a folder of a former version that stays closed.
TEST_F(FileModes, AFolderThatWasThereIsOpened) {
  file::make_folder(folder_ / "a");
  file::replace(folder_ / "a/c", "x", file::Readers::kAll);
  EXPECT_FALSE(file::make_folder(folder_ / "a", file::Readers::kAll));
  EXPECT_EQ(mode_of("a"), 0755U);
}

// Catches: records and leases that everybody on the node can read.
TEST_F(FileModes, WhatIsOursIsOurs) {
  ::umask(0);
  file::make_folder(folder_ / "a");
  file::replace(folder_ / "a/c", "x");
  EXPECT_EQ(mode_of("a"), 0700U);
  EXPECT_EQ(mode_of("a/c"), 0600U);
}

}  // namespace
}  // namespace azcni
