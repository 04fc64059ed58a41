// How many two-qubit gates rotations about strings take, as passes/gadgets/blocks.py counts them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "pauli_strings.hpp"

namespace qffc {

class StringGates {
 public:
  // A rotation joins the latest gate that it can be moved to and whose qubits are all that it acts on.
  void add(std::uint64_t x, std::uint64_t z) {
    const std::uint64_t mask = x | z;
    const std::int64_t price = std::max(0, 2 * count_bits(mask) - 3);
    for (std::size_t place = gates_.size(); place-- > 0;) {
      Gate& gate = gates_[place];
      if (!(gate.mask & mask)) continue;
      if (!(mask & ~gate.mask) && price <= 1 && (gate.price == 1 || price == 0)) {
        const std::pair<std::uint64_t, std::uint64_t> own{x, z};
        auto& strings = gate.strings;
        if (std::find(strings.begin(), strings.end(), own) == strings.end()) strings.push_back(own);
        return;
      }
      if (clash(gate, x, z)) break;
    }
    if (price) gates_.push_back({mask, price, {{x, z}}}), total_ += price;
  }

  std::int64_t total() const { return total_; }

 private:
  struct Gate {
    std::uint64_t mask;
    std::int64_t price;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> strings;
  };

  static bool clash(const Gate& gate, std::uint64_t x, std::uint64_t z) {
    for (const auto& [own_x, own_z] : gate.strings) {
      if ((count_bits(x & own_z) + count_bits(z & own_x)) % 2) return true;
    }
    return false;
  }

  std::vector<Gate> gates_;
  std::int64_t total_ = 0;
};

}  // namespace qffc
