// Runs a program of the native kernel without Python, so that sanitizers see every access: reads the program and random
// numbers from a file, runs all modes on every instruction set in both precisions, prints the results as text.
//
// Of a program that is cut short anywhere `decode` must say so and read nothing past its end. The threads are those that
// calls of XLA have.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>
#include <vector>

#include "dispatch.hpp"
#include "helpers.hpp"

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

// Calls that come at the same time, one after another and after a pause do each of their tasks once.
bool shares_every_task() {
  std::atomic<bool> good{true};
  const auto call_often = [&good] {
    for (int64_t call = 0; call < 300; ++call) {
      std::vector<std::atomic<int>> done(call % 9);
      on_threads(call % 9, [&done](int64_t task) { ++done[task]; });
      for (const auto& times : done)
        if (times != 1) good = false;
      if (call % 100 == 99) std::this_thread::sleep_for(std::chrono::milliseconds(5));  // helpers sleep by then
    }
  };
  std::thread other(call_often);
  call_often();
  other.join();
  return good;
}

// Programs that are asked for by turns, more than are remembered, are each what it was asked for; a wrong one is null.
bool remembers_programs(std::vector<int32_t> ints, std::vector<double> reals) {
  std::atomic<bool> good{true};
  auto ask_often = [&good, ints, reals]() mutable {
    for (int turn = 0; turn < 200; ++turn) {
      reals.back() = turn % 20;  // a constant of a moment
      const auto found = decode_once(ints.data(), ints.size(), reals.data(), reals.size());
      if (found == nullptr || found->constants.back() != turn % 20) good = false;
      if (decode_once(ints.data(), ints.size() - 1, reals.data(), reals.size()) != nullptr) good = false;
    }
  };
  std::thread other(ask_often);
  ask_often();
  other.join();
  return good;
}

template <class T>
void print(const std::vector<T>& numbers) {
  for (const T number : numbers) std::printf("%.17g ", static_cast<double>(number));
  std::printf("\n");
}

// Numbers of a run: tables and their direction, then weights and theirs. Of a program without rows of its own every
// circuit has a row of slots.
struct Sizes {
  int64_t frames, instances, channels;
  std::vector<std::vector<int32_t>> rows;
  std::vector<std::vector<int64_t>> tables;  // frames, rows, channels, width

  int64_t circuits() const { return frames * instances * channels; }
  int64_t numbers() const {
    int64_t sum = 0;
    for (const auto& shape : tables) sum += shape[0] * shape[1] * shape[2] * shape[3];
    return sum;
  }
};

template <class T>
int run_all(const char* instructions, const Program& program, const Sizes& sizes, const std::vector<double>& numbers) {
  const Engine<T>* engine = find_engine<T>(instructions);
  if (engine == nullptr) return 0;
  const int64_t slots = sizes.numbers(), moments = sizes.circuits() * program.moments;
  // Exactly as long as it must be, so that reading past the end of the last row is seen.
  const std::vector<T> values(numbers.begin(), numbers.begin() + slots);
  const std::vector<T> along(numbers.begin() + slots, numbers.begin() + 2 * slots);
  const std::vector<T> weights(numbers.begin() + 2 * slots, numbers.end());
  std::vector<T> m(moments), m_along(moments), g(slots), g_along(slots), states;
  for (const Mode mode : {Mode::moments, Mode::gradient, Mode::moments_along, Mode::gradient_along}) {
    Job<T> job{};
    job.program = &program;
    job.mode = mode;
    job.frames = sizes.frames, job.instances = sizes.instances, job.channels = sizes.channels;
    for (const auto& rows : sizes.rows) job.rows.push_back(rows.data());
    int64_t start = 0;
    for (const auto& shape : sizes.tables) {
      Table<T> table{shape[0], shape[1], shape[2], shape[3], values.data() + start, nullptr, nullptr, nullptr};
      if (job.dual()) table.along = along.data() + start;
      if (job.wants_gradient()) table.gradient = g.data() + start;
      if (job.wants_gradient() && job.dual()) table.gradient_along = g_along.data() + start;
      job.tables.push_back(table);
      start += table.row_count() * table.width;
    }
    if (job.wants_gradient()) job.weights = weights.data(), job.kept_states = states.data();
    if (job.wants_gradient() && job.dual()) job.weights_along = weights.data() + moments;
    if (!job.wants_gradient()) {
      const int64_t blocks = (job.circuits() + engine->lanes - 1) / engine->lanes;
      states.assign(blocks * engine->lanes * 2 * program.size() * (job.dual() ? 2 : 1), T(0));
      job.moments = m.data(), job.states = states.data();
      if (job.dual()) job.moments_along = m_along.data();
    }
    if (!run(*engine, job, 3, on_threads)) return 1;
  }
  std::printf("%s %d\n", instructions, static_cast<int>(8 * sizeof(T)));
  print(m), print(m_along), print(g), print(g_along);
  return 0;
}

}  // namespace

int main(int, char** arguments) {
  if (!shares_every_task()) return 5;
  std::ifstream file(arguments[1]);
  Sizes sizes;
  int64_t ints, reals;
  file >> ints >> reals >> sizes.frames >> sizes.instances >> sizes.channels;
  const auto structure = read<int32_t>(file, ints);
  const auto constants = read<double>(file, reals);
  Program program;
  if (!decode(structure.data(), ints, constants.data(), reals, program)) return 2;
  for (int64_t cut = 0; cut < ints; ++cut) {
    const std::vector<int32_t> shorter(structure.begin(), structure.begin() + cut);
    Program other;
    if (decode(shorter.data(), cut, constants.data(), reals, other)) return 3;
  }
  if (!remembers_programs(structure, constants)) return 6;
  for (int32_t table = 0; table < program.tables; ++table) sizes.tables.push_back(read<int64_t>(file, 4));
  if (program.indexed)
    for (size_t k = 0; k < program.reads.size(); ++k) sizes.rows.push_back(read<int32_t>(file, sizes.instances));
  const auto numbers = read<double>(file, 2 * sizes.numbers() + 2 * sizes.circuits() * program.moments);
  for (const char* instructions : {"portable", "avx2", "avx512"}) {
    if (run_all<double>(instructions, program, sizes, numbers)) return 4;
    if (run_all<float>(instructions, program, sizes, numbers)) return 4;
  }
  return 0;
}
