#include "dispatch.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace qffc {
namespace {

struct Candidate {
  const Engine<double>* engine_64;
  const Engine<float>* engine_32;
  bool runs;
};

#ifdef QFFC_X86
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}
#endif

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

namespace {

constexpr int64_t blocks_of_part = 64, fewest_parts = 4, most_parts = 64;

using Memory = std::unique_ptr<void, decltype(&std::free)>;

Memory reserve(int64_t bytes) {
  const int64_t whole = std::max<int64_t>(1, (bytes + alignment - 1) / alignment) * alignment;
  return Memory(std::aligned_alloc(alignment, whole), &std::free);
}

// Neighbouring blocks, with sums of their own for the gradients of the tables that circuits share. Parts do not depend
// on threads and are summed in order, so neither do results.
template <class T>
struct Part {
  int64_t first_block, last_block;
  Memory memory{nullptr, &std::free};
  std::vector<Sums<T>> sums;
  std::vector<int64_t> rows;  // of each table, in these sums
};

// The rows of a table that the circuits [first, last) read: from the first one of all to the last.
template <class T>
std::pair<int64_t, int64_t> rows_between(const Job<T>& job, size_t table, int64_t first, int64_t last) {
  const Table<T>& own = job.tables[table];
  const int64_t first_frame = first / job.channels / job.instances;
  const int64_t last_frame = (last - 1) / job.channels / job.instances;
  int64_t low = own.rows - 1, high = 0;
  for (size_t k = 0; k < job.rows.size(); ++k) {
    if (job.program->reads[k].table != static_cast<int32_t>(table)) continue;
    const bool one_frame = first_frame == last_frame;
    const int64_t begin = one_frame ? first / job.channels % job.instances : 0;
    const int64_t end = one_frame ? (last - 1) / job.channels % job.instances : job.instances - 1;
    for (int64_t i = begin; i <= end; ++i) {
      low = std::min<int64_t>(low, job.rows[k][i]);
      high = std::max<int64_t>(high, job.rows[k][i]);
    }
  }
  const int64_t start = own.frames == 1 ? 0 : first_frame, stop = own.frames == 1 ? 0 : last_frame;
  return {(start * own.rows + low) * own.channels, (stop * own.rows + high + 1) * own.channels};
}

// Reserves the sums of a part; they begin with zeros.
template <class T>
bool open(Part<T>& part, const Engine<T>& engine, const Job<T>& job) {
  const int64_t first = part.first_block * engine.lanes;
  const int64_t last = std::min(part.last_block * engine.lanes, job.circuits());
  const int64_t unit = alignment / sizeof(T);
  std::vector<int64_t> starts;
  int64_t size = 0;
  for (size_t t = 0; t < job.tables.size(); ++t) {
    const auto [low, high] = rows_between(job, t, first, last);
    part.sums.push_back({low, nullptr, nullptr});
    part.rows.push_back(job.tables[t].same_for_all() ? engine.lanes : high - low);
    starts.push_back(size);
    // Registers are added to rows, the last one past the end of a row.
    size += (part.rows.back() * job.tables[t].width + engine.lanes + unit - 1) / unit * unit;
  }
  const int64_t kinds = job.dual() ? 2 : 1;
  part.memory = reserve(kinds * size * static_cast<int64_t>(sizeof(T)));
  T* numbers = static_cast<T*>(part.memory.get());
  if (numbers == nullptr) return false;
  std::fill(numbers, numbers + kinds * size, T(0));
  for (size_t t = 0; t < job.tables.size(); ++t) {
    part.sums[t].gradient = numbers + starts[t];
    if (kinds == 2) part.sums[t].gradient_along = numbers + size + starts[t];
  }
  return true;
}

template <class T>
void add(T* sums, const T* numbers, int64_t count) {
  for (int64_t k = 0; k < count; ++k) sums[k] += numbers[k];
}

// The gradient of a table from the sums of all parts; those of the first part are used up.
template <class T>
void close(std::vector<Part<T>>& parts, const Table<T>& table, size_t number, int64_t lanes, bool along) {
  T* out = along ? table.gradient_along : table.gradient;
  const auto numbers_of = [&](const Part<T>& part) {
    return along ? part.sums[number].gradient_along : part.sums[number].gradient;
  };
  if (table.same_for_all()) {
    T* all = numbers_of(parts[0]);
    for (size_t k = 1; k < parts.size(); ++k) add(all, numbers_of(parts[k]), table.width * lanes);
    for (int64_t k = 0; k < table.width; ++k) {
      T* lane = all + k * lanes;
      for (int64_t half = lanes / 2; half > 0; half /= 2) add(lane, lane + half, half);
      out[k] = lane[0];
    }
    return;
  }
  std::fill(out, out + table.row_count() * table.width, T(0));
  for (const Part<T>& part : parts)
    add(out + part.sums[number].first_row * table.width, numbers_of(part), part.rows[number] * table.width);
}

// Says which gates take their numbers from tables that are the same for all circuits.
template <class T>
void divide_gates(Job<T>& job) {
  std::vector<bool> common(job.program->slots, false);
  for (const Read& read : job.program->reads)
    std::fill_n(common.begin() + read.start, read.width, job.is_common(read.table));
  int32_t number = 0;
  for (const Gate& gate : job.program->gates) {
    const Term* terms = job.program->terms.data() + gate.first_term;
    const bool all = std::all_of(terms, terms + gate.term_count, [&](const Term& term) { return common[term.slot]; });
    (all ? job.common_gates : job.own_gates).push_back(number++);
  }
}

}  // namespace

