// A delegate that only answers: what starting one costs.

#include <cstdio>

int main() {
  std::puts("{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.80.0.1/16\"}]}");
  return 0;
}
