// What passes/gadgets/ asks of many spellings of a circuit, as its Python says: how many two-qubit gates they take, what
// strings are before a Clifford operation, and in how many settings those can be measured.
//
// A string is three words: the qubits with X or Y, those with Z or Y, and whether it has a minus. A frame has one for
// what comes of the X of each qubit, then one for each Z.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <vector>

#include "pauli_strings.hpp"
#include "string_gates.hpp"

namespace {

using qffc::count_bits;

struct String {
  std::uint64_t x, z, negative;
};

// A string times i to a power.
struct Product {
  String string;
  unsigned power;
};

Product multiplied(const String& left, const String& right) {
  const std::uint64_t x = left.x ^ right.x, z = left.z ^ right.z;
  const int ys = count_bits(left.x & left.z) + count_bits(right.x & right.z) - count_bits(x & z);
  const int turns = 2 * (count_bits(left.z & right.x) + static_cast<int>(left.negative + right.negative));
  return {{x, z, 0}, static_cast<unsigned>(ys + turns) % 4};
}

bool commute(const String& one, const String& other) {
  return (count_bits(one.x & other.z) + count_bits(one.z & other.x)) % 2 == 0;
}

// C S C^dagger of this string S, with C = exp(-i pi/4 quarters P).
String turned_by(const String& own, const String& other, unsigned quarters) {
  if (quarters % 4 == 0 || commute(own, other)) return own;
  if (quarters % 2 == 0) return {own.x, own.z, own.negative ^ 1};
  const Product found = multiplied(own, other);
  const bool plus = (found.power + 1) % 4 == (quarters % 4 == 1 ? 0 : 2);
  return {found.string.x, found.string.z, !plus};
}

class Frame {
 public:
  Frame(std::size_t qubits, const void* rows) : n_(qubits), rows_(2 * qubits) {
    std::memcpy(rows_.data(), rows, rows_.size() * sizeof(String));
  }

  // The string after the operation is this one before it.
  String before(const String& own) const {
    Product found{{0, 0, 0}, static_cast<unsigned>(2 * own.negative + count_bits(own.x & own.z)) % 4};
    for (std::uint64_t on = own.x | own.z; on; on &= on - 1) {
      const auto q = static_cast<std::size_t>(__builtin_ctzll(on));
      if (own.x >> q & 1) take(found, rows_[q]);
      if (own.z >> q & 1) take(found, rows_[n_ + q]);
    }
    return {found.string.x, found.string.z, found.power % 4 != 0};
  }

  // Appends exp(-i pi/4 quarters P).
  void then(const String& own, unsigned quarters) {
    const std::vector<String> old = rows_;
    std::vector<String> now = rows_;
    for (std::uint64_t on = own.x | own.z; on; on &= on - 1) {
      const auto q = static_cast<std::size_t>(__builtin_ctzll(on));
      const std::uint64_t bit = std::uint64_t{1} << q;
      now[q] = before(turned_by({bit, 0, 0}, own, 4 - quarters));
      now[n_ + q] = before(turned_by({0, bit, 0}, own, 4 - quarters));
    }
    rows_ = now;
  }

  const std::vector<String>& rows() const { return rows_; }

 private:
  static void take(Product& found, const String& row) {
    const Product next = multiplied(found.string, row);
    found = {next.string, (found.power + next.power) % 4};
  }

