// Searches for short strings in one call, see gadget_search.hpp.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "gadget_search.hpp"
#include "string_gates.hpp"

namespace {

using qffc::gadgets::Given;
using qffc::gadgets::Options;
using qffc::gadgets::Search;

// What searches find, in words: see the call.
class Written {
 public:
  Written(std::uint64_t* out, std::size_t room) : out_(out), room_(room) {}

  // Writes what a search found, unless another one found the same; where it begins, and its two-qubit gates.
  std::pair<std::size_t, std::int64_t> add(const Search& search, std::size_t rows) {
    Words words(3);
    for (const auto& step : search.steps()) {
      words.insert(words.end(), {static_cast<std::uint64_t>(step.place), step.x, step.z, step.negative});
    }
    words[0] = search.steps().size();
    for (std::size_t row = 0; row < rows; ++row) {
      std::uint64_t x, z, negative;
      search.table().string(row, &x, &z, &negative);
      words.insert(words.end(), {x, z, negative});
      words[2] += static_cast<std::uint64_t>(qffc::count_bits(x | z));
    }
    const auto [place, is_new] = known_.try_emplace(words, size_, 0);
    if (is_new) {
      qffc::StringGates taken;
      for (const auto& step : search.steps()) {
        const qffc::Form form = qffc::form_about(step.x, step.z);
        taken.add(&form, 1);
        words.insert(words.end(), {form.head, form.mask, form.x, form.z});
      }
      place->second.second = taken.total();
      words[1] = static_cast<std::uint64_t>(taken.total());
      if (size_ + words.size() <= room_) std::memcpy(out_ + size_, words.data(), words.size() * sizeof(words[0]));
      size_ += words.size();
    }
    return place->second;
  }

  std::size_t size() const { return size_; }

 private:
  using Words = std::vector<std::uint64_t>;

  std::map<Words, std::pair<std::size_t, std::int64_t>> known_;
  std::uint64_t* out_;
  const std::size_t room_;
  std::size_t size_ = 0;
};

}  // namespace

// Searches one after the other, each of which is given up where it takes more gates than the best one before, or than
// `most`, and `worse` on top; -1 for any number. Strings are the rows of the frame, 2 `qubits` of them, then the
// rotations; without rotations the frame is undone instead.
//
// `begins` is where in `out` that which each search found begins, -1 where it was given up: how many steps there are,
// how many two-qubit gates they take, how many letters the rows of the frame that is left have, the steps with four
// words each, the rows with three, and the steps once more as forms, see string_gates.hpp. What several find is written
// once. Returns how many words there are; only what there was room for is written.
extern "C" __attribute__((visibility("default"))) std::int64_t qffc_gadget_search(
    std::int64_t qubits, std::int64_t rotations, const std::uint64_t* x, const std::uint64_t* z,
    const std::uint64_t* negative, const std::int64_t* gate_on, std::int64_t searches, const char* options,
    std::int64_t most, std::int64_t worse, std::int64_t room, std::uint64_t* out, std::int64_t* begins) {
  const Given given(static_cast<std::size_t>(qubits), static_cast<std::size_t>(rotations), x, z, negative, gate_on);
  Written written(out, static_cast<std::size_t>(room));
  for (std::int64_t number = 0; number < searches; ++number) {
    Options own;
    std::memcpy(&own, options + static_cast<std::size_t>(number) * sizeof own, sizeof own);
    Search search(given, own, most < 0 ? -1 : most + worse);
    begins[number] = -1;
    if (rotations == 0) {
      search.finish();
    } else if (!search.carry_out()) {
      continue;
    }
    const auto [begin, gates] = written.add(search, 2 * given.n);
    begins[number] = static_cast<std::int64_t>(begin);
    if (most >= 0) most = std::min(most, gates);
  }
  return static_cast<std::int64_t>(written.size());
}
