#include "dispatch.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <type_traits>

namespace qffc {
namespace {

struct Candidate {
  const Engine<double>* engine_64;
  const Engine<float>* engine_32;
  bool runs;
};

bool has_avx2() {
#ifdef QFFC_X86
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

bool has_avx512() {
#ifdef QFFC_X86
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

// The best first.
std::vector<Candidate> candidates() {
  return {
#ifdef QFFC_X86
      {&avx512::engine_64, &avx512::engine_32, has_avx512()},
      {&avx2::engine_64, &avx2::engine_32, has_avx2()},
#endif
      {&portable::engine_64, &portable::engine_32, true},
  };
}

}  // namespace

template <class T>
const Engine<T>* find_engine(const std::string& name) {
  for (const Candidate& each : candidates()) {
    const Engine<T>* engine;
    if constexpr (std::is_same_v<T, double>) engine = each.engine_64;
    else engine = each.engine_32;
    if (each.runs && (name.empty() || name == engine->name)) return engine;
  }
  return nullptr;
}

template <class T>
bool run(const Engine<T>& engine, const Job<T>& job, int64_t threads, const ParallelFor& parallel_for) {
  const int64_t blocks = (job.circuits + engine.lanes - 1) / engine.lanes;
  const int64_t bytes = (engine.scratch_bytes(*job.program, job.mode) + alignment - 1) / alignment * alignment;
  const int64_t workers = std::max<int64_t>(1, std::min(threads, blocks));
  std::atomic<int64_t> next{0};
  std::atomic<bool> good{true};
  // A worker takes block after block, so that a slow thread holds up no more than the block that it has.
  parallel_for(workers, [&](int64_t) {
    const std::unique_ptr<void, decltype(&std::free)> scratch(std::aligned_alloc(alignment, bytes), &std::free);
    if (scratch == nullptr) {
      good = false;
      return;
    }
    for (int64_t block = next++; block < blocks; block = next++)
      engine.run_block(job, block * engine.lanes, scratch.get());
  });
  return good;
}

template const Engine<double>* find_engine<double>(const std::string&);
template const Engine<float>* find_engine<float>(const std::string&);
template bool run<double>(const Engine<double>&, const Job<double>&, int64_t, const ParallelFor&);
template bool run<float>(const Engine<float>&, const Job<float>&, int64_t, const ParallelFor&);

}  // namespace qffc
