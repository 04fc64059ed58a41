// Pauli strings by qubits, as passes/gadgets/strings_table.py has them: a bit for each string, and what a two-qubit
// Clifford gate would do to the lengths of some of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace qffc {

using Bits = std::vector<std::uint64_t>;

constexpr std::size_t kMostWords = 4;  // of 126 rows and of the window

// The gate exp(-i pi/4 P_a Q_b): letters by number, X, Y and Z.
struct Move {
  std::size_t a, b;
  int first, second;
};

inline int count_bits(std::uint64_t bits) { return __builtin_popcountll(bits); }

inline bool has(const Bits& bits, std::size_t place) { return bits[place / 64] >> place % 64 & 1; }

template <class Some>
inline void put(Some& bits, std::size_t place) { bits[place / 64] |= std::uint64_t{1} << place % 64; }

// 64 bits from a place on; bits beyond the end are zero.
inline std::uint64_t read(const Bits& bits, std::size_t place) {
  const std::size_t word = place / 64, shift = place % 64;
  std::uint64_t found = word < bits.size() ? bits[word] >> shift : 0;
  if (shift && word + 1 < bits.size()) found |= bits[word + 1] << (64 - shift);
  return found;
}

// Whether the letters X, Y and Z have an x bit, and a z bit.
inline constexpr bool kHasX[3] = {true, true, false}, kHasZ[3] = {false, true, true};

class StringsTable {
 public:
  StringsTable(std::size_t qubits, std::size_t strings, const std::uint64_t* x, const std::uint64_t* z,
               const std::uint64_t* negative)
      : xs(qubits, Bits(strings / 64 + 1, 0)), zs(xs), minus_(strings / 64 + 1, 0) {
    for (std::size_t s = 0; s < strings; ++s) {
      for (std::size_t q = 0; q < qubits; ++q) {
        if (x[s] >> q & 1) put(xs[q], s);
        if (z[s] >> q & 1) put(zs[q], s);
      }
      if (negative[s]) put(minus_, s);
    }
  }

  void string(std::size_t number, std::uint64_t* x, std::uint64_t* z, std::uint64_t* negative) const {
    *x = *z = 0;
    for (std::size_t q = 0; q < xs.size(); ++q) {
      *x |= static_cast<std::uint64_t>(has(xs[q], number)) << q;
      *z |= static_cast<std::uint64_t>(has(zs[q], number)) << q;
    }
    *negative = has(minus_, number);
  }

  std::uint64_t support(std::size_t number) const {
    std::uint64_t found = 0;
    for (std::size_t q = 0; q < xs.size(); ++q) {
      found |= static_cast<std::uint64_t>(has(xs[q], number) || has(zs[q], number)) << q;
    }
    return found;
  }

  // Replaces each string S by C S C^dagger.
  void apply(const Move& move) {
    const std::size_t ends[2] = {move.a, move.b};
    const int letters[2] = {move.first, move.second};
    for (std::size_t w = 0; w < minus_.size(); ++w) {
      std::uint64_t against[2], minus = 0;
      for (int end = 0; end < 2; ++end) {
        const std::uint64_t x = xs[ends[end]][w], z = zs[ends[end]][w];
        against[end] = (kHasX[letters[end]] ? z : 0) ^ (kHasZ[letters[end]] ? x : 0);
        const std::uint64_t own[3] = {x & ~z, x & z, z & ~x};
        minus |= against[end] & own[(letters[end] + 2) % 3];
      }
      const std::uint64_t changed = against[0] ^ against[1];
      minus_[w] ^= changed & minus;
      for (int end = 0; end < 2; ++end) {
        if (kHasX[letters[end]]) xs[ends[end]][w] ^= changed;
        if (kHasZ[letters[end]]) zs[ends[end]][w] ^= changed;
      }
    }
  }

  std::vector<Bits> xs, zs;  // of each qubit

 private:
  Bits minus_;
};

// What gates on pairs of qubits do to the lengths of some strings, whose x and z bits are given by qubits.
class Effects {
 public:
  using Mask = std::array<std::uint64_t, kMostWords>;

  void begin(std::size_t qubits, std::size_t words) {
    words_ = words;
    some_.resize(qubits * words);
    against_.resize(3 * qubits * words);
  }

  void take(std::size_t q, std::size_t w, std::uint64_t x, std::uint64_t z) {
    some_[q * words_ + w] = x | z;
    const std::uint64_t against[3] = {z, x ^ z, x};
    for (std::size_t letter = 0; letter < 3; ++letter) against_[(3 * q + letter) * words_ + w] = against[letter];
  }

  // Strings with letters on both qubits.
  std::uint64_t whole(std::size_t a, std::size_t b, std::size_t w) const {
    return some_[a * words_ + w] & some_[b * words_ + w];
  }

  // What one gate does.
  struct Pair {
    const std::uint64_t *one, *two;            // which strings anticommute with it at each end
    const std::uint64_t *some_one, *some_two;  // which have a letter there

    // A gate changes the strings that anticommute with it at one of its ends alone.
    std::uint64_t shorter(std::size_t w) const {
      return (one[w] & some_two[w] & ~two[w]) | (some_one[w] & ~one[w] & two[w]);
    }

    std::uint64_t longer(std::size_t w) const { return (one[w] & ~some_two[w]) | (~some_one[w] & two[w]); }

    // The letters that it takes off the strings of a mask.
    int taken(const Mask& mask, std::size_t words) const {
      int found = 0;
      for (std::size_t w = 0; w < words; ++w) found += count_bits(shorter(w) & mask[w]) - count_bits(longer(w) & mask[w]);
      return found;
    }

    bool shortens(const Mask& mask, std::size_t words) const {
      for (std::size_t w = 0; w < words; ++w) {
        if (mask[w] && (shorter(w) & mask[w])) return true;
      }
      return false;
    }

    bool lengthens(const Mask& mask, std::size_t words) const {
      for (std::size_t w = 0; w < words; ++w) {
        if (mask[w] && (longer(w) & mask[w])) return true;
      }
      return false;
    }
  };

  Pair pair(const Move& move) const {
    return {against(move.a, move.first), against(move.b, move.second), some_.data() + move.a * words_,
            some_.data() + move.b * words_};
  }

 private:
  const std::uint64_t* against(std::size_t q, int letter) const {
    return against_.data() + (3 * q + static_cast<std::size_t>(letter)) * words_;
  }

  std::size_t words_ = 0;
  std::vector<std::uint64_t> some_, against_;  // by qubits; which strings anticommute with each letter
};

}  // namespace qffc