  const std::size_t n_;
  std::vector<String> rows_;
};

// Longer strings first, then in the order of the letters, qubit by qubit.
bool comes_before(const String& one, const String& other) {
  const int size = count_bits(one.x | one.z), other_size = count_bits(other.x | other.z);
  if (size != other_size) return size > other_size;
  const std::uint64_t differ = (one.x ^ other.x) | (one.z ^ other.z);
  if (!differ) return false;
  const std::uint64_t bit = differ & -differ;  // before it they are the same
  const auto letter = [bit](const String& own) {
    return own.x & bit ? (own.z & bit ? 1 : 0) : own.z & bit ? 2 : 3;  // another qubit comes later
  };
  return letter(one) < letter(other);
}

struct Basis {
  std::uint64_t x, z;
  unsigned kinds;
};

unsigned kinds_of(const String& own) {
  return (own.x & ~own.z ? 1u : 0u) | (own.x & own.z ? 2u : 0u) | (own.z & ~own.x ? 4u : 0u);
}

// As pauli_bases of passes/circuit/pauli_bases.py groups strings.
void join(std::vector<Basis>& bases, const String& own) {
  const unsigned kinds = kinds_of(own);
  int best_shared = -1, best_kinds = 0;
  std::size_t chosen = bases.size();
  for (std::size_t place = 0; place < bases.size(); ++place) {
    const Basis& basis = bases[place];
    const std::uint64_t shared = (own.x | own.z) & (basis.x | basis.z);
    if (((own.x ^ basis.x) | (own.z ^ basis.z)) & shared) continue;
    const int size = count_bits(shared), alike = -count_bits(kinds ^ basis.kinds);
    if (size > best_shared || (size == best_shared && alike > best_kinds)) {
      best_shared = size, best_kinds = alike, chosen = place;
    }
  }
  if (chosen == bases.size()) bases.push_back({0, 0, 0});
  bases[chosen].x |= own.x, bases[chosen].z |= own.z, bases[chosen].kinds |= kinds;
}

using Group = std::vector<String>;

// Of two strings that commute.
String product(const String& left, const String& right) {
  const Product found = multiplied(left, right);
  return {found.string.x, found.string.z, found.power != 0};
}

// The part of a group that commutes with a string, as Stabilizers of passes/gadgets/stabilizers.py has it.
Group commuting(const Group& group, const String& own) {
  Group kept, against;
  for (const String& each : group) (commute(each, own) ? kept : against).push_back(each);
  for (std::size_t k = 1; k < against.size(); ++k) kept.push_back(product(against[0], against[k]));
  return kept;
}

bool is_shorter(const String& one, const String& other) {
  const auto key = [](const String& own) {
    return std::make_tuple(count_bits(own.x | own.z), count_bits(own.x), own.x, own.z);
  };
  return key(one) < key(other);
}

// Of all products with a group.
String best_of_all(String own, const Group& group) {
  String best = own;
  for (std::uint32_t count = 1; count < std::uint32_t{1} << group.size(); ++count) {
    own = product(own, group[static_cast<std::size_t>(__builtin_ctz(count))]);  // by a Gray code
    if (is_shorter(own, best)) best = own;
  }
  return best;
}

// By steps of one or two strings of a group.
String best_of_steps(String own, const Group& group) {
  Group steps = group;
  for (std::size_t a = 0; a < group.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) steps.push_back(product(group[a], group[b]));
  }
  while (true) {
    String best = own;
    for (const String& step : steps) {
      const String next = product(own, step);
      if (is_shorter(next, best)) best = next;
    }
    if (!is_shorter(best, own)) return own;
    own = best;
  }
}

String shortest(const Group& group, const String& own) {
  constexpr std::size_t all_of = 8;
  const Group able = commuting(group, own);
  Group near;
  for (const String& each : able) {
    if (able.size() <= all_of || (each.x | each.z) & (own.x | own.z)) near.push_back(each);
  }
  return near.size() <= all_of ? best_of_all(own, near) : best_of_steps(own, near);
}

std::vector<String> strings_of(std::int64_t count, const char* words) {
  std::vector<String> found(static_cast<std::size_t>(count));
  if (count) std::memcpy(found.data(), words, found.size() * sizeof(String));
  return found;
}

}  // namespace

#pragma GCC visibility push(default)

