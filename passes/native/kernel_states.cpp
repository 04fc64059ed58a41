// States of a kernel at many points: passes/measurement/kernel_states.py, which says what each operation does. Qubit 0 is
// the most significant bit; a string is given by its flips, X and Y, and by its signs, Y and Z.

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using Complex = std::complex<double>;
using Index = std::uint64_t;

enum Kind : std::int64_t { kString = 0, kExchange = 1, kRotate = 2, kSinglet = 3, kRelabel = 4 };

// Products without the checks for infinities of the standard library.
Complex times(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

double sign(Index bits) { return __builtin_popcountll(bits) & 1 ? -1.0 : 1.0; }

// exp(-i t P).
void string(Complex* state, Index size, Index flips, Index signs, double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  if (!flips) {
    const Complex even{c, -s}, odd{c, s};
    for (Index i = 0; i < size; ++i) state[i] = times(__builtin_popcountll(i & signs) & 1 ? odd : even, state[i]);
    return;
  }
  constexpr Complex powers[4] = {{1, 0}, {0, -1}, {-1, 0}, {0, 1}};  // of -i, one for each Y
  const Complex factor = times({0.0, -s}, powers[__builtin_popcountll(flips & signs) & 3]);
  const Index top = Index{1} << (63 - __builtin_clzll(flips));
  for (Index i = 0; i < size; ++i) {
    if (i & top) continue;
    const Index j = i ^ flips;
    const Complex one = state[i], other = state[j];
    state[i] = c * one + times(factor * sign(i & signs), other);
    state[j] = c * other + times(factor * sign(j & signs), one);
  }
}

// exp(-i t SWAP).
void exchange(Complex* state, Index size, Index a, Index b, double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  const Complex phase{c, -s}, factor{0.0, -s};
  for (Index i = 0; i < size; ++i) {
    const bool first = i & a, second = i & b;
    if (first == second) {
      state[i] = times(phase, state[i]);
    } else if (first) {
      const Index j = i ^ a ^ b;
      const Complex one = state[i], other = state[j];
      state[i] = c * one + times(factor, other);
      state[j] = c * other + times(factor, one);
    }
  }
}

// exp(-i/2 v . sigma).
void rotate(Complex* state, Index size, Index bit, const double* v) {
  const double length = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  const double c = std::cos(length / 2), scale = length > 0.0 ? std::sin(length / 2) / length : 0.5;
  const double x = scale * v[0], y = scale * v[1], z = scale * v[2];
  const Complex a{c, -z}, b{-y, -x}, d{y, -x}, e{c, z};
  for (Index i = 0; i < size; ++i) {
    if (i & bit) continue;
    const Complex zero = state[i], one = state[i | bit];
    state[i] = times(a, zero) + times(b, one);
    state[i | bit] = times(d, zero) + times(e, one);
  }
}

// (|01> - |10>)/sqrt(2) on two fresh qubits.
void singlet(Complex* state, Index size, Index a, Index b) {
  const double root = std::sqrt(2.0);
  for (Index i = 0; i < size; ++i) {
    if (i & (a | b)) continue;
    state[i | b] = state[i] / root;
    state[i | a] = -state[i] / root;
    state[i] = 0.0;
  }
}

// Moves the state of each qubit to another place: `to` has the place of each bit.
void relabel(Complex* state, Index size, const std::int64_t* to, std::int64_t qubits, std::vector<Complex>& spare) {
  spare.assign(state, state + size);
  for (Index i = 0; i < size; ++i) {
    Index moved = 0;
    for (std::int64_t bit = 0; bit < qubits; ++bit) moved |= (i >> bit & 1) << to[bit];
    state[moved] = spare[i];
  }
}

}  // namespace

// Changes states in place, (points, 2^qubits). Operations are three numbers each: the kind; two masks; of a relabel the
// number of its row in `moves`, (relabels, qubits). Angles are (operations, points, 3): the first of the three, or a
// vector.
extern "C" __attribute__((visibility("default"))) void qffc_kernel_states(
    std::int64_t qubits, std::int64_t points, std::int64_t count, const std::int64_t* operations,
    const std::int64_t* moves, const double* angles, double* states) {
  const Index size = Index{1} << qubits;
  std::vector<Complex> spare;
  for (std::int64_t point = 0; point < points; ++point) {
    Complex* state = reinterpret_cast<Complex*>(states) + static_cast<Index>(point) * size;
    for (std::int64_t number = 0; number < count; ++number) {
      const std::int64_t* op = operations + 3 * number;
      const double* angle = angles + 3 * (number * points + point);
      const auto first = static_cast<Index>(op[1]), second = static_cast<Index>(op[2]);
      switch (op[0]) {
        case kString: string(state, size, first, second, angle[0]); break;
        case kExchange: exchange(state, size, first, second, angle[0]); break;
        case kRotate: rotate(state, size, first, angle); break;
        case kSinglet: singlet(state, size, first, second); break;
        default: relabel(state, size, moves + op[1] * qubits, qubits, spare); break;
      }
    }
  }
}

// Probabilities of the outcomes of a setting, (points, 2^qubits): states after exp(-i pi/4 P) of some strings, two masks
// each, and then a basis for each bit, 0 for Z, 1 for X and 2 for Y.
extern "C" __attribute__((visibility("default"))) void qffc_outcomes(std::int64_t qubits, std::int64_t points,
                                                                      std::int64_t turns, const std::int64_t* masks,
                                                                      const std::int64_t* bases, const double* states,
                                                                      double* probabilities) {
  const Index size = Index{1} << qubits;
  const double root = std::sqrt(0.5), quarter = std::atan(1.0);
  std::vector<Complex> state(size);
  for (std::int64_t point = 0; point < points; ++point) {
    const Index start = static_cast<Index>(point) * size;
    const auto* given = reinterpret_cast<const Complex*>(states) + start;
    std::copy(given, given + size, state.begin());
    for (std::int64_t turn = 0; turn < turns; ++turn) {
      string(state.data(), size, static_cast<Index>(masks[2 * turn]), static_cast<Index>(masks[2 * turn + 1]), quarter);
    }
    for (std::int64_t place = 0; place < qubits; ++place) {
      if (!bases[place]) continue;
      const Index bit = Index{1} << place;
      const Complex factor = bases[place] == 1 ? Complex{root, 0.0} : Complex{0.0, -root};
      for (Index i = 0; i < size; ++i) {
        if (i & bit) continue;
        const Complex zero = root * state[i], one = times(factor, state[i | bit]);
        state[i] = zero + one;
        state[i | bit] = zero - one;
      }
    }
    double total = 0.0;
    double* own = probabilities + start;
    for (Index i = 0; i < size; ++i) total += own[i] = std::norm(state[i]);
    for (Index i = 0; i < size; ++i) own[i] /= total;
  }
}
