// The program of a kernel: gates in tiles, observables, and the prepared state. Made by lower_jax_native_program.py.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace qffc {

// The number of the form in which programs and arrays are given; it changes with them.
constexpr int32_t program_format = 11;
constexpr int32_t most_qubits_of_a_gate = 6;  // Pauli strings aside

enum class GateKind : int32_t { rotate = 0, exchange = 1, chirality = 2, pauli = 3, collective = 4 };

// A gate. Bits and masks are those of the amplitude index inside the gate's tile.
struct Gate {
  GateKind kind;
  int32_t count;                    // of its qubits, on a Pauli string aside
  int32_t bit[most_qubits_of_a_gate];
  int32_t x_mask, z_mask, y_count;  // of a Pauli string; z_mask has the places of Y and of Z
  // The angle: constant + sum of weight * slot. A rotation: factor and place of its x, and of its length if it has one.
  int32_t first_term, term_count;
  bool undo;                        // whether a gate before it shares a qubit, so that a backward sweep must undo it
  double constant;
};

struct Term {
  int32_t slot;
  double weight;
};

// Gates [first, last) that act on a few qubits: all of them are done on one tile of the state before the next tile.
struct Tile {
  int32_t first, last;
  int32_t bits;                   // qubits of a tile
  bool whole;                     // the tile is the state
  std::vector<int64_t> inside;    // places of the amplitudes of the first tile, 2^bits
  std::vector<int64_t> outside;   // where the tiles start
};

enum class ObservableKind : int32_t { dot = 0, two_dots = 1, pauli = 2 };

// A term of an observable: bits of one or two inner products, or the masks of a Pauli string.
struct ObservableTerm {
  ObservableKind kind;
  int32_t moment;
  int32_t place[4];
  double weight;
};

// Slots [start, start + width) of a circuit are a row of a table.
struct Read {
  int32_t table, start, width;
};

struct Program {
  int32_t qubits, slots, moments, tables;
  bool indexed;  // whether arrays say which row a circuit reads; else it reads that of its own number
  std::vector<Read> reads;
  std::vector<Gate> gates;
  std::vector<Term> terms;
  std::vector<Tile> tiles;
  std::vector<ObservableTerm> observables;
  std::vector<double> constants;  // of the moments
  std::vector<double> initial;    // amplitudes of the prepared state; they are real

  int64_t size() const { return int64_t{1} << qubits; }
};

// Returns false when the arrays are not a program of this version.
bool decode(const int32_t* ints, int64_t int_count, const double* reals, int64_t real_count, Program& program);

// The same for calls that come again and again: programs of the last calls are remembered. Null in the place of false.
std::shared_ptr<const Program> decode_once(
    const int32_t* ints, int64_t int_count, const double* reals, int64_t real_count);

}  // namespace qffc
