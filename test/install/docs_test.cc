// The documentation, as a reader's hands do it: each shell block of README.md and docs/ is run on a
// node.

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "install_test.h"

namespace azcni::test {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream stream(path);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// The blocks of a document in that language, in their order.
std::vector<std::string> blocks_of(const std::string& text, const std::string& language) {
  std::vector<std::string> blocks;
  const std::string fence = "```" + language + "\n";
  for (std::size_t at = 0; (at = text.find(fence, at)) != std::string::npos;) {
    const std::size_t begin = at + fence.size();
    at = text.find("\n```", begin);
    blocks.push_back(text.substr(begin, at + 1 - begin));
  }
  return blocks;
}

std::vector<std::string> documents() {
  std::vector<std::string> names{"README.md", "CONTRIBUTING.md"};
  for (const auto& entry : fs::directory_iterator(AZCNI_SOURCE "/docs")) {
    if (entry.path().extension() == ".md")
      names.push_back("docs/" + entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> documents_with_blocks() {
  std::vector<std::string> names = documents();
  std::erase_if(names, [](const std::string& name) {
    return blocks_of(read_file(std::string(AZCNI_SOURCE "/") + name), "bash").empty();
  });
  return names;
}

/// A node with the plugins and a pod, whose `make` only looks whether there is such a target, and
/// whose tools for the cloud and the cluster only note what they are asked. Each node of the
/// cluster is itself.
class Docs : public InstallTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void make_node() {
    make_package("VERSION", AZCNI_PLUGINS);
    shell(
        "mkdir -p /run/stubs /opt/cni/bin; cd /run/stubs; printf '#!/bin/sh\\nexec /usr/bin/make "
        "-n "
        "\"$@\" > /dev/null\\n' > make; printf '#!/bin/sh\\necho \"$0 $*\" >> /run/asked\\n' > az; "
        "cp az firewall-cmd; cp az kubeadm; "
        "printf '#!/bin/sh\\n[ $1 != -t ] || shift\\nshift\\nexec sh -c \"$*\"\\n' > ssh; "
        "printf '#!/bin/bash\\ncp \"${@:1:$#-1}\" \"${!##*:}\"\\n' > scp; "
        "printf '#!/bin/sh\\n[ $1 != drain ] || exec sh /run/drain\\necho node/one\\n' > "
        "kubectl; printf '#!/bin/sh\\n[ \"$1\" != -E "
        "] || "
        "shift\\nexec env \"$@\"\\n' > sudo; chmod 755 *; ln -s " AZCNI_BUILD " /run/build");
    must_install({"--package", package("v2")});  // the version before
    must_install({"--package", package("VERSION")});
    const Pod pod = vm().make_pod("a");
    attach(vm(), pod, vm().config());
    vm().write("/run/config", vm().config().dump());
    vm().write("/run/drain",
               "CNI_COMMAND=DEL CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin CNI_CONTAINERID=" +
                   pod.container_id + " CNI_NETNS=" + pod.netns +
                   " /opt/cni/bin/azure-vnet < /run/config\n");
  }
};

class DocsText : public ::testing::TestWithParam<std::string> {};

std::string name_of(const ::testing::TestParamInfo<std::string>& each) {
  return std::regex_replace(each.param, std::regex("[^A-Za-z0-9]"), "_");
}

INSTANTIATE_TEST_SUITE_P(All, DocsText, ::testing::ValuesIn(documents()), name_of);
INSTANTIATE_TEST_SUITE_P(All, Docs, ::testing::ValuesIn(documents_with_blocks()), name_of);

TEST_P(Docs, ShellBlocksWork) {
  const std::vector<std::string> blocks =
      blocks_of(read_file(std::string(AZCNI_SOURCE "/") + GetParam()), "bash");
  make_node();
  for (const std::string& block : blocks) {
    // Programs of the build folder are tests of their own: here it is enough that they are there.
    std::string here = std::regex_replace(block, std::regex("sudo build/"), "ls /run/build/");
    here = std::regex_replace(here, std::regex("/tmp/"), "/run/");  // the node's, not the machine's
    here = std::regex_replace(here, std::regex("output/linux_amd64/cni/"), "/run/VERSION/");
    const lab::Exit exit = lab::run(
        vm().context(),
        {"bash", "-euc", "cd " AZCNI_SOURCE "; PATH=/run/stubs:/opt/cni/bin:$PATH\n" + here});
    EXPECT_EQ(exit.status, 0) << block << exit.out << exit.err;
  }
}

// Catches: a link to a document that was renamed, and a document that nobody finds.
TEST_P(DocsText, LinksLeadSomewhere) {
  const fs::path path = fs::path(AZCNI_SOURCE) / GetParam();
  const std::string text = read_file(path);
  const std::regex link(R"(\]\(([^)#]+)[^)]*\))");
  for (std::sregex_iterator each(text.begin(), text.end(), link), end; each != end; ++each) {
    const std::string target = (*each)[1];
    if (target.rfind("http", 0) == 0) continue;
    EXPECT_TRUE(fs::exists(path.parent_path() / target)) << target;
  }
  const std::string name = path.filename();
  const bool is_listed =
      read_file(AZCNI_SOURCE "/docs/index.md").find("(" + name + ")") != std::string::npos;
  EXPECT_TRUE(is_listed || name == "index.md" || path.parent_path().filename() != "docs") << name;
}

/// Whatever a person may read or run to get our plugins.
std::vector<fs::path> files_for_people() {
  std::vector<fs::path> paths{AZCNI_SOURCE "/CHANGELOG.md", AZCNI_SOURCE "/Makefile"};
  for (const std::string& name : documents()) paths.push_back(fs::path(AZCNI_SOURCE) / name);
  for (const char* folder : {"/scripts", "/plugins", "/conf", "/docs/adr"}) {
    for (const auto& entry : fs::recursive_directory_iterator(std::string(AZCNI_SOURCE) + folder))
      if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  return paths;
}

// Catches: a download of the Go plugins, other software by the same name, as if it were ours; a
// version of theirs taken for one of ours, of which there is none yet.
TEST(Documentation, SendsNobodyToTheGoPluginsForOurs) {
  const std::regex theirs(
      R"(azure-container-networking|raw\.githubusercontent|\bv?1\.4\.0\b|plugin\.(sh|ps1) VERSION)",
      std::regex::icase);
  for (const fs::path& path : files_for_people()) {
    const std::string text = read_file(path);
    std::smatch found;
    EXPECT_FALSE(std::regex_search(text, found, theirs)) << path << ": " << found.str();
  }
}

// What the documentation shows as configuration of azure-vnet must be one.
TEST_P(DocsText, ConfigurationsAreValid) {
  for (const std::string& block :
       blocks_of(read_file(std::string(AZCNI_SOURCE "/") + GetParam()), "json")) {
    Json json = Json::parse(block, nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << block;
    if (!json.contains("name")) json["name"] = "azure";
    if (!json.contains("ipam") && !json.contains("plugins"))
      json["ipam"] = {{"type", "azure-vnet-ipam"}};
    const lab::Exit exit =
        lab::run({}, {AZCNI_PLUGINS "/azure-vnet", "validate", "/dev/stdin"}, {}, json.dump());
    EXPECT_EQ(exit.out, "valid\n") << block;
  }
}

}  // namespace
}  // namespace azcni::test
