#pragma once

#include <filesystem>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace azcni::test {

/// A folder of its own for a test, removed with what is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::random_device random;
    const std::string name = "azcni-" + std::to_string(random()) + std::to_string(random());
    path_ = (std::filesystem::temp_directory_path() / name).string();
    std::filesystem::create_directory(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace azcni::test
