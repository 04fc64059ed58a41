// The search for short strings on random strings; says in how many cases every rotation is carried out once, by at most
// two letters, and the frame that is left is one. Then what is asked of strings and frames besides: in how many cases it
// is within its bounds.
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

extern "C" std::int64_t qffc_gadget_search(std::int64_t qubits, std::int64_t rotations, const std::uint64_t* x,
                                           const std::uint64_t* z, const std::uint64_t* negative,
                                           const std::int64_t* gate_on, std::int64_t searches, const char* options,
                                           std::int64_t most, std::int64_t worse, std::int64_t room,
                                           std::uint64_t* out, std::int64_t* begins);

extern "C" std::int64_t qffc_two_qubit_gates(std::int64_t count, const char* words, std::int64_t most);
extern "C" void qffc_strings_before(std::int64_t qubits, const char* rows, std::int64_t count, const char* strings,
                                    std::uint64_t* out);
extern "C" std::int64_t qffc_settings_before(std::int64_t qubits, const char* rows, std::int64_t count,
                                             const char* strings, std::int64_t most);
extern "C" void qffc_turns_pushed(std::int64_t qubits, const char* rows, std::int64_t count, const char* strings,
                                  std::uint64_t* out);
extern "C" std::int64_t qffc_strings_shortened(std::int64_t size, const char* group, std::int64_t count,
                                               const char* strings, std::uint64_t* out);
extern "C" void qffc_layers_of_strings(std::int64_t count, const char* strings, std::int64_t* out);

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

// As the search reads them.
struct Options {
  double weights[4], tail, shaken;
  std::int64_t patient, random;
  std::uint64_t state[4];
};

bool carries_out(const std::uint64_t* found, std::size_t qubits, std::size_t rotations) {
  const std::size_t steps = found[0], gates = found[1];
  if (gates > steps) return false;
  std::vector<int> done(rotations, 0);
  for (std::size_t k = 0; k < steps; ++k) {
    const std::uint64_t* step = found + 3 + 4 * k;
    if (__builtin_popcountll(step[1] | step[2]) > 2) return false;
    if (static_cast<std::int64_t>(step[0]) >= 0) ++done[step[0]];
  }
  for (const int times : done) {
    if (times != 1) return false;
  }
  Words x, z;
  for (std::size_t row = 0; row < 2 * qubits; ++row) {
    const std::uint64_t* words = found + 3 + 4 * steps + 3 * row;
    x.push_back(words[0]), z.push_back(words[1]);
  }
  return is_frame(x, z, qubits);
}

bool works(std::mt19937_64& random, std::size_t qubits, std::size_t rotations, bool shaken) {
  const std::uint64_t all = (std::uint64_t{1} << qubits) - 1;
  Words x, z;
  for (std::size_t q = 0; q < qubits; ++q) x.push_back(std::uint64_t{1} << q), z.push_back(0);
  for (std::size_t q = 0; q < qubits; ++q) x.push_back(0), z.push_back(std::uint64_t{1} << q);
  for (std::size_t k = 0; k < rotations; ++k) x.push_back(random() & all), z.push_back(random() % all + 1);
  const Words negative(x.size(), 0);
  std::vector<std::int64_t> gates;
  for (std::size_t q = 0; q < qubits; ++q) gates.push_back(-1 - static_cast<std::int64_t>(q));
  const Options options[2] = {{{1.0, 0.6, 0.36, 0.216}, 0.1, 0.4, !shaken, shaken, {1, 2, 3, 5}},
                              {{1.0, 0.3, 0.09, 0.027}, 0.0, 0.4, false, false, {}}};
  Words out(2 * (3 + 4 * 40 * (rotations + qubits) + 6 * qubits));
  std::int64_t begins[2] = {-1, -1};
  const std::int64_t size = qffc_gadget_search(
      static_cast<std::int64_t>(qubits), static_cast<std::int64_t>(rotations), x.data(), z.data(), negative.data(),
      gates.data(), 2, reinterpret_cast<const char*>(options), -1, 0, static_cast<std::int64_t>(out.size()),
      out.data(), begins);
  if (size < 0 || static_cast<std::size_t>(size) > out.size()) return false;
  for (const std::int64_t begin : begins) {
    if (begin < 0 || !carries_out(out.data() + begin, qubits, rotations)) return false;
  }
  return true;
}

int letters_of(const std::uint64_t* string) { return __builtin_popcountll(string[0] | string[1]); }

const char* bytes_of(const Words& words) { return reinterpret_cast<const char*>(words.data()); }

bool within_bounds(std::mt19937_64& random, std::size_t qubits, std::size_t count) {
  const std::uint64_t all = (std::uint64_t{1} << qubits) - 1;
  const auto n = static_cast<std::int64_t>(qubits), size = static_cast<std::int64_t>(count);
  Words identity, turns, strings, forms, zeros;
  for (std::size_t row = 0; row < 2 * qubits; ++row) {
    const std::uint64_t bit = std::uint64_t{1} << row % qubits;
    for (const std::uint64_t word : {row < qubits ? bit : 0, row < qubits ? 0 : bit, std::uint64_t{0}}) {
      identity.push_back(word);
      if (row >= qubits) zeros.push_back(word);
    }
  }
  for (std::size_t k = 0; k < count; ++k) {
    const std::uint64_t x = random() & all, z = random() % all + 1;
    for (const std::uint64_t word : {x, z, std::uint64_t{random() % 4}}) turns.push_back(word);
    for (const std::uint64_t word : {x, z, std::uint64_t{random() % 2}}) strings.push_back(word);
    for (const std::uint64_t word : {std::uint64_t{4 + random() % 4}, x | z, x, z}) forms.push_back(word);
  }
  Words pushed(turns.size() + identity.size());
  qffc_turns_pushed(n, bytes_of(identity), size, bytes_of(turns), pushed.data());
  const Words rows(pushed.begin() + static_cast<std::ptrdiff_t>(turns.size()), pushed.end());
  Words x, z, before(strings.size()), shortened(strings.size() + zeros.size());
  for (std::size_t row = 0; row < 2 * qubits; ++row) x.push_back(rows[3 * row]), z.push_back(rows[3 * row + 1]);
  qffc_strings_before(n, bytes_of(rows), size, bytes_of(strings), before.data());
  const std::int64_t settings = qffc_settings_before(n, bytes_of(rows), size, bytes_of(strings), size);
  const std::int64_t left = qffc_strings_shortened(n, bytes_of(zeros), size, bytes_of(strings), shortened.data());
  std::vector<std::int64_t> layers(count);
  qffc_layers_of_strings(size, bytes_of(strings), layers.data());
  const std::int64_t gates = qffc_two_qubit_gates(size, bytes_of(forms), -1);
  bool good = is_frame(x, z, qubits) && settings >= 1 && settings <= size && left <= n && gates >= 0 && gates <= size;
  for (std::size_t k = 0; k < count; ++k) {
    good = good && letters_of(&shortened[3 * k]) <= letters_of(&strings[3 * k]) && letters_of(&before[3 * k]) > 0;
    good = good && layers[k] >= 1 && layers[k] <= static_cast<std::int64_t>(k + 1);
  }
  return good;
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
  for (const std::size_t count : {1, 12, 40}) {
    for (const std::size_t qubits : {2, 5, 12, 63}) good += within_bounds(random, qubits, count);
  }
  std::printf("%d\n", good);
  return 0;
}
