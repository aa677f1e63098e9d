#pragma once

#include <string>
#include <vector>

#include "azcni/base/unique_fd.h"
#include "lab.h"

namespace azcni::bench {

/// What is measured: a plugin, as a container runtime calls it.
struct Subject {
  std::string name;
  std::string program;
  lab::Json config;
  std::string delegate;  ///< of the floor; empty: none
};

struct Batch {
  bool add = true;  ///< else DEL
  int first = 0;    ///< number of the first container
  int count = 1;
  int at_once = 1;
};

struct Outcome {
  std::vector<double> milliseconds;  ///< of each call, start to end
  double seconds = 0;                ///< of the batch
  int failed = 0;
  long peak_kb = 0;  ///< of the largest process
};

/// A process that lives on the VM and runs one subject there, so that nothing is measured but the
/// call: no namespace is entered for it.
class Worker {
 public:
  Worker(const lab::Vm& vm, Subject subject, std::string plugins, std::vector<lab::Pod> pods);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  const Subject& subject() const { return subject_; }
  Outcome run(const Batch& batch);

 private:
  [[noreturn]] void serve(const lab::ExecContext& place) const;
  Outcome run_here(const Batch& batch) const;

  Subject subject_;
  std::string plugins_;
  std::vector<lab::Pod> pods_;
  int pid_ = -1;
  UniqueFd requests_;
  UniqueFd replies_;
};

}  // namespace azcni::bench
