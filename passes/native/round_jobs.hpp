// Rounds of circuits on sums over neighbours, whole: from positions to energies of atoms, and back.
//
// Arrays of numbers that move have planes: their values, then their derivatives along a direction of the positions where
// that is asked for. Gradients have planes likewise: by the values, then by the derivatives.
#pragma once

#include <cstdint>
#include <vector>

#include "each_isa.hpp"
#include "layer_jobs.hpp"

namespace qffc {

struct RoundSizes {
  int64_t atoms, edges, species, rounds, channels, turns, basis, vectors, numbers, observables;
  double cutoff;       // of the basis, Angstrom
  bool tanh;           // the activation; else silu
  int64_t places = 0;  // rows of positions: those of the atoms, then of images of them in other cells; 0: no images

  int64_t all_turns() const { return channels * turns; }
  int64_t features() const { return channels * observables; }
  int64_t summed() const { return species * basis; }
  // Rows that go into the first sums, and into the layer after the circuits: nothing is carried into the first round.
  int64_t first_rows(int64_t round) const { return summed() + (round > 0 ? vectors : 0); }
  int64_t layer_rows(int64_t round) const { return features() + (round > 0 ? 2 * numbers : 0); }
};

// The arrays of a round, by the species of the atom where nothing else is said.
//
// first     (first_rows, 2 all_turns)   from sums of directions and carried vectors to what turns and what leans
// along     (summed, all_turns)         from sums of products of directions to what acts on what leans
// angles    (channels, angles)          of the gates that no vector turns; for all species
// weight    (layer_rows, numbers), bias (numbers)
// mix       (all_turns, vectors)        the vectors that are told; this and what follows not after the last round
// tell      (numbers, numbers + vectors)   the numbers that are sent, and what they tell
// tables    (species, basis, 3 vectors + numbers)   by both species
template <class P>
struct RoundWeights {
  P first, along, angles, weight, bias, mix, tell, tables;
};

// A layer of the network behind the last round.
template <class P>
struct HeadLayer {
  int64_t in, out;
  P weight, bias;
};

// Constants of a model that knows where its data end; see qffc/models/validity/limits.py.
template <class T>
struct Limits {
  double reach;
  int64_t axes, width;
  const T* scale;  // of energies, a single number
  const T *binding, *floor, *nearest, *mean, *directions, *widths, *rest, *charges;
};

template <class T>
struct RoundJob {
  RoundSizes sizes;
  const Program* program;
  const int32_t *species, *receivers, *senders;  // edges that count, those of a receiver side by side
  const int32_t* places;                         // (edges,) the row of positions where a sender stands; with images
  const int64_t* starts;                         // the first edge of each atom, and the end
  const T *positions, *direction;                // (places, 3); the direction is null where there is none
  const T *shift, *scale;                        // of features, (species, rounds features)
  const T* seen;                                 // (species, species, 3, 2), null where all distances count
  const Limits<T>* limits;                       // null where there are none
  std::vector<RoundWeights<const T*>> rounds;
  std::vector<HeadLayer<const T*>> head;
  // Weights of the energies of atoms, and of their derivatives, in the sum whose gradient is meant; null for ones.
  const T *by_energies, *by_slopes;

  T *energies, *grades;  // (atoms,)
  T* gradient;           // (places, 3), by the positions
  std::vector<RoundWeights<T*>> round_gradients;  // by the arrays; empty where they are not asked for
  std::vector<HeadLayer<T*>> head_gradients;

  bool dual() const { return direction != nullptr; }
};

// Values and derivatives one behind the other.
template <class T>
struct Planes {
  T* values;
  int64_t size;
};

// What all rounds share: units (edges, 3), basis (edges, basis), sums (atoms, 3, summed) and squares (atoms, 6, summed).
template <class T>
struct RoundGeometry {
  Planes<T> units, basis, sums, squares;
};

// first (atoms, 3, 2 all_turns), along (atoms, 6, all_turns) -> turned (atoms, all_turns, 3), rows (atoms, 3, all_turns)
template <class T>
struct RoundTurns {
  Planes<T> first, along, turned, rows;
};

// The parts of a run that no other layer has. Each but `limits` is there for plain and for dual numbers.
template <class T>
struct RoundSteps {
  void (*geometry)(const RoundJob<T>&, const RoundGeometry<T>&, int64_t first, int64_t last);          // of edges
  void (*geometry_back)(const RoundJob<T>&, const RoundGeometry<T>&, const RoundGeometry<T>& gradient,
                        const Planes<T>& by_edges, int64_t first, int64_t last);
  void (*sums)(const RoundJob<T>&, const RoundGeometry<T>&, int64_t first, int64_t last);              // of atoms
  void (*sums_back)(const RoundJob<T>&, const RoundGeometry<T>&, const RoundGeometry<T>& gradient, int64_t first,
                    int64_t last);
  void (*turns)(const RoundJob<T>&, const RoundTurns<T>&, int64_t first, int64_t last);                // of atoms
  void (*turns_back)(const RoundJob<T>&, const RoundTurns<T>&, const RoundTurns<T>& gradient, int64_t first,
                     int64_t last);
  // Numbers before the activation, (count,) side by side, to those behind it; back, gradients in place.
  void (*activate)(const RoundJob<T>&, const Planes<T>& before, const Planes<T>& after, int64_t first, int64_t last);
  void (*activate_back)(const RoundJob<T>&, const Planes<T>& before, const Planes<T>& gradient, int64_t first,
                        int64_t last);
};

QFFC_DECLARE_TABLES(RoundSteps, rounds)

}  // namespace qffc
