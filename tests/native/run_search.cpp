// The search for short strings on random strings; says in how many cases every rotation is carried out once, by at most
// two letters, and the frame that is left is one.
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

extern "C" std::int64_t qffc_gadget_search(std::int64_t qubits, std::int64_t rotations, std::uint64_t* x,
                                           std::uint64_t* z, std::uint8_t* negative, const std::int64_t* gate_on,
                                           const double* weights, double tail, double shaken, std::int64_t patient,
                                           const std::uint64_t* random, std::int64_t most, std::int64_t room,
                                           std::int64_t* places, std::uint64_t* step_x, std::uint64_t* step_z,
                                           std::uint8_t* step_negative, std::int64_t* gates);

namespace {

using Words = std::vector<std::uint64_t>;

bool commute(std::uint64_t x, std::uint64_t z, std::uint64_t other_x, std::uint64_t other_z) {
  return (__builtin_popcountll(x & other_z) + __builtin_popcountll(z & other_x)) % 2 == 0;
}

// Whether rows are those of a Clifford operation: X and Z of one qubit anticommute, all others commute.
bool is_frame(const Words& x, const Words& z, std::size_t qubits) {
  for (std::size_t a = 0; a < 2 * qubits; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      if (commute(x[a], z[a], x[b], z[b]) == (a == b + qubits)) return false;
    }
  }
  return true;
}

bool works(std::mt19937_64& random, std::size_t qubits, std::size_t rotations, bool shaken) {
  const std::uint64_t all = (std::uint64_t{1} << qubits) - 1;
  Words x, z;
  for (std::size_t q = 0; q < qubits; ++q) x.push_back(std::uint64_t{1} << q), z.push_back(0);
  for (std::size_t q = 0; q < qubits; ++q) x.push_back(0), z.push_back(std::uint64_t{1} << q);
  for (std::size_t k = 0; k < rotations; ++k) x.push_back(random() & all), z.push_back(random() % all + 1);
  std::vector<std::uint8_t> negative(x.size(), 0);
  std::vector<std::int64_t> gates;
  for (std::size_t q = 0; q < qubits; ++q) gates.push_back(-1 - static_cast<std::int64_t>(q));
  const double weights[4] = {1.0, 0.6, 0.36, 0.216};
  const std::uint64_t state[4] = {1, 2, 3, 5};
  const std::size_t room = 40 * (rotations + qubits);
  std::vector<std::int64_t> places(room);
  Words step_x(room), step_z(room);
  std::vector<std::uint8_t> signs(room);
  std::int64_t taken = -1;
  const std::int64_t steps = qffc_gadget_search(
      static_cast<std::int64_t>(qubits), static_cast<std::int64_t>(rotations), x.data(), z.data(), negative.data(),
      gates.data(), weights, 0.1, 0.4, !shaken, shaken ? state : nullptr, -1, static_cast<std::int64_t>(room),
      places.data(), step_x.data(), step_z.data(), signs.data(), &taken);
  if (steps < 0 || static_cast<std::size_t>(steps) > room || taken < 0 || taken > steps) return false;
  std::vector<int> done(rotations, 0);
  for (std::size_t k = 0; k < static_cast<std::size_t>(steps); ++k) {
    if (__builtin_popcountll(step_x[k] | step_z[k]) > 2) return false;
    if (places[k] >= 0) ++done[static_cast<std::size_t>(places[k])];
  }
  for (const int times : done) {
    if (times != 1) return false;
  }
  return is_frame(x, z, qubits);
}

}  // namespace

int main() {
  std::mt19937_64 random(7);
  int good = 0;
  for (const bool shaken : {false, true}) {
    for (const std::size_t rotations : {1, 7, 40, 130}) {
      for (const std::size_t qubits : {2, 3, 5, 12}) good += works(random, qubits, rotations, shaken);
    }
    good += works(random, 63, 3, shaken);
  }
  std::printf("%d\n", good);
  return 0;
}
