// The greedy search for two-qubit Clifford gates that make Pauli strings short: passes/gadgets/greedy_search.py, which
// says what is done and why, in the same order and with the same numbers, so that both find the same circuits.
//
// A set of strings is a row of bits. Rows of the frame come first, in words of their own, then the window of rotations.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "numpy_random.hpp"
#include "pauli_strings.hpp"

namespace qffc::gadgets {

// Most of the time goes into counting bits, for which processors have an instruction that not all of them have. The
// loader chooses, before sanitizers are ready.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define QFFC_COUNTS_BITS __attribute__((target_clones("popcnt", "default")))
#else
#define QFFC_COUNTS_BITS
#endif

constexpr std::int64_t kWindow = 96, kFreeMoves = 3;
constexpr std::size_t kLayers = 4;
constexpr double kLeast = 1e-9;

// One operation that was chosen: the rotation of a place, or with -1 a quarter turn.
struct Step {
  std::int64_t place;
  std::uint64_t x, z, negative;
};

// How to search, as the caller writes it: native_search.py has the same fields.
struct Options {
  double weights[kLayers];
  double tail, shaken;
  std::int64_t patient, random;
  std::uint64_t state[4];
};

static_assert(sizeof(Options) == 96, "the caller packs them without gaps");

// What all searches start from.
struct Given {
  Given(std::size_t qubits, std::size_t rotations, const std::uint64_t* x, const std::uint64_t* z,
        const std::uint64_t* negative, const std::int64_t* gates)
      : n(qubits), count(rotations), gate_on(gates, gates + qubits), table(n, 2 * n + count, x, z, negative) {
    before.resize(count);
    for (std::size_t place = 0; place < count; ++place) {
      before[place].assign(place / 64 + 1, 0);
      for (std::size_t other = 0; other < place; ++other) {
        const std::size_t s = 2 * n + place, t = 2 * n + other;
        if ((count_bits(x[s] & z[t]) + count_bits(z[s] & x[t])) % 2) put(before[place], other);
      }
    }
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = a + 1; b < n; ++b) pairs.push_back({a, b});
    }
  }

  const std::size_t n, count;
  const std::vector<std::int64_t> gate_on;
  const StringsTable table;
  std::vector<Bits> before;  // of each rotation, those before it that it does not commute with
  std::vector<std::array<std::size_t, 2>> pairs;
};

class Search {
 public:
  // `most` gates; -1 for any number.
  Search(const Given& given, const Options& options, std::int64_t most)
      : n_(given.n),
        rows_(2 * n_),
        count_(given.count),
        row_words_((rows_ + 63) / 64),
        words_(row_words_ + std::min<std::size_t>(count_ + 63, kWindow + 32) / 64),
        most_gates_(most),
        options_(options),
        before_(given.before),
        pairs_(given.pairs),
        random_(options_.state),
        gate_on_(given.gate_on),
        table_(given.table) {
    left_.assign(count_ / 64 + 1, 0);
    for (std::size_t place = 0; place < count_; ++place) put(left_, place);
    window_size_ = static_cast<std::int64_t>(std::min<std::size_t>(kWindow, count_));
    if (count_) {
      for (std::size_t layer = 0; layer < kLayers; ++layer) {
        products_[layer] = multiples(options_.weights[layer], window_size_);
      }
      if (options_.tail != 0.0) of_tail_ = multiples(options_.tail, static_cast<std::int64_t>(rows_));
    }
    gained_.resize(pairs_.size());
    scores_.resize(9 * pairs_.size());
    rows_mask_ = of_rows();
    find_layers();
  }

  bool carry_out() {
    while (!layers_.empty()) {
      if (!rotate()) change_frame();
      if (most_gates_ >= 0 && static_cast<std::int64_t>(free_moves_.size()) > most_gates_) return false;
    }
    return true;
  }

  void finish() {
    while (shorten_frame()) {
    }
  }

  const std::vector<Step>& steps() const { return steps_; }

  const StringsTable& table() const { return table_; }

 private:
  using Set = std::array<std::uint64_t, kMostWords>;  // row_words_ words of rows, then the window

  std::uint64_t support(std::size_t place) const { return table_.support(rows_ + place); }

