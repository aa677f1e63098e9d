// scripts/install-cni-plugin.sh on a node: a VM of the lab, with pods that ping throughout.

#include <cstdlib>

#include "pings.h"
#include "release.h"

namespace azcni::test {
namespace {

class Install : public InstallTest {
 protected:
  Json config() { return Json::parse(vm().read("/etc/cni/net.d/10-azure.conflist")); }

  /// The installed plugin, as a runtime calls it.
  Json plugin() {
    Json plugin = config()["plugins"][0];
    plugin["name"] = config()["name"];
    plugin["cniVersion"] = config()["cniVersion"];
    plugin.erase("capabilities");
    return plugin;
  }
  PluginExit call(const std::string& verb, const Pod& pod) {
    return Vm::plugin_exit(lab::run(vm().context(), {"/opt/cni/bin/azure-vnet"},
                                    {{"CNI_COMMAND", verb},
                                     {"CNI_CONTAINERID", pod.container_id},
                                     {"CNI_NETNS", pod.netns},
                                     {"CNI_IFNAME", "eth0"},
                                     {"CNI_PATH", "/opt/cni/bin"},
                                     {"CNI_ARGS", pod.cni_args()}},
                                    plugin().dump()));
  }
};

TEST_F(Install, PutsEverythingWhereRuntimesLook) {
  must_install({"--package", package("v1")});
  EXPECT_EQ(shell("stat -c '%a %U:%G' /opt/cni/bin/azure-vnet /opt/cni/bin/azure-vnet-ipam "
                  "/opt/cni/bin/loopback /opt/cni/bin/portmap"),
            "755 root:root\n755 root:root\n755 root:root\n755 root:root\n");
  EXPECT_EQ(shell("stat -c '%a %U:%G' /etc/cni/net.d/10-azure.conflist"), "600 root:root\n");
  EXPECT_EQ(shell("find /etc /opt -name '*.azure-vnet-new'"), "");
  const Pod pod = vm().make_pod("a");
  EXPECT_EQ(call("ADD", pod).status, 0);
  EXPECT_TRUE(Lab::pings_from(vm(), pod, "10.240.0.1"));
  for (const char* file :
       {"systemd/network/05-azure-vnet.network", "systemd/network/05-azure-vnet.link",
        "systemd/networkd.conf.d/99-azure-vnet.conf"})
    EXPECT_NE(vm().read(std::string("/etc/") + file), "") << file;
  const lab::Exit doctor = vm().run({"/opt/cni/bin/azure-vnet", "doctor"});
  EXPECT_EQ(doctor.out.find("error"), std::string::npos) << doctor.out;
  EXPECT_EQ(call("DEL", pod).status, 0);
}

// Catches: drop-ins that networkd, which is not root, can't read, as an installer with a strict
// umask leaves them; with some of its versions networkd does not start then.
TEST_F(Install, WhatDaemonsReadIsReadable) {
  shell("rm -rf /etc/systemd/network /etc/systemd/networkd.conf.d; umask 077; bash " +
        std::string(kScript) + " --package " + package("v1"));
  for (const char* file :
       {"/etc/systemd/network/05-azure-vnet.network", "/etc/systemd/network/05-azure-vnet.link",
        "/etc/systemd/networkd.conf.d/99-azure-vnet.conf"}) {
    EXPECT_NE(shell(std::string("setpriv --reuid=nobody --regid=nogroup --clear-groups "
                                "--inh-caps=-all --bounding-set=-all cat ") +
                    file),
              "")
        << file;
  }
}

// Catches: a cloud-init that gives the host the containers' addresses at each boot; a firewalld
// that refuses containers though `forwardAccept` was asked for, or lets them pass though it was
// not.
TEST_F(Install, TellsCloudInitAndFirewalld) {
  shell("mkdir -p /etc/cloud/cloud.cfg.d /etc/firewalld/zones /etc/firewalld/policies");
  must_install({"--package", package("v1")});
  EXPECT_NE(vm().read("/etc/cloud/cloud.cfg.d/90-azure-vnet.cfg")
                .find("    apply_network_config_for_secondary_ips: false\n"),
            std::string::npos);
  EXPECT_EQ(shell("find /etc/firewalld -type f"), "");
  must_install({"--package", package("v1"), "--conflist", AZCNI_SOURCE "/conf/non-aks.conflist"});
  EXPECT_EQ(
      shell("cd /etc/firewalld; find . -type f | sort"),
      "./policies/azure-vnet-in.xml\n./policies/azure-vnet-out.xml\n./zones/azure-vnet.xml\n");
  must_install({"--uninstall"});
  EXPECT_EQ(shell("find /etc/cloud /etc/firewalld -type f"), "");
}

TEST_F(Install, IsIdempotent) {
  must_install({"--package", package("v1")});
  const std::string before = files();
  must_install({"--package", package("v1")});
  EXPECT_EQ(files(), before);
}

// Catches: a script that takes somebody else's release for ours, or does not say what to do
// instead.
TEST_F(Install, SaysThatThereIsNoReleaseYet) {
  const std::string before = files();
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"v9"}, {}, {"--dry-run"}}) {
    const lab::Exit exit = install(words);
    EXPECT_EQ(exit.status, 1) << exit.out;
    for (const char* part :
         {"there is no release yet", "make azure-cni-plugins", "--package", "AZCNI_RELEASES"})
      EXPECT_NE(exit.err.find(part), std::string::npos) << exit.err;
    EXPECT_EQ(files(), before);
  }
}

