// Runs a program of the native kernel without Python, so that sanitizers see every access: reads the program and random
// numbers from a file, runs all modes on every instruction set in both precisions, prints the results as text.
//
// Of a program that is cut short anywhere `decode` must say so and read nothing past its end.
#include <cstdio>
#include <fstream>
#include <thread>
#include <vector>

#include "dispatch.hpp"

namespace {

using namespace qffc;

template <class T>
std::vector<T> read(std::ifstream& file, int64_t count) {
  std::vector<T> numbers(count);
  for (T& number : numbers) file >> number;
  return numbers;
}

void on_threads(int64_t count, const std::function<void(int64_t)>& work) {
  std::vector<std::thread> threads;
  for (int64_t k = 0; k < count; ++k) threads.emplace_back(work, k);
  for (std::thread& thread : threads) thread.join();
}

template <class T>
void print(const std::vector<T>& numbers) {
  for (const T number : numbers) std::printf("%.17g ", static_cast<double>(number));
  std::printf("\n");
}

template <class T>
int run_all(const char* instructions, const Program& program, int64_t circuits, const std::vector<double>& numbers) {
  const Engine<T>* engine = find_engine<T>(instructions);
  if (engine == nullptr) return 0;
  const int64_t slots = circuits * program.slots, moments = circuits * program.moments;
  const std::vector<T> all(numbers.begin(), numbers.end());
  std::vector<T> m(moments), m_along(moments), g(slots), g_along(slots);
  for (const Mode mode : {Mode::moments, Mode::gradient, Mode::moments_along, Mode::gradient_along}) {
    Job<T> job{};
    job.program = &program;
    job.mode = mode;
    job.circuits = circuits;
    job.slots = all.data();
    const bool gradient = mode == Mode::gradient || mode == Mode::gradient_along;
    const bool along = mode == Mode::moments_along || mode == Mode::gradient_along;
    if (along) job.slots_along = all.data() + slots, job.moments_along = m_along.data();
    if (gradient) job.weights = all.data() + 2 * slots, job.gradient = g.data();
    if (!gradient) job.moments = m.data();
    if (gradient && along) job.weights_along = all.data() + 2 * slots + moments, job.gradient_along = g_along.data();
    if (!run(*engine, job, 3, on_threads)) return 1;
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
  Program program;
  if (!decode(structure.data(), ints, constants.data(), reals, program)) return 2;
  for (int64_t cut = 0; cut < ints; ++cut) {
    const std::vector<int32_t> shorter(structure.begin(), structure.begin() + cut);
    Program other;
    if (decode(shorter.data(), cut, constants.data(), reals, other)) return 3;
  }
  const auto numbers = read<double>(file, 2 * circuits * (program.slots + program.moments));
  for (const char* instructions : {"portable", "avx2", "avx512"}) {
    if (run_all<double>(instructions, program, circuits, numbers)) return 4;
    if (run_all<float>(instructions, program, circuits, numbers)) return 4;
  }
  return 0;
}
