// The kernel for AVX2 with FMA.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "layer_jobs.hpp"
#include "noisy_jobs.hpp"
#include "round_jobs.hpp"

#ifdef QFFC_X86
// Everything of the standard library stands above, so that only this kernel is compiled for the instruction set.
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif

#define QFFC_ISA avx2
#define QFFC_BYTES 32
#include "lanes.hpp"
#include "rows.hpp"
#include "gates.hpp"
#include "collective.hpp"
#include "any_gate.hpp"
#include "sweeps.hpp"
#include "blocks.hpp"
#include "layers.hpp"
#include "messages.hpp"
#include "round_numbers.hpp"
#include "round_geometry.hpp"
#include "rounds.hpp"
#include "noisy_numbers.hpp"
#include "noisy_states.hpp"
#include "noisy_sweeps.hpp"

namespace qffc {
namespace avx2 {
const Engine<double> engine_64{"avx2", Real<double>::lanes, scratch_bytes<double>, run_block<double>};
const Engine<float> engine_32{"avx2", Real<float>::lanes, scratch_bytes<float>, run_block<float>};
const Layers<double> layers_64{product_task<double>, messages<double>};
const Layers<float> layers_32{product_task<float>, messages<float>};
const RoundSteps<double> rounds_64 = round_steps<double>();
const RoundSteps<float> rounds_32 = round_steps<float>();
const NoisySweeps<double> noisy_64 = noisy_sweeps<double>();
const NoisySweeps<float> noisy_32 = noisy_sweeps<float>();
}  // namespace avx2
}  // namespace qffc

#ifdef __clang__
#pragma clang attribute pop
#endif
#endif  // QFFC_X86