  bool rotate() {
    bool any = false;
    const std::vector<std::size_t> first = layers_[0];
    for (const std::size_t place : first) {
      const std::uint64_t on = support(place);
      const int letters = count_bits(on);
      if (letters > 2) continue;
      if (letters == 2) {
        const int a = __builtin_ctzll(on), b = 63 - __builtin_clzll(on);
        if (gate_on_[static_cast<std::size_t>(a)] != gate_on_[static_cast<std::size_t>(b)]) continue;
      } else if (letters == 0) {
        continue;
      }
      std::uint64_t x, z, negative;
      table_.string(rows_ + place, &x, &z, &negative);
      steps_.push_back({static_cast<std::int64_t>(place), x, z, negative});
      left_[place / 64] &= ~(std::uint64_t{1} << place % 64);
      any = true;
    }
    if (any) {
      idle_ = 0;
      find_layers();
    }
    return any;
  }

  void find_layers() {
    layers_.clear();
    stale_ = kAll;
    std::size_t word = 0;
    while (word < left_.size() && !left_[word]) ++word;
    if (word == left_.size()) return;
    start_ = 64 * word + static_cast<std::size_t>(__builtin_ctzll(left_[word]));
    std::vector<std::size_t> waiting;
    for (std::size_t place = start_; place < std::min(count_, start_ + kWindow); ++place) {
      if (has(left_, place)) waiting.push_back(place);
    }
    Bits left = left_;
    for (std::size_t number = 0; number < kLayers; ++number) {
      std::vector<std::size_t> layer, rest;
      for (const std::size_t place : waiting) {
        bool blocked = false;
        for (std::size_t w = start_ / 64; w <= place / 64 && !blocked; ++w) blocked = before_[place][w] & left[w];
        (blocked ? rest : layer).push_back(place);
      }
      if (layer.empty()) break;
      for (const std::size_t place : layer) left[place / 64] &= ~(std::uint64_t{1} << place % 64);
      layers_.push_back(std::move(layer));
      waiting = std::move(rest);
    }
  }

  Set of_window(const std::vector<std::size_t>& places) const {
    Set found{};
    for (const std::size_t place : places) put(found, 64 * row_words_ + place - start_);
    return found;
  }

  Set of_rows() const {
    Set found{};
    for (std::size_t row = 0; row < rows_; ++row) put(found, row);
    return found;
  }

  // Looks at the strings of the frame, and at the window of rotations; beyond its 96 no mask looks.
  void look(bool with_window) {
    effects_.begin(n_, words_);
    const std::uint64_t end = rows_ % 64 ? (std::uint64_t{1} << rows_ % 64) - 1 : ~std::uint64_t{0};
    for (std::size_t q = 0; q < n_; ++q) {
      if (!(stale_ >> q & 1)) continue;
      const Bits &x = table_.xs[q], &z = table_.zs[q];
      for (std::size_t w = 0; w < row_words_; ++w) {
        const std::uint64_t own = w + 1 < row_words_ ? ~std::uint64_t{0} : end;
        effects_.take(q, w, x[w] & own, z[w] & own);
      }
      for (std::size_t w = row_words_; w < words_; ++w) {
        const std::size_t place = rows_ + start_ + 64 * (w - row_words_);
        effects_.take(q, w, with_window ? read(x, place) : 0, with_window ? read(z, place) : 0);
      }
    }
  }

  // Scores are in the order (letter, letter, pair).
  Move move_at(std::size_t place) const {
    const auto& pair = pairs_[place % pairs_.size()];
    const int letters = static_cast<int>(place / pairs_.size());
    return {pair[0], pair[1], letters / 3, letters % 3};
  }

  bool shortens(std::size_t place, const Set& target) const {
    return effects_.pair(move_at(place)).shortens(target, words_);
  }

  // A weight times every number of letters that can be: products in memory are rounded, also where a processor could
  // multiply and add at once.
  static std::vector<double> multiples(double weight, std::int64_t most) {
    std::vector<double> found(static_cast<std::size_t>(2 * most + 1));
    for (std::int64_t k = -most; k <= most; ++k) {
      volatile double product = weight * static_cast<double>(k);
      found[static_cast<std::size_t>(k + most)] = product;
    }
    return found;
  }

  // Whether a gate was applied to one of two qubits, or the layers have changed, since scores were worked out: else
  // these are as they were, for no string has another letter there.
  bool is_stale(std::size_t a, std::size_t b) const { return (stale_ >> a | stale_ >> b) & 1; }

