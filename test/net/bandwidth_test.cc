// The capability bandwidth, by traffic.

#include <sstream>

#include "echo_server.h"
#include "net_test.h"

namespace azcni::test {
namespace {

constexpr double kRate = 12e6 / 8;      // bytes a second
constexpr double kBurst = kRate;        // what a stall of up to a second leaves behind is caught up
constexpr double kPayload = 4 * kRate;  // so this takes three seconds

/// Sends $2 bytes to port 7 of $1; prints how many came back, when it began and when it ended, in
/// microseconds.
constexpr const char* kMeasure = R"(exec 3<>/dev/tcp/$1/7
begin=${EPOCHREALTIME/[.,]/}
head -c $2 /dev/zero >&3 &
echo $(head -c $2 <&3 | wc -c) $begin ${EPOCHREALTIME/[.,]/})";

class Bandwidth : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  /// Seconds until the payload has come back from a server in the pod.
  double measure(const Pod& pod, const std::string& address) {
    const lab::EchoServer server(lab().vm().context_of(pod), 7);
    const auto payload = static_cast<long>(kPayload);
    const lab::Exit exit = lab::run(lab().fabric().context(), {"bash", "-c", kMeasure, "bash",
                                                               address, std::to_string(payload)});
    std::istringstream numbers(exit.out);
    long received = 0, begin = 0, end = 0;
    numbers >> received >> begin >> end;
    EXPECT_EQ(received, payload) << exit.err;
    return static_cast<double>(end - begin) / 1e6;
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, Bandwidth, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a limit that is not there, is of the other direction, or is far off.
TEST_P(Bandwidth, IsLimitedInBothDirections) {
  Vm& vm = start_lab().vm();
  for (const char* direction : {"ingress", "egress"}) {
    SCOPED_TRACE(direction);
    Json config = vm.config(GetParam());
    config["runtimeConfig"]["bandwidth"] = {
        {std::string(direction) + "Rate", static_cast<std::uint64_t>(8 * kRate)},
        {std::string(direction) + "Burst", static_cast<std::uint64_t>(8 * kBurst)}};
    const Pod pod = vm.make_pod(direction);
    const double rate = (kPayload - kBurst) / measure(pod, attach(vm, pod, config).ip());
    EXPECT_GT(rate, 0.85 * kRate);
    EXPECT_LT(rate, 1.15 * kRate);
  }
  const Pod free = vm.make_pod("free");
  EXPECT_LT(measure(free, attach(vm, free, vm.config(GetParam())).ip()), 1);
}

// Catches: a rate below a byte a second, which is rounded down to none, and so is no limit.
TEST_F(Bandwidth, OfAFewBitsIsALimitOrRefused) {
  Vm& vm = start_lab().vm();
  Json config = vm.config();
  config["runtimeConfig"]["bandwidth"] = {{"ingressRate", 7}};
  const PluginExit answer = vm.cni("ADD", vm.make_pod("a"), config);
  const std::string shaper = vm.run({"sh", "-c", "tc qdisc show | grep tbf"}).out;
  const bool is_refused = answer.json.value("code", 0) == 7;
  ASSERT_TRUE(is_refused || !shaper.empty()) << answer.text;
  EXPECT_EQ(shaper.find(" rate 0bit "), std::string::npos) << "7 bit/s is no limit: " << shaper;
}

TEST_P(Bandwidth, RefusesWhatIsNoRate) {
  Vm& vm = start_lab().vm();
  Json config = vm.config(GetParam());
  config["runtimeConfig"]["bandwidth"] = {{"ingressRate", "fast"}};
  const PluginExit answer = vm.cni("ADD", vm.make_pod("a"), config);
  EXPECT_EQ(answer.json["code"], 7);
  EXPECT_NE(answer.text.find("runtimeConfig.bandwidth.ingressRate"), std::string::npos);
}

}  // namespace
}  // namespace azcni::test
