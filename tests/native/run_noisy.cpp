// Runs a noisy program without Python, so that sanitizers see every access: reads it and random numbers from a file, runs
// all modes on every instruction set in both precisions, prints the results as text.
//
// Programs that are cut short anywhere, and those with a number that leads out of their arrays, are none.
#include <cstdio>
#include <fstream>
#include <limits>
#include <vector>

#include "helpers.hpp"
#include "noisy_run.hpp"

namespace {

using namespace qffc;

template <class T>
std::vector<T> read(std::ifstream& file, int64_t count) {
  std::vector<T> numbers(count);
  for (T& number : numbers) file >> number;
  return numbers;
}

void on_threads(int64_t count, const std::function<void(int64_t)>& work) {
  Helpers::of_process().share(count, count, work);
}

// Whatever one number is changed to, the program is refused, or none of its steps leads out of the arrays when it runs.
bool holds_against_damage(const std::vector<int32_t>& ints, const std::vector<double>& reals) {
  const int64_t real_count = static_cast<int64_t>(reals.size());
  for (size_t cut = 0; cut < ints.size(); ++cut) {
    NoisyProgram program;
    const std::vector<int32_t> shorter(ints.begin(), ints.begin() + cut);
    if (decode(shorter.data(), cut, reals.data(), real_count, program)) return false;
  }
  NoisyProgram program;
  const std::vector<double> fewer(reals.begin(), reals.end() - 1);
  if (decode(ints.data(), ints.size(), fewer.data(), real_count - 1, program)) return false;
  const NoisySweeps<double>& sweeps = *find_noisy<double>("portable");
  for (size_t place = 7; place < ints.size(); ++place) {
    for (const int32_t value : {-1, 1, 1 << 20, std::numeric_limits<int32_t>::max()}) {
      std::vector<int32_t> damaged = ints;
      damaged[place] = value;
      NoisyProgram other;
      if (!decode(damaged.data(), damaged.size(), reals.data(), real_count, other)) continue;
      const std::vector<double> slots(other.slots, 0.5), weights(other.moments, 1.0);
      std::vector<double> gradient(other.slots);
      NoisyJob<double> job{};
      job.program = &other, job.mode = Mode::gradient, job.circuits = 1;
      job.slots = slots.data(), job.weights = weights.data(), job.gradient = gradient.data();
      if (place % 7 == 0 && !run_noisy<double>(sweeps, job, 1, on_threads)) return false;
    }
  }
  return true;
}

template <class T>
void print(const std::vector<T>& numbers) {
  for (const T number : numbers) std::printf("%.17g ", static_cast<double>(number));
  std::printf("\n");
}

template <class T>
int run_all(const char* instructions, const NoisyProgram& program, int64_t circuits, const std::vector<double>& numbers) {
  const NoisySweeps<T>* sweeps = find_noisy<T>(instructions);
  if (sweeps == nullptr) return 0;
  const int64_t slots = circuits * program.slots, moments = circuits * program.moments;
  // Exactly as long as it must be, so that reading past the end of the last row is seen.
  const auto part = [&](int64_t first, int64_t count) {
    return std::vector<T>(numbers.begin() + first, numbers.begin() + first + count);
  };
  const std::vector<T> x = part(0, slots), v = part(slots, slots);
  const std::vector<T> w = part(2 * slots, moments), u = part(2 * slots + moments, moments);
  std::vector<T> m(moments), m_along(moments), g(slots), g_along(slots);
  for (const Mode mode : {Mode::moments, Mode::gradient, Mode::moments_along, Mode::gradient_along}) {
    NoisyJob<T> job{};
    job.program = &program, job.mode = mode, job.circuits = circuits;
    job.slots = x.data();
    if (job.dual()) job.slots_along = v.data(), job.moments_along = m_along.data();
    if (job.wants_gradient()) job.weights = w.data(), job.gradient = g.data();
    else job.moments = m.data();
    if (job.dual() && job.wants_gradient()) job.weights_along = u.data(), job.gradient_along = g_along.data();
    if (!run_noisy<T>(*sweeps, job, 3, on_threads)) return 1;
  }
  std::printf("%s %d\n", instructions, static_cast<int>(8 * sizeof(T)));
  print(m), print(m_along), print(g), print(g_along);
  return 0;
}

}  // namespace

int main(int, char** arguments) {
  std::ifstream file(arguments[1]);
  int64_t ints, reals, circuits;
  file >> ints >> reals >> circuits;
  const auto structure = read<int32_t>(file, ints);
  const auto constants = read<double>(file, reals);
  NoisyProgram program;
  if (!decode(structure.data(), ints, constants.data(), reals, program)) return 2;
  if (!holds_against_damage(structure, constants)) return 3;
  const auto numbers = read<double>(file, 2 * circuits * (program.slots + program.moments));
  for (const char* instructions : {"portable", "avx2", "avx512"}) {
    if (run_all<double>(instructions, program, circuits, numbers)) return 4;
    if (run_all<float>(instructions, program, circuits, numbers)) return 4;
  }
  return 0;
}