// Two-qubit gates of operations whose `count` forms are given, see string_gates.hpp; where they are more than `most`,
// some number above it, unless that is negative.
extern "C" std::int64_t qffc_two_qubit_gates(std::int64_t count, const char* words, std::int64_t most) {
  std::vector<qffc::Form> forms(static_cast<std::size_t>(count));
  if (count) std::memcpy(forms.data(), words, forms.size() * sizeof(qffc::Form));
  qffc::StringGates gates;
  for (std::size_t place = 0; place < forms.size();) {
    place += gates.add(forms.data() + place, forms.size() - place);
    if (most >= 0 && gates.total() > most) break;
  }
  return gates.total();
}

// What strings after a Clifford operation are before it.
extern "C" void qffc_strings_before(std::int64_t qubits, const char* rows, std::int64_t count, const char* strings,
                                    std::uint64_t* out) {
  const Frame frame(static_cast<std::size_t>(qubits), rows);
  std::size_t word = 0;
  for (const String& own : strings_of(count, strings)) {
    const String found = frame.before(own);
    for (const std::uint64_t each : {found.x, found.z, found.negative}) out[word++] = each;
  }
}

// In how many bases these strings can be measured before it; their signs do not count. More than `most` are some.
extern "C" std::int64_t qffc_settings_before(std::int64_t qubits, const char* rows, std::int64_t count,
                                             const char* strings, std::int64_t most) {
  const Frame frame(static_cast<std::size_t>(qubits), rows);
  std::vector<String> found = strings_of(count, strings);
  for (String& own : found) own = frame.before(own);
  std::sort(found.begin(), found.end(), comes_before);
  std::vector<Basis> bases;
  for (std::size_t k = 0; k < found.size(); ++k) {
    if (k && found[k].x == found[k - 1].x && found[k].z == found[k - 1].z) continue;
    join(bases, found[k]);
    if (static_cast<std::int64_t>(bases.size()) > most) break;
  }
  return static_cast<std::int64_t>(bases.size());
}

// Quarter turns go to the end: `strings` have the count of their quarters in the place of a minus. Writes what each is
// before all turns that come before it, then the rows of the turns together.
extern "C" void qffc_turns_pushed(std::int64_t qubits, const char* rows, std::int64_t count, const char* strings,
                                  std::uint64_t* out) {
  Frame frame(static_cast<std::size_t>(qubits), rows);
  std::vector<String> found = strings_of(count, strings);
  for (String& own : found) {
    const String given{own.x, own.z, 0};
    const auto quarters = static_cast<unsigned>(own.negative);
    own = frame.before(given);
    if (quarters) frame.then(given, quarters);
  }
  found.insert(found.end(), frame.rows().begin(), frame.rows().end());
  std::memcpy(out, found.data(), found.size() * sizeof(String));
}

// The shortest strings that do the same to a state that `group` fixes, one rotation after the other; then what is left
// of the group, whose size is returned.
extern "C" std::int64_t qffc_strings_shortened(std::int64_t size, const char* group, std::int64_t count,
                                               const char* strings, std::uint64_t* out) {
  Group left = strings_of(size, group), found = strings_of(count, strings);
  for (String& own : found) {
    own = shortest(left, own);
    left = commuting(left, own);
  }
  found.insert(found.end(), left.begin(), left.end());
  if (!found.empty()) std::memcpy(out, found.data(), found.size() * sizeof(String));
  return static_cast<std::int64_t>(left.size());
}

// The layer of each string: one behind those of all earlier strings that it does not commute with.
extern "C" void qffc_layers_of_strings(std::int64_t count, const char* strings, std::int64_t* out) {
  const std::vector<String> some = strings_of(count, strings);
  for (std::size_t k = 0; k < some.size(); ++k) {
    out[k] = 1;
    for (std::size_t j = 0; j < k; ++j) {
      if (out[j] >= out[k] && !commute(some[j], some[k])) out[k] = out[j] + 1;
    }
  }
}

#pragma GCC visibility pop
