// Molecules that move by the forces of rounds of circuits: steps of velocity Verlet, BAOAB or stochastic rescaling, many
// in one call, several replicas of a molecule side by side.
#pragma once

#include <cstdint>
#include <string>

#include "round_jobs.hpp"

namespace qffc {

enum class Thermostat : int64_t { none, langevin, bussi };

// What the caller lends, in the units of its own choice with a consistent unit of time: arrays are (replicas, atoms, 3)
// where nothing else is said, and always double. qffc/passes/lower_jax/native_dynamics.py has the same fields.
struct Dynamics {
  int64_t replicas, atoms, group;  // replicas that are computed as one molecule, by one thread
  int64_t steps;                   // none: energies and forces where the atoms are
  int64_t thermostat;
  double step, radius, skin;       // lists of neighbours hold what is nearer than the radius, the skin included
  double kept, spread;             // Langevin: factor of velocities in a step; of noise, over the root of a mass
  double thermal, freedoms;        // Bussi: mean kinetic energy that is wanted; degrees of freedom
  double scale;                    // of energies
  double most;                     // grade above which a replica stops
  double *positions, *velocities, *forces;
  double* listed;                  // where the lists were made; what is not finite asks for new ones
  const double* masses;            // (atoms,)
  const double* noise;             // (replicas, steps, atoms, 3), or (replicas, steps, 2): normal, chi-squared
  double* heat;                    // (replicas,) what the thermostat has given so far
  double *energies, *kinetic, *grades;  // (replicas, steps), at least one
  int64_t* done;                   // (replicas,) steps
  int64_t* lists;                  // (replicas,) made so far
};

// 0, or 1 where there is too little memory, or 2 where a number is not finite; `done` says how far it went. The job has
// the species of one group; its other atoms, edges and results are replaced. Results do not depend on threads.
template <class T>
int32_t run_dynamics(const std::string& instructions, const RoundJob<T>& job, const Dynamics& given, int64_t threads);

}  // namespace qffc
