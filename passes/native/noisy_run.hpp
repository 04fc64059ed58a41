// Runs a noisy kernel on the best instruction set of this machine, block by block.
#pragma once

#include <string>

#include "dispatch.hpp"
#include "noisy_jobs.hpp"

namespace qffc {

// Those of the instruction set of that name, or the best ones for an empty name; null when this machine can't run them.
template <class T>
const NoisySweeps<T>* find_noisy(const std::string& name);

// Returns false when memory is missing.
template <class T>
bool run_noisy(const NoisySweeps<T>& sweeps, const NoisyJob<T>& job, int64_t threads, const ParallelFor& parallel_for);

}  // namespace qffc
