// Peaks of this machine: multiply-adds from registers, and a triad a = b + s c from each level of memory. Prints JSON.
// Compiled for the machine that it runs on, with threads as the argument.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

#if defined(__AVX512F__)
constexpr int kBytes = 64;
#elif defined(__AVX__)
constexpr int kBytes = 32;
#else
constexpr int kBytes = 16;
#endif

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

template <typename Body>
double timed(int threads, Body body) {
  double best = 1e30;
  for (int attempt = 0; attempt < 9; ++attempt) {
    std::vector<std::thread> pool;
    const auto start = Clock::now();
    for (int t = 0; t < threads; ++t) pool.emplace_back(body, t);
    for (auto& thread : pool) thread.join();
    const double elapsed = seconds_since(start);
    if (elapsed < best) best = elapsed;
  }
  return best;
}

// As many independent chains as hide the latency of a multiply-add on two units.
template <typename Real>
double multiply_adds(int threads) {
  typedef Real Vector __attribute__((vector_size(kBytes)));
  constexpr int kChains = 12;
  constexpr long kSteps = 8'000'000;
  const double elapsed = timed(threads, [](int t) {
    Vector chain[kChains];
    const Vector factor = Vector{} + Real(0.999999), term = Vector{} + Real(1e-6 * (t + 1));
    for (int k = 0; k < kChains; ++k) chain[k] = Vector{} + Real(k);
    for (long step = 0; step < kSteps; ++step) {
#pragma GCC unroll 12
      for (int k = 0; k < kChains; ++k) chain[k] = chain[k] * factor + term;
    }
    Vector total = Vector{};
    for (int k = 0; k < kChains; ++k) total += chain[k];
    asm volatile("" : : "m"(total));  // or nothing would be computed
  });
  return 2.0 * kChains * (kBytes / sizeof(Real)) * kSteps * threads / elapsed;
}

// Bytes a second of a triad over three arrays that fill `bytes` together, in each thread.
double triad(int threads, long bytes) {
  const long count = bytes / (3 * long(sizeof(double)));
  const long rounds = 4'000'000'000L / bytes + 1;
  std::vector<std::vector<double>> arrays(threads, std::vector<double>(3 * count, 1.0));
  const double elapsed = timed(threads, [&](int t) {
    double* __restrict__ a = arrays[t].data();
    const double* __restrict__ b = a + count;
    const double* __restrict__ c = b + count;
    for (long round = 0; round < rounds; ++round) {
      const double scale = 1e-9 * double(round);
      for (long k = 0; k < count; ++k) a[k] = b[k] + scale * c[k];
      asm volatile("" : : "r"(a) : "memory");
    }
  });
  return 3.0 * count * sizeof(double) * rounds * threads / elapsed;
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  std::printf("{\"float64\": %.6g, \"float32\": %.6g, ", multiply_adds<double>(threads), multiply_adds<float>(threads));
  std::printf("\"L1\": %.6g, \"L2\": %.6g, \"DRAM\": %.6g, \"vector bytes\": %d}\n", triad(threads, 24L << 10),
              triad(threads, 384L << 10), triad(threads, 192L << 20), kBytes);
}
