// The layers of docs/architecture.md, held against the includes; and no platform #ifdef anywhere.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

namespace {

namespace fs = std::filesystem;

/// What each part may include of the others.
const std::map<std::string, std::set<std::string>> kAllowedIncludes{
    {"base", {"base"}},
    {"net", {"net", "base"}},
    {"store", {"store", "base"}},
    {"cli", {"cli", "base"}},
    {"cni", {"cni", "net", "base"}},
    {"ipam", {"ipam", "net", "base"}},
    {"network", {"network", "net", "base"}},
    {"azure-vnet", {"network", "store", "cli", "cni", "net", "base"}},
    {"azure-vnet-ipam", {"ipam", "store", "cli", "cni", "net", "base"}},
};

struct SourceFile {
  std::string part;
  fs::path path;
};

std::vector<SourceFile> source_files() {
  std::vector<SourceFile> files;
  for (const char* root : {"include/azcni", "src", "plugins"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(AZCNI_SOURCE) / root)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cc") continue;
      files.push_back(
          {*fs::relative(entry.path(), fs::path(AZCNI_SOURCE) / root).begin(), entry.path()});
    }
  }
  return files;
}

template <typename Visit>
void for_each_line(const Visit& visit) {
  for (const SourceFile& file : source_files()) {
    std::ifstream stream(file.path);
    int number = 0;
    for (std::string line; std::getline(stream, line);) {
      visit(file, line, file.path.string() + ":" + std::to_string(++number) + ": " + line);
    }
  }
}

TEST(Layers, PointDownwards) {
  const std::regex include("#include \"azcni/([^/]+)/.*");
  int includes = 0;
  for_each_line([&](const SourceFile& file, const std::string& line, const std::string& where) {
    std::smatch match;
    if (!std::regex_match(line, match, include)) return;
    ++includes;
    ASSERT_TRUE(kAllowedIncludes.count(file.part)) << where;
    EXPECT_TRUE(kAllowedIncludes.at(file.part).count(match[1])) << where;
  });
  EXPECT_GT(includes, 100) << "the test reads nothing";
}

TEST(Layers, HaveNoPlatformConditions) {
  const std::regex condition(R"(^\s*#\s*(if|ifdef|ifndef|elif)\b.*(_WIN32|__linux__|__MINGW).*)");
  for_each_line([&](const SourceFile&, const std::string& line, const std::string& where) {
    EXPECT_FALSE(std::regex_match(line, condition)) << where;
  });
}

// The system's own headers stay in the folders of that system (and in headers that say so).
TEST(Layers, KeepTheSystemInItsFolder) {
  const std::regex system(
      R"(^#include <(sys/|linux/|netlink/|unistd\.h|fcntl\.h|sched\.h|signal\.h|net/|poll\.h|windows\.h|io\.h|winsock|ws2|iphlpapi).*)");
  for_each_line([&](const SourceFile& file, const std::string& line, const std::string& where) {
    const std::string path = file.path.string();
    for (const char* its_place : {"/linux/", "/windows/", "net/netlink.h", "base/windows.h"}) {
      if (path.find(its_place) != std::string::npos) return;
    }
    EXPECT_FALSE(std::regex_match(line, system)) << where;
  });
}

TEST(Layers, HaveFilesOfOneIdea) {
  for (const SourceFile& file : source_files()) {
    std::ifstream stream(file.path);
    const auto lines = std::count(std::istreambuf_iterator<char>(stream), {}, '\n');
    EXPECT_LE(lines, 400) << file.path;
  }
}

}  // namespace
