// Sums of Pauli strings on states over finite fields, a prime for each row: the identity test of the equivariance check.
//
// Coefficients are in the form of Montgomery (Math. Comp. 44, 519, 1985), w 2^64 mod p, so that a sum of products with
// amplitudes is reduced once: primes and all factors are below 2^50, and 2^14 products fit below p 2^64.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using Wide = unsigned __int128;

// Reduces a number below p 2^64 to t with t 2^64 = the number modulo p.
std::uint64_t reduced(Wide number, std::uint64_t p, std::uint64_t negative_inverse) {
  const std::uint64_t factor = static_cast<std::uint64_t>(number) * negative_inverse;
  const auto quotient = static_cast<std::uint64_t>((number + static_cast<Wide>(factor) * p) >> 64);
  return quotient >= p ? quotient - p : quotient;
}

// -1/p modulo 2^64 for an odd p: each step of Newton's method doubles the bits that are right.
std::uint64_t negative_inverse(std::uint64_t p) {
  std::uint64_t inverse = p;
  for (int step = 0; step < 5; ++step) inverse *= 2 - p * inverse;
  return ~inverse + 1;
}

bool odd_bits(std::uint64_t bits) { return __builtin_parityll(bits) != 0; }

}  // namespace

// In place of each row of (rows, 2^qubits) amplitudes, from 0 to its prime, the sum over strings of a coefficient times
// the string applied to it. A string flips and signs bits of the index of where an amplitude comes from; both are given
// on the bits of the qubits that it acts on, of which there are few: bit k of `flips` and `signs` is bit `places[k]` of
// an index. `coefficients` is (rows, strings), from 0 to the prime, with the powers of i of Y multiplied in.
extern "C" __attribute__((visibility("default"))) void qffc_field_strings(
    std::uint64_t* state, std::int64_t rows, std::int64_t qubits, const std::uint64_t* primes,
    const std::int64_t* places, std::int64_t own, const std::uint64_t* flips, const std::uint64_t* signs,
    std::int64_t strings, const std::uint64_t* coefficients) {
  const std::size_t size = std::size_t{1} << qubits, block = std::size_t{1} << own;
  std::vector<std::size_t> offsets(block, 0);
  std::size_t taken = 0;
  for (std::int64_t k = 0; k < own; ++k) {
    taken |= std::size_t{1} << places[k];
    for (std::size_t local = 0; local < block; ++local) {
      if (local >> k & 1) offsets[local] |= std::size_t{1} << places[k];
    }
  }
  std::vector<std::uint64_t> distinct;  // flips, each once
  std::vector<std::size_t> group(static_cast<std::size_t>(strings));
  for (std::int64_t s = 0; s < strings; ++s) {
    std::size_t place = 0;
    while (place < distinct.size() && distinct[place] != flips[s]) ++place;
    if (place == distinct.size()) distinct.push_back(flips[s]);
    group[static_cast<std::size_t>(s)] = place;
  }
  const std::size_t groups = distinct.size();
  std::vector<std::uint64_t> weights(groups * block), before(block);
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::uint64_t p = primes[row], minus = negative_inverse(p);
    std::fill(weights.begin(), weights.end(), 0);
    for (std::int64_t s = 0; s < strings; ++s) {
      const std::uint64_t weight = coefficients[row * strings + s];
      std::uint64_t* own_weights = weights.data() + group[static_cast<std::size_t>(s)] * block;
      for (std::size_t source = 0; source < block; ++source) {
        const std::uint64_t term = odd_bits(source & signs[s]) && weight != 0 ? p - weight : weight;
        own_weights[source] = (own_weights[source] + term) % p;
      }
    }
    for (std::uint64_t& weight : weights) weight = static_cast<std::uint64_t>((static_cast<Wide>(weight) << 64) % p);
    std::uint64_t* amplitudes = state + static_cast<std::size_t>(row) * size;
    for (std::size_t base = 0; base < size; ++base) {
      if (base & taken) continue;
      for (std::size_t local = 0; local < block; ++local) before[local] = amplitudes[base | offsets[local]];
      for (std::size_t target = 0; target < block; ++target) {
        Wide sum = 0;
        for (std::size_t g = 0; g < groups; ++g) {
          const std::size_t source = target ^ distinct[g];
          sum += static_cast<Wide>(weights[g * block + source]) * before[source];
        }
        amplitudes[base | offsets[target]] = reduced(sum, p, minus);
      }
    }
  }
}
