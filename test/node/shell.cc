// A node to try things on: each line of stdin is a command of its root, with helpers.sh.
//
//   cmake --build build --target node_shell; build/test/node/node_shell [SECONDS OF THE LEASE]

#include <cstdlib>
#include <iostream>

#include "node_test.h"

int main(int argc, char** argv) {
  azcni::test::Node node(argc > 1 ? std::atoi(argv[1]) : -1);
  azcni::test::install(node);
  for (std::string line; std::cout << "node1# " << std::flush, std::getline(std::cin, line);) {
    const azcni::lab::Exit exit = node.run(line);
    std::cout << exit.out << "(" << exit.status << ")\n";
  }
}
