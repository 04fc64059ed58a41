// Pauli strings on states over finite fields beside plain remainders of 128-bit products; says how many numbers agree.
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

extern "C" void qffc_field_strings(std::uint64_t* state, std::int64_t rows, std::int64_t qubits,
                                   const std::uint64_t* primes, const std::int64_t* places, std::int64_t own,
                                   const std::uint64_t* flips, const std::uint64_t* signs, std::int64_t strings,
                                   const std::uint64_t* coefficients);

namespace {

constexpr std::int64_t kQubits = 7, kRows = 3;
// Primes below 2^50, the largest among them.
const std::vector<std::uint64_t> kPrimes = {1125899906842597, 562949953421381, 97};

// Bit k of a local number at bit places[k].
std::uint64_t spread(std::uint64_t local, const std::vector<std::int64_t>& places) {
  std::uint64_t found = 0;
  for (std::size_t k = 0; k < places.size(); ++k) found |= (local >> k & 1) << places[k];
  return found;
}

bool agrees(std::mt19937_64& random, const std::vector<std::int64_t>& places, std::int64_t strings) {
  const std::size_t size = std::size_t{1} << kQubits, block = std::size_t{1} << places.size();
  std::vector<std::uint64_t> flips, signs, coefficients, state;
  for (std::int64_t s = 0; s < strings; ++s) {
    flips.push_back(random() % block);
    signs.push_back(random() % block);
  }
  for (const std::uint64_t p : kPrimes) {
    for (std::int64_t s = 0; s < strings; ++s) coefficients.push_back(s % 3 == 0 ? p - 1 : random() % p);
    for (std::size_t k = 0; k < size; ++k) state.push_back(k % 5 == 0 ? p - 1 : random() % p);
  }
  std::vector<std::uint64_t> wanted(state.size(), 0);
  for (std::int64_t row = 0; row < kRows; ++row) {
    const std::uint64_t p = kPrimes[row];
    for (std::int64_t s = 0; s < strings; ++s) {
      const std::uint64_t flip = spread(flips[s], places), sign = spread(signs[s], places);
      for (std::uint64_t k = 0; k < size; ++k) {
        const auto product = static_cast<std::uint64_t>(
            static_cast<unsigned __int128>(coefficients[row * strings + s]) * state[row * size + k] % p);
        const bool minus = __builtin_parityll(k & sign) != 0 && product != 0;
        std::uint64_t& sum = wanted[row * size + (k ^ flip)];
        sum = (sum + (minus ? p - product : product)) % p;
      }
    }
  }
  qffc_field_strings(state.data(), kRows, kQubits, kPrimes.data(), places.data(),
                     static_cast<std::int64_t>(places.size()), flips.data(), signs.data(), strings,
                     coefficients.data());
  return state == wanted;
}

}  // namespace

int main() {
  std::mt19937_64 random(7);
  int cases = 0;
  for (const std::vector<std::int64_t>& places :
       {std::vector<std::int64_t>{3}, {6, 0}, {1, 5, 2}, {0, 1, 2, 3}, {6, 4, 2, 0, 1}, {5, 4, 3, 2, 1, 0}}) {
    for (const std::int64_t strings : {1, 4, 33}) {
      if (!agrees(random, places, strings)) {
        std::printf("%zu qubits, %lld strings differ\n", places.size(), static_cast<long long>(strings));
        return 1;
      }
      ++cases;
    }
  }
  std::printf("%d\n", cases);
  return 0;
}
