// What a kernel is asked to do, and the instruction sets that it is compiled for.
#pragma once

#include <cstdint>

#include "program.hpp"

namespace qffc {

// Rows are circuits. Pointers that a mode does not use are null.
//
// mode             reads                                writes
// moments          slots                                moments
// gradient         slots, weights                       gradient
// moments_along    slots, slots_along                   moments, moments_along
// gradient_along   slots, weights and both directions   gradient, gradient_along, moments_along
//
// gradient is that of sum(weights * moments); *_along are derivatives along the direction (slots_along, weights_along).
// moments may keep the final states, block by block in an order of the engine's own, and gradient may start from them.
enum class Mode { moments, gradient, moments_along, gradient_along };

template <class T>
struct Job {
  const Program* program;
  Mode mode;
  int64_t circuits;
  const T* slots;
  const T* weights;
  const T* slots_along;
  const T* weights_along;
  const T* kept_states;
  T* states;
  T* moments;
  T* moments_along;
  T* gradient;
  T* gradient_along;
};

// One instruction set: circuits are simulated `lanes` at a time, each block with memory of its own.
template <class T>
struct Engine {
  const char* name;
  int64_t lanes;
  int64_t (*scratch_bytes)(const Program&, Mode);
  void (*run_block)(const Job<T>&, int64_t first, void* scratch);
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
