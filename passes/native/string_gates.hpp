// How many two-qubit gates operations take, as passes/gadgets/blocks.py counts them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "pauli_strings.hpp"

namespace qffc {

// An operation has one of these for each string of its generator, or one with the string without letters.
struct Form {
  std::uint64_t head;  // the price, and the flags below
  std::uint64_t mask;  // its qubits
  std::uint64_t x, z;
};

constexpr std::uint64_t kPrepares = 1;    // fresh qubits
constexpr std::uint64_t kGoesOn = 2;      // it is of the operation of the form before
constexpr std::uint64_t kPriceShift = 2;  // two-qubit gates that it takes alone

// Of a rotation.
inline Form form_about(std::uint64_t x, std::uint64_t z) {
  return {static_cast<std::uint64_t>(std::max(0, 2 * count_bits(x | z) - 3)) << kPriceShift, x | z, x, z};
}

class StringGates {
 public:
  // Adds the operation whose forms begin here; how many there are.
  std::size_t add(const Form* forms, std::size_t left) {
    std::size_t count = 1;
    while (count < left && forms[count].head & kGoesOn) ++count;
    const std::uint64_t mask = forms->mask;
    const auto price = static_cast<std::int64_t>(forms->head >> kPriceShift);
    if (forms->head & kPrepares) {
      if (price) gates_.push_back({mask, 1, {}, true}), ++total_;
      return count;
    }
    // It joins the latest gate that it can be moved to and whose qubits are all that it acts on.
    for (std::size_t place = gates_.size(); place-- > 0;) {
      Gate& gate = gates_[place];
      if (!(gate.mask & mask)) continue;
      if (!(mask & ~gate.mask) && price <= 1 && (gate.price == 1 || price == 0)) {
        for (std::size_t k = 0; k < count; ++k) gate.take({forms[k].x, forms[k].z});
        return count;
      }
      if (gate.prepares || gate.clashes(forms, count)) break;
    }
    if (price) {
      gates_.push_back({mask, price, {}, false});
      for (std::size_t k = 0; k < count; ++k) gates_.back().take({forms[k].x, forms[k].z});
      total_ += price;
    }
    return count;
  }

  std::int64_t total() const { return total_; }

 private:
  using String = std::pair<std::uint64_t, std::uint64_t>;

  struct Gate {
    std::uint64_t mask;
    std::int64_t price;
    std::vector<String> strings;
    bool prepares;

    void take(const String& own) {
      if (std::find(strings.begin(), strings.end(), own) == strings.end()) strings.push_back(own);
    }

    bool clashes(const Form* forms, std::size_t count) const {
      for (std::size_t k = 0; k < count; ++k) {
        for (const auto& [x, z] : strings) {
          if ((count_bits(x & forms[k].z) + count_bits(z & forms[k].x)) % 2) return true;
        }
      }
      return false;
    }
  };

  std::vector<Gate> gates_;
  std::int64_t total_ = 0;
};

}  // namespace qffc
