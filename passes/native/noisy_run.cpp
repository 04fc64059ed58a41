#include "noisy_run.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <type_traits>

namespace qffc {

template <class T>
const NoisySweeps<T>* find_noisy(const std::string& name) {
  const std::string own = isa_of<T>(name);
  return own.empty() ? nullptr : QFFC_TABLE(T, noisy, own);
}

template <class T>
bool run_noisy(const NoisySweeps<T>& sweeps, const NoisyJob<T>& job, int64_t threads, const ParallelFor& parallel_for) {
  const int64_t blocks = (job.circuits + sweeps.lanes - 1) / sweeps.lanes;
  const int64_t bytes = (sweeps.scratch_bytes(job) + alignment - 1) / alignment * alignment;
  std::atomic<int64_t> next{0};
  std::atomic<bool> good{true};
  parallel_for(std::max<int64_t>(1, std::min(threads, blocks)), [&](int64_t) {
    const std::unique_ptr<void, decltype(&std::free)> scratch(std::aligned_alloc(alignment, bytes), &std::free);
    if (scratch == nullptr) good = false;
    for (int64_t block = next++; block < blocks && good; block = next++)
      sweeps.run_block(job, block * sweeps.lanes, scratch.get());
  });
  return good;
}

#define QFFC_DEFINE(T)                                          \
  template const NoisySweeps<T>* find_noisy<T>(const std::string&); \
  template bool run_noisy<T>(const NoisySweeps<T>&, const NoisyJob<T>&, int64_t, const ParallelFor&);
QFFC_DEFINE(double)
QFFC_DEFINE(float)
#undef QFFC_DEFINE

}  // namespace qffc