template <class T>
bool run(const Engine<T>& engine, Job<T> job, int64_t threads, const ParallelFor& parallel_for) {
  divide_gates(job);
  const int64_t blocks = (job.circuits() + engine.lanes - 1) / engine.lanes;
  const int64_t workers = std::max<int64_t>(1, std::min(threads, blocks));
  const bool summed = job.wants_gradient() && job.program->indexed;
  std::vector<Part<T>> parts(1);
  if (summed) parts.resize(std::min(blocks, std::clamp(blocks / blocks_of_part, fewest_parts, most_parts)));
  const int64_t count = static_cast<int64_t>(parts.size());
  std::vector<Sums<T>> own;
  for (const Table<T>& table : job.tables) own.push_back({0, table.gradient, table.gradient_along});
  for (int64_t k = 0; k < count; ++k)
    parts[k].first_block = blocks * k / count, parts[k].last_block = blocks * (k + 1) / count;

  // A worker takes one piece after another, so that a slow thread holds up no more than the piece that it has.
  const int64_t pieces = summed ? count : blocks;
  std::atomic<int64_t> next{0};
  std::atomic<bool> good{true};
  parallel_for(std::min(workers, pieces), [&](int64_t) {
    const Memory scratch = reserve(engine.scratch_bytes(job));
    if (scratch == nullptr) good = false;
    bool begun = false;
    const auto run_block = [&](int64_t block, const Sums<T>* sums) {
      engine.run_block(job, block * engine.lanes, begun, scratch.get(), sums);
      begun = true;
    };
    for (int64_t piece = next++; piece < pieces && good; piece = next++) {
      if (!summed) {
        run_block(piece, own.data());
        continue;
      }
      Part<T>& part = parts[piece];
      if (!open(part, engine, job)) good = false;
      for (int64_t block = part.first_block; block < part.last_block && good; ++block)
        run_block(block, part.sums.data());
    }
  });
  if (!good || !summed) return good;
  const int64_t kinds = job.dual() ? 2 : 1, tables = static_cast<int64_t>(job.tables.size());
  parallel_for(kinds * tables, [&](int64_t task) {
    close(parts, job.tables[task % tables], static_cast<size_t>(task % tables), engine.lanes, task >= tables);
  });
  return true;
}

template const Engine<double>* find_engine<double>(const std::string&);
template const Engine<float>* find_engine<float>(const std::string&);
template bool run<double>(const Engine<double>&, Job<double>, int64_t, const ParallelFor&);
template bool run<float>(const Engine<float>&, Job<float>, int64_t, const ParallelFor&);

}  // namespace qffc