  // What a change of frame takes off the strings that come next, weighed, and off those of the frame.
  QFFC_COUNTS_BITS void weigh(const std::vector<Set>& masks, const Set& two) {
    for (std::size_t pair = 0; pair < pairs_.size(); ++pair) {
      const auto [a, b] = pairs_[pair];
      if (!is_stale(a, b)) continue;
      Set but;
      gained_[pair] = 0;
      for (std::size_t w = row_words_; w < words_; ++w) {
        const std::uint64_t whole = effects_.whole(a, b, w) & two[w];
        gained_[pair] += count_bits(whole);
        but[w] = ~whole;
      }
      for (int letters = 0; letters < 9; ++letters) {
        const Effects::Pair ends = effects_.pair({a, b, letters / 3, letters % 3});
        int taken[kLayers] = {0, 0, 0, 0};
        for (std::size_t w = row_words_; w < words_; ++w) {
          const std::uint64_t shorter = ends.shorter(w) & but[w], longer = ends.longer(w) & but[w];
          for (std::size_t layer = 0; layer < masks.size(); ++layer) {
            taken[layer] += count_bits(shorter & masks[layer][w]) - count_bits(longer & masks[layer][w]);
          }
        }
        double score = 0.0;
        for (std::size_t layer = 0; layer < masks.size(); ++layer) {
          score += products_[layer][static_cast<std::size_t>(taken[layer] + window_size_)];
        }
        if (options_.tail != 0.0) {
          score += of_tail_[static_cast<std::size_t>(ends.taken(rows_mask_, row_words_) + static_cast<int>(rows_))];
        }
        scores_[static_cast<std::size_t>(letters) * pairs_.size() + pair] = score;
      }
    }
    stale_ = 0;
  }

  void change_frame() {
    look(true);
    std::vector<Set> masks;
    for (const auto& layer : layers_) masks.push_back(of_window(layer));
    std::vector<std::size_t> two;
    for (const std::size_t place : layers_[0]) {
      if (count_bits(support(place)) == 2) two.push_back(place);
    }
    const Set two_mask = of_window(two);
    weigh(masks, two_mask);
    ++idle_;
    if (idle_ <= 4 * static_cast<std::int64_t>(n_) && free_move()) return;
    Set target = masks[0];
    if (options_.patient || idle_ > static_cast<std::int64_t>(n_)) target = two.empty() ? shortest() : two_mask;
    if (options_.random) {
      shaken_ = scores_;
      for (double& score : shaken_) {
        volatile double shift = options_.shaken * random_();
        score += shift;
      }
    }
    const std::vector<double>& scores = options_.random ? shaken_ : scores_;
    double best = kNothing;
    std::size_t chosen = 0;
    for (std::size_t place = 0, pair = 0; place < scores.size(); ++place, ++pair) {
      if (pair == pairs_.size()) pair = 0;
      const int more = gained_[pair];
      const double some = more > 0 ? std::max(scores[place], 0.0) : kNothing;
      if (std::max(scores[place], some) + more <= best) continue;  // so that most need not be looked at
      const double score = shortens(place, target) ? std::max(scores[place], some) : some;
      if (score + more > best) best = score + more, chosen = place;
    }
    const Move move = move_at(chosen);
    open(move.a, move.b);
    if (!gained_[chosen % pairs_.size()]) apply(move);
  }

  Set shortest() const {
    std::vector<std::size_t> found;
    int least = std::numeric_limits<int>::max();
    for (const std::size_t place : layers_[0]) {
      const int letters = count_bits(support(place));
      if (letters < least) least = letters, found.clear();
      if (letters == least) found.push_back(place);
    }
    return of_window(found);
  }

  bool free_move() {
    bool any = false;
    double best = 0.0;
    std::size_t chosen = 0;
    for (std::size_t pair = 0; pair < pairs_.size(); ++pair) {
      const auto [a, b] = pairs_[pair];
      if (gate_on_[a] != gate_on_[b]) continue;
      const auto known = free_moves_.find(gate_on_[a]);
      if (known != free_moves_.end() && known->second >= kFreeMoves) continue;
      std::size_t own = pair;
      for (int letters = 1; letters < 9; ++letters) {
        const std::size_t place = static_cast<std::size_t>(letters) * pairs_.size() + pair;
        if (scores_[place] > scores_[own]) own = place;
      }
      if (scores_[own] > kLeast && (!any || scores_[own] > best)) any = true, best = scores_[own], chosen = own;
    }
    if (!any) return false;
    const Move move = move_at(chosen);
    ++free_moves_[gate_on_[move.a]];
    apply(move);
    return true;
  }