// Catches: an installation that hides that somebody else's tool refused, or fails for it.
TEST_F(Install, SaysWhichToolRefused) {
  shell(
      "mkdir -p /run/refusing /run/systemd/netif /run/NetworkManager; cd /run/refusing; "
      "printf '#!/bin/sh\nexit 1\n' > restorecon; cp restorecon networkctl; cp restorecon nmcli; "
      "chmod 755 *");
  const lab::Exit exit = install({"--package", package("v1")},
                                 {{"PATH", std::string("/run/refusing:") + std::getenv("PATH")}});
  EXPECT_EQ(exit.status, 0) << exit.out << exit.err;
  for (const char* command :
       {"restorecon /opt/cni/bin/azure-vnet", "networkctl reload", "nmcli general reload conf"})
    EXPECT_NE(exit.err.find(std::string("failed: ") + command), std::string::npos) << exit.err;
}

// Catches: pods that an upgrade cuts off, or that can't be attached while it is at work.
TEST_F(Install, LosesNoReplyInUpgradeRollbackAndUninstall) {
  for (const char* mode : {"transparent", "tunnel"}) {
    SCOPED_TRACE(mode);
    must_install({"--package", package("v1"), "--mode", mode});
    EXPECT_EQ(config()["plugins"][0]["mode"], mode);
    const Pod pod = vm().make_pod(mode);
    const PluginExit attached = call("ADD", pod);
    ASSERT_EQ(attached.status, 0) << attached.text;
    lab::Pings from_pod(vm().context_of(pod), "10.240.0.1"),
        to_pod(lab().fabric().context(), attached.ip()),
        to_host(lab().fabric().context(), vm().spec().ip4);

    // A runtime that attaches and detaches without a pause.
    const Pod churn = vm().make_pod(std::string("churn") + mode);
    vm().write("/run/config", plugin().dump());
    const std::string without_a_pause =
        "export CNI_CONTAINERID=$1 CNI_NETNS=$2 CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin\n"
        "touch /run/began\nuntil [ -e /run/end ]; do for verb in ADD DEL; do\n"
        "CNI_COMMAND=$verb /opt/cni/bin/azure-vnet < /run/config > /dev/null; done; done";
    lab::Process runtime(
        vm().context(), {"bash", "-euc", without_a_pause, "bash", churn.container_id, churn.netns});
    EXPECT_TRUE(vm().wait_for_file("/run/began"));

    const std::string first = version_here();
    must_install({"--package", package("v2"), "--mode", mode});
    const std::string second = version_here();
    EXPECT_NE(second, first);
    must_install({"--rollback"});
    EXPECT_EQ(version_here(), first);
    must_install({"--rollback"});
    EXPECT_EQ(version_here(), second) << "back and forth";
    vm().write("/run/end", "");
    EXPECT_EQ(runtime.wait().status, 0) << vm().read("/var/log/azure-vnet.log");

    const std::string before = files();
    const lab::Exit refused = install({"--uninstall"});
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.err.find("containers are attached"), std::string::npos) << refused.err;
    EXPECT_EQ(files(), before) << "an uninstall that is refused changes nothing";
    EXPECT_EQ(from_pod.lost(), 0);
    EXPECT_EQ(to_pod.lost(), 0);

    EXPECT_EQ(call("DEL", pod).status, 0);
    must_install({"--uninstall"});
    // What a port receives while it leaves its bridge, the kernel drops: some 0.1 ms.
    EXPECT_LE(to_host.lost(), 1) << "the NIC was given back";
    EXPECT_EQ(shell("shopt -s nullglob; echo /opt/cni/bin/azure* /etc/cni/net.d/* /run/azure-vnet* "
                    "/var/lib/azure-vnet* /etc/systemd/*/*azure*"),
              "\n");
    EXPECT_EQ(shell("nft list ruleset; ip -o link show type bridge; ip -o link show type veth"),
              "");
    EXPECT_EQ(vm().ip({"address", "show", "dev", "eth0"})[0]["addr_info"][0]["local"],
              vm().spec().ip4);
    shell("rm /run/end /run/began");
  }
}

