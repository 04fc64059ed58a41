// What a kernel is asked to do, and the instruction sets that it is compiled for.
#pragma once

#include <cstdint>
#include <vector>

#include "program.hpp"

namespace qffc {

// mode             reads                                writes
// moments          tables                               moments
// gradient         tables, weights                      gradient
// moments_along    tables and their direction           moments, moments_along
// gradient_along   tables, weights and both directions  gradient, gradient_along, moments_along
//
// gradient is that of sum(weights * moments); *_along are derivatives along the direction of tables and weights. The
// two that give moments may keep the final states, block by block in an order of the engine's own, and the gradient of
// the same kind may start from them.
enum class Mode { moments, gradient, moments_along, gradient_along };

// Numbers that circuits read, (frames, rows, channels, width); frames and channels are 1 where all read the same.
template <class T>
struct Table {
  int64_t frames, rows, channels, width;
  const T* values;
  const T* along;
  T* gradient;
  T* gradient_along;

  int64_t row_count() const { return frames * rows * channels; }
  bool same_for_all() const { return row_count() == 1; }
};

// Circuits are (frames, instances, channels); moments, weights and kept states are in this order. Pointers that a mode
// does not use are null.
template <class T>
struct Job {
  const Program* program;
  Mode mode;
  int64_t frames, instances, channels;
  std::vector<Table<T>> tables;
  std::vector<const int32_t*> rows;  // for each read of an indexed program, the row of each instance
  std::vector<int32_t> common_gates, own_gates;  // those that turn all circuits by the same numbers, and the others
  const T* weights;
  const T* weights_along;
  const T* kept_states;
  T* states;
  T* moments;
  T* moments_along;

  int64_t circuits() const { return frames * instances * channels; }
  bool wants_gradient() const { return mode == Mode::gradient || mode == Mode::gradient_along; }
  bool is_common(int32_t table) const { return program->indexed && tables[table].same_for_all(); }
  bool dual() const { return mode == Mode::moments_along || mode == Mode::gradient_along; }
};

// Where a block adds the gradient of a table: rows from `first_row` on; of a table that is the same for all a register
// for each number, whose lanes are summed at the end.
template <class T>
struct Sums {
  int64_t first_row;
  T* gradient;
  T* gradient_along;
};

// One instruction set: circuits are simulated `lanes` at a time, each block with memory of its own.
template <class T>
struct Engine {
  const char* name;
  int64_t lanes;
  int64_t (*scratch_bytes)(const Job<T>&);
  // `begun`: the scratch is that of an earlier block of the job, and holds what is the same for all of them.
  void (*run_block)(const Job<T>&, int64_t first, bool begun, void* scratch, const Sums<T>* sums);
};

constexpr int64_t alignment = 64;

#define QFFC_DECLARE(isa)                \
  namespace isa {                        \
  extern const Engine<double> engine_64; \
  extern const Engine<float> engine_32;  \
  }

QFFC_DECLARE(portable)
#if defined(__x86_64__) && !defined(QFFC_PORTABLE_ONLY)
#define QFFC_X86 1
QFFC_DECLARE(avx2)
QFFC_DECLARE(avx512)
#endif
#undef QFFC_DECLARE

}  // namespace qffc
