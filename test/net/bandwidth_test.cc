// The capability bandwidth, by traffic.

#include <chrono>

#include "echo_server.h"
#include "net_test.h"

namespace azcni::test {
namespace {

class Bandwidth : public NetTest, public ::testing::WithParamInterface<const char*> {
 protected:
  /// Payload that comes back from a server in the pod, in Mbit/s.
  double measure(const Pod& pod, const std::string& address) {
    const lab::EchoServer server(lab().vm().place_of(pod), 7);
    const int bytes = 3'000'000;
    const auto begin = std::chrono::steady_clock::now();
    const lab::Exit exit =
        lab::run(lab().fabric().place(),
                 {"timeout", "60", "bash", "-c",
                  "exec 3<>/dev/tcp/$1/7; head -c $2 /dev/zero >&3 & head -c $2 <&3 | wc -c",
                  "bash", address, std::to_string(bytes)});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    EXPECT_EQ(std::atoi(exit.out.c_str()), bytes) << exit.err;
    return bytes * 8 / took.count() / 1e6;
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, Bandwidth, ::testing::Values("transparent", "bridge", "tunnel"),
                         [](const auto& each) { return std::string(each.param); });

// Catches: a limit that is not there, is of the other direction, or is far off.
TEST_P(Bandwidth, IsLimitedInBothDirections) {
  Vm& vm = raise().vm();
  constexpr double kRate = 12;
  for (const char* direction : {"ingress", "egress"}) {
    SCOPED_TRACE(direction);
    Json config = vm.config(GetParam());
    config["runtimeConfig"]["bandwidth"] = {
        {std::string(direction) + "Rate", static_cast<std::uint64_t>(kRate * 1e6)},
        {std::string(direction) + "Burst", 8 * 64 * 1024}};
    const Pod pod = vm.make_pod(direction);
    const double limited = measure(pod, attach(vm, pod, config).ip());
    EXPECT_GT(limited, 0.85 * kRate);
    EXPECT_LT(limited, 1.15 * kRate);
  }
  const Pod free = vm.make_pod("free");
  EXPECT_GT(measure(free, attach(vm, free, vm.config(GetParam())).ip()), 3 * kRate);
}

// Catches: a rate below a byte a second, which is rounded down to none, and so is no limit.
TEST_F(Bandwidth, OfAFewBitsIsALimitOrRefused) {
  Vm& vm = raise().vm();
  Json config = vm.config();
  config["runtimeConfig"]["bandwidth"] = {{"ingressRate", 7}};
  const Answer answer = vm.cni("ADD", vm.make_pod("a"), config);
  const std::string shaper = vm.run({"sh", "-c", "tc qdisc show | grep tbf"}).out;
  const bool is_refused = answer.json.value("code", 0) == 7;
  ASSERT_TRUE(is_refused || !shaper.empty()) << answer.text;
  EXPECT_EQ(shaper.find(" rate 0bit "), std::string::npos) << "7 bit/s is no limit: " << shaper;
}

TEST_P(Bandwidth, RefusesWhatIsNoRate) {
  Vm& vm = raise().vm();
  Json config = vm.config(GetParam());
  config["runtimeConfig"]["bandwidth"] = {{"ingressRate", "fast"}};
  const Answer answer = vm.cni("ADD", vm.make_pod("a"), config);
  EXPECT_EQ(answer.json["code"], 7);
  EXPECT_NE(answer.text.find("runtimeConfig.bandwidth.ingressRate"), std::string::npos);
}

}  // namespace
}  // namespace azcni::test