TEST_F(Install, KeepsWhatAnAdministratorChanged) {
  must_install({"--package", package("v1")});
  shell(
      "sed -i 's/\"azure\"/\"mine\"/' /etc/cni/net.d/10-azure.conflist; touch "
      "/etc/cni/net.d/20-other.conf /opt/cni/bin/other; echo x >> "
      "/etc/systemd/network/05-azure-vnet.link");
  const lab::Exit again = install({"--package", package("v2"), "--mode", "bridge"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.out.find("10-azure.conflist.new"), std::string::npos) << "it is said";
  EXPECT_EQ(config()["name"], "mine");
  EXPECT_EQ(Json::parse(vm().read("/etc/cni/net.d/10-azure.conflist.new"))["plugins"][0]["mode"],
            "bridge");
  must_install({"--uninstall"});
  EXPECT_EQ(config()["name"], "mine");
  EXPECT_EQ(shell("ls /etc/cni/net.d"), "10-azure.conflist\n20-other.conf\n");
  EXPECT_EQ(shell("ls /opt/cni/bin"), "loopback\nother\nportmap\n");
}

TEST_F(Install, DryRunAndPrefixLeaveTheNodeAlone) {
  const std::string before = files();
  const lab::Exit dry = install({"--package", package("v1"), "--dry-run"});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_NE(dry.out.find("would install /opt/cni/bin/azure-vnet"), std::string::npos) << dry.out;
  EXPECT_EQ(files(), before);
  must_install({"--package", package("v1"), "--prefix", "/run/root"});
  EXPECT_EQ(files(), before);
  EXPECT_NE(vm().read("/run/root/etc/cni/net.d/10-azure.conflist"), "");
  EXPECT_EQ(install({"--rollback"}).status, 1) << "there is no version before";
}

/// How an installation is made to fail; each changes nothing.
struct Failure {
  const char* name;
  const char* breaking;
  std::vector<std::string> arguments;
  const char* message;

  friend void PrintTo(const Failure& each, std::ostream* out) { *out << each.name; }
};

class BadInstall : public InstallTest, public ::testing::WithParamInterface<Failure> {};

const std::vector<std::string> kV2{"--package", "/run/v2/azure-vnet-cni-linux-amd64-v2.tgz"};

INSTANTIATE_TEST_SUITE_P(
    Failures, BadInstall,
    ::testing::Values(
        Failure{"checksum", "echo >> /run/v2/azure-vnet-cni-linux-amd64-v2.tgz", kV2, "checksum"},
        Failure{"truncated",
                "cd /run/v2; truncate -s 1M *.tgz; sha256sum *.tgz > "
                "azure-vnet-cni-linux-amd64-v2.tgz.sha256",
                kV2, "damaged"},
        Failure{"no_checksum", "rm /run/v2/*.sha256", kV2, "SHA256SUMS"},
        Failure{"no_space",
                "mkdir /run/keep; cp -a /opt/cni /run/keep/; umount /opt; mount -t tmpfs -o "
                "size=24m opt "
                "/opt; cp -a /run/keep/cni /opt/; ! dd if=/dev/zero of=/opt/fill bs=1M count=30 "
                "2>/dev/null",
                kV2, "No space left"},
        Failure{"read_only_bin", "mount -o remount,ro /opt", kV2, "Read-only"},
        Failure{
            "read_only_conf",
            "mount --bind /etc/cni/net.d /etc/cni/net.d; mount -o remount,ro,bind /etc/cni/net.d",
            {"--package", "/run/v2/azure-vnet-cni-linux-amd64-v2.tgz", "--mode", "bridge"},
            "Read-only"},
        Failure{"no_file", ":", {"--package", "/run/none.tgz"}, "there is no file"},
        Failure{"bad_conflist",
                "echo '{\"name\": 1}' > /run/bad.json",
                {"--package", "/run/v2/azure-vnet-cni-linux-amd64-v2.tgz", "--conflist",
                 "/run/bad.json"},
                "error"},
        Failure{"no_mirror", ":", {"v9"}, "download failed"},
        Failure{"unknown_option", ":", {"--frobnicate"}, "unknown option"},
        Failure{"wrong_mode", ":", {"v1", "--mode", "magic"}, "transparent, bridge or tunnel"}),
    case_name<Failure>);

TEST_P(BadInstall, ChangesNothing) {
  must_install({"--package", package("v1")});
  shell(GetParam().breaking);
  const std::string before = files();
  const lab::Exit exit =
      install(GetParam().arguments, {{"AZCNI_RELEASES", "http://127.0.0.1:9/releases"}});
  EXPECT_EQ(exit.status, 1) << exit.out;
  EXPECT_NE((exit.out + exit.err).find(GetParam().message), std::string::npos)
      << exit.out << exit.err;
  EXPECT_EQ(files(), before);
}

/// From a mirror that AZCNI_RELEASES names.
class Download : public ReleaseTest {};

TEST_F(Download, TakesAVersionWithOrWithoutVAndTheHelpers) {
  publish("v1");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"v1"}, {"1"}, {"v1", "1.1.1"}, {}}) {
    shell("rm -rf /opt/cni /etc/cni/net.d");
    const lab::Exit exit = install(words, releases());
    EXPECT_EQ(exit.status, 0) << exit.out << exit.err;
    EXPECT_EQ(shell("ls /opt/cni/bin"), "azure-vnet\nazure-vnet-ipam\nloopback\nportmap\n");
  }
}