  void open(std::size_t a, std::size_t b) {
    gate_on_[a] = gate_on_[b] = static_cast<std::int64_t>(steps_.size());
    free_moves_[gate_on_[a]] = 0;
  }

  void apply(const Move& move) {
    table_.apply(move);
    const std::size_t ends[2] = {move.a, move.b};
    const int letters[2] = {move.first, move.second};
    std::uint64_t x = 0, z = 0;
    for (int end = 0; end < 2; ++end) {
      x |= static_cast<std::uint64_t>(qffc::kHasX[letters[end]]) << ends[end];
      z |= static_cast<std::uint64_t>(qffc::kHasZ[letters[end]]) << ends[end];
    }
    steps_.push_back({-1, x, z, 0});
    stale_ |= std::uint64_t{1} << move.a | std::uint64_t{1} << move.b;
  }

  QFFC_COUNTS_BITS bool shorten_frame() {
    int least = std::numeric_limits<int>::max();
    std::size_t target = 0;
    std::int64_t keep = -1;
    for (std::size_t q = 0; q < n_; ++q) {
      const std::uint64_t x = table_.support(q), z = table_.support(q + n_);
      const int one = count_bits(x), other = count_bits(z);
      if ((x == z && one <= 1) || one + other >= least) continue;
      const std::size_t brief = one <= other ? q : q + n_, tall = one <= other ? q + n_ : q;
      least = one + other;
      const bool kept = std::min(one, other) == 1;
      target = kept ? tall : brief;
      keep = kept ? static_cast<std::int64_t>(brief) : -1;
    }
    if (least == std::numeric_limits<int>::max()) return false;
    look(false);
    for (std::size_t place = 0; place < scores_.size(); ++place) {
      const Move move = move_at(place);
      if (is_stale(move.a, move.b)) scores_[place] = effects_.pair(move).taken(rows_mask_, row_words_);
    }
    stale_ = 0;
    ++idle_;
    const auto size = static_cast<std::int64_t>(n_);
    if (idle_ <= 4 * size * size && free_move()) return true;
    Set wanted{}, unwanted{};
    put(wanted, target);
    if (keep >= 0) put(unwanted, static_cast<std::size_t>(keep));
    double best = kNothing;
    std::size_t chosen = 0;
    for (std::size_t place = 0; place < scores_.size(); ++place) {
      if (scores_[place] <= best) continue;
      const Effects::Pair ends = effects_.pair(move_at(place));
      if (!ends.shortens(wanted, words_) || ends.lengthens(unwanted, words_)) continue;
      best = scores_[place], chosen = place;
    }
    const Move move = move_at(chosen);
    if (gate_on_[move.a] != gate_on_[move.b]) open(move.a, move.b);
    apply(move);
    return true;
  }

  static constexpr double kNothing = -std::numeric_limits<double>::infinity();
  static constexpr std::uint64_t kAll = ~std::uint64_t{0};

  const std::size_t n_, rows_, count_, row_words_, words_;
  const std::int64_t most_gates_;
  const Options& options_;
  const std::vector<Bits>& before_;
  const std::vector<std::array<std::size_t, 2>>& pairs_;
  Random random_;
  std::vector<std::int64_t> gate_on_;
  StringsTable table_;
  Bits left_;
  std::vector<std::vector<std::size_t>> layers_;
  std::unordered_map<std::int64_t, std::int64_t> free_moves_;
  std::vector<Step> steps_;
  std::size_t start_ = 0;
  std::int64_t idle_ = 0, window_size_ = 0;
  std::array<std::vector<double>, kLayers> products_;  // of the weights of layers
  std::vector<double> of_tail_;
  Effects effects_;           // of what was looked at last
  std::uint64_t stale_ = kAll;  // qubits whose strings have changed since
  std::vector<double> scores_, shaken_;
  std::vector<int> gained_;  // of each pair, the rotations that a gate on it carries out at once
  Set rows_mask_;
};

#undef QFFC_COUNTS_BITS

}  // namespace qffc::gadgets
