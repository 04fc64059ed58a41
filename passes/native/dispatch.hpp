// Runs a job on the best instruction set of this machine, block by block.
#pragma once

#include <functional>
#include <string>

#include "job.hpp"

namespace qffc {

// The engine of that name, or the best one that this machine can run for an empty name; null when it can't.
template <class T>
const Engine<T>* find_engine(const std::string& name);

// Calls work(task) once for each of `tasks`, on any threads, and returns when all calls have.
using ParallelFor = std::function<void(int64_t tasks, const std::function<void(int64_t)>& work)>;

// Returns false when memory for the states is missing.
template <class T>
bool run(const Engine<T>& engine, Job<T> job, int64_t threads, const ParallelFor& parallel_for);

}  // namespace qffc