// Catches: a node that has wget and no curl.
TEST_F(Download, WorksWithWgetAlone) {
  publish("v1");
  shell(
      "mkdir /run/path; ln -s /usr/bin/* /run/path/; ln -sf /usr/sbin/* /run/path/; rm "
      "/run/path/curl");
  lab::Process::Variables variables = releases();
  variables.emplace_back("PATH", "/run/path");
  const lab::Exit exit = lab::run(vm().context(), {"/usr/bin/bash", kScript, "v1"}, variables);
  EXPECT_EQ(exit.status, 0) << exit.out << exit.err;
}

TEST_F(Download, ThatFailsIsAFailedInstallation) {
  publish("v1");
  const std::string before = files();
  for (const char* broken : {"/releases/download/v1/azure-vnet-cni-linux-amd64-v1.tgz",
                             "/plugins/download/v1.1.1/cni-plugins-linux-amd64-v1.1.1.tgz",
                             "/releases/download/v1/SHA256SUMS"}) {
    std::string content;
    files_[broken].swap(content);
    EXPECT_EQ(install({"v1"}, releases()).status, 1) << broken;
    files_.erase(broken);
    EXPECT_EQ(install({"v1"}, releases()).status, 1) << broken;
    files_[broken] = content;
    EXPECT_EQ(files(), before) << broken;
  }
}

// Catches: a script that works under its own name and in its own folder alone.
TEST_F(Download, WorksAsALoneFileOfAnotherName) {
  publish("v1");
  const lab::Exit exit =
      lab::run(vm().context(),
               {"bash", "-c",
                "wget -q -O /run/upgrade-cni.sh http://127.0.0.1/install-cni-plugin.sh; chmod 755 "
                "/run/upgrade-cni.sh; ls -l /run/upgrade-cni.sh; /run/upgrade-cni.sh v1; echo "
                "'upgraded node ' x"},
               releases());
  EXPECT_NE(exit.out.find("installed: Azure CNI Version"), std::string::npos)
      << exit.out << exit.err;
}

}  // namespace
}  // namespace azcni::test
