// What a noisy kernel is asked to do.
#pragma once

#include "each_isa.hpp"
#include "job.hpp"
#include "noisy_program.hpp"

namespace qffc {

// Modes are those of exact kernels; circuits have rows of slots. Pointers that a mode does not use are null.
template <class T>
struct NoisyJob {
  const NoisyProgram* program;
  Mode mode;
  int64_t circuits;
  const T *slots, *slots_along;  // (circuits, slots)
  const T *weights, *weights_along;  // (circuits, moments)
  T *moments, *moments_along;
  T *gradient, *gradient_along;

  bool wants_gradient() const { return mode == Mode::gradient || mode == Mode::gradient_along; }
  bool dual() const { return mode == Mode::moments_along || mode == Mode::gradient_along; }
};

template <class T>
struct NoisySweeps {
  int64_t lanes;  // circuits of a block
  int64_t (*scratch_bytes)(const NoisyJob<T>&);
  void (*run_block)(const NoisyJob<T>&, int64_t first, void* scratch);
};

QFFC_DECLARE_TABLES(NoisySweeps, noisy)

}  // namespace qffc
