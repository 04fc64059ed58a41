// Runs rounds of circuits from positions to energies of atoms and back, on the best instruction set of this machine.
#pragma once

#include <functional>
#include <string>

#include "dispatch.hpp"
#include "round_jobs.hpp"

namespace qffc {

// Those of the instruction set of that name, or the best one for an empty name; null when this machine can't run it.
template <class T>
const RoundSteps<T>* find_rounds(const std::string& name);

// Returns false when memory is missing.
template <class T>
bool run_rounds(const std::string& instructions, const RoundJob<T>& job, int64_t threads,
                const ParallelFor& parallel_for);

// Makes the energies of atoms of those of the last layer (in `job.energies`), and the grades; adds the gradient by
// positions that does not go by the last layer, and writes the gradient that does (atoms,). `along_of` multiplies rows of
// atoms (width) with the directions of their species (axes).
template <class T>
void apply_limits(const RoundJob<T>& job, const std::function<void(const T*, T*)>& along_of, T* by_last, T* gradient);

}  // namespace qffc
