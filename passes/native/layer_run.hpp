// Runs layers on the best instruction set of this machine, part by part.
#pragma once

#include <string>

#include "dispatch.hpp"
#include "layer_jobs.hpp"

namespace qffc {

// Those of the instruction set of that name, or the best one for an empty name; null when this machine can't run it.
template <class T>
const Layers<T>* find_layers(const std::string& name);

// Sorts the rows of a product by their kinds and cuts it into blocks, then computes it. Returns false when memory is
// missing.
//
// kinds: of `count` groups of `batch` rows each, all below `kind_count`.
template <class T>
bool run_product(const Layers<T>& layers, Product<T> job, const int32_t* kinds, int64_t count, int64_t batch,
                 int64_t kind_count, int64_t threads, const ParallelFor& parallel_for);

// Returns false when memory is missing. Arrays that are written begin with anything.
template <class T>
bool run_messages(const Layers<T>& layers, const Messages<T>& job, const ParallelFor& parallel_for);

}  // namespace qffc
