// The steps of a noisy program on states: a state of n qubits is the 4^n expectation values of its Pauli strings, the
// letters I, X, Y, Z of the first track slowest.

namespace qffc {
namespace QFFC_ISA {

// Which of the letters of a pair of tracks an exchange turns into which others: with the differences d = P I - I P and
// e = Q R - R Q of cyclic P, Q, R it is d' = c d - s e, e' = c e + s d, by four times its angle. Sums stay.
struct Turned {
  int d_plus, d_minus, e_plus, e_minus;
};
constexpr Turned turned_letters[3] = {{4, 1, 11, 14}, {8, 2, 13, 7}, {12, 3, 6, 9}};

// Half the sums and differences of four letters, and back.
template <class R>
struct Differences {
  R d_sum, e_sum, d, e;

  QFFC_INLINE Differences(const R* p, const Turned& at, typename R::Scalar half)
      : d_sum(scaled(p[at.d_plus] + p[at.d_minus], half)),
        e_sum(scaled(p[at.e_plus] + p[at.e_minus], half)),
        d(scaled(p[at.d_plus] - p[at.d_minus], half)),
        e(scaled(p[at.e_plus] - p[at.e_minus], half)) {}

  QFFC_INLINE void put(R* p, const Turned& at) const {
    p[at.d_plus] = d_sum + d, p[at.d_minus] = d_sum - d;
    p[at.e_plus] = e_sum + e, p[at.e_minus] = e_sum - e;
  }
};

// A gate: legs, an exchange, depolarizing noise.
template <class R>
struct PairGate {
  using T = typename R::Scalar;
  const int32_t* ints;
  const double* reals;
  R* values;
  R* gradients;

  bool has_legs() const { return ints[5] >= 0; }
  T kept() const { return static_cast<T>(reals[0]); }

  // Calls visit(place) for the first of every 16 numbers that differ in the letters of the two tracks alone.
  template <class Visit>
  QFFC_INLINE void each_block(Visit visit) const {
    const int32_t tracks = ints[2];
    const int64_t first = stride(ints[3]), second = stride(ints[4]), size = int64_t{1} << (2 * tracks);
    const int64_t high = first > second ? first : second, low = first > second ? second : first;
    for (int64_t outer = 0; outer < size; outer += 4 * high)
      for (int64_t middle = 0; middle < high; middle += 4 * low)
        for (int64_t inner = 0; inner < low; ++inner) visit(outer + middle + inner);
  }
  QFFC_INLINE int64_t stride(int32_t track) const { return int64_t{1} << (2 * (ints[2] - 1 - track)); }

  QFFC_INLINE void load(const R* state, int64_t first, int64_t second, R* p) const {
#pragma GCC unroll 4
    for (int a = 0; a < 4; ++a)
#pragma GCC unroll 4
      for (int b = 0; b < 4; ++b) p[4 * a + b] = state[a * first + b * second];
  }

  // A leg on one of the tracks: numbers of its letters are `step` apart, those of the letters of the other one `other`.
  QFFC_INLINE static void apply_leg(const R* leg, R* p, int step, int other) {
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) {
      R* q = p + k * other;
      const R x = q[step], y = q[2 * step], z = q[3 * step];
      q[step] = leg[0] * x + leg[1] * y + leg[2] * z;
      q[2 * step] = leg[3] * x + leg[4] * y + leg[5] * z;
      q[3 * step] = leg[6] * x + leg[7] * y + leg[8] * z;
    }
  }
  // From the gradient by what a leg makes to that by what it takes, `p` before the leg; adds to that by the leg.
  QFFC_INLINE static void leg_back(const R* leg, const R* p, R* by, R* by_leg, int step, int other) {
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) {
      const R* in = p + k * other;
      R* q = by + k * other;
      const R x = q[step], y = q[2 * step], z = q[3 * step];
#pragma GCC unroll 3
      for (int column = 0; column < 3; ++column) {
        const R from = in[(column + 1) * step];
        by_leg[column] += x * from;
        by_leg[3 + column] += y * from;
        by_leg[6 + column] += z * from;
        q[(column + 1) * step] = leg[column] * x + leg[3 + column] * y + leg[6 + column] * z;
      }
    }
  }

  void forward() const {
    const R *from = values + ints[1], *angle = values + ints[7];
    R* to = values + ints[0];
    const int64_t first = stride(ints[3]), second = stride(ints[4]);
    const T shrink = kept();
    each_block([&](int64_t place) {
      R p[16];
      load(from + place, first, second, p);
      if (has_legs()) {
        apply_leg(values + ints[6], p, 1, 4);
        apply_leg(values + ints[5], p, 4, 1);
      }
#pragma GCC unroll 3
      for (int k = 0; k < 3; ++k) {
        Differences<R> each(p, turned_letters[k], T(0.5));
        const R d = angle[0] * each.d - angle[1] * each.e;
        each.e = angle[0] * each.e + angle[1] * each.d;
        each.d = d;
        each.put(p, turned_letters[k]);
      }
      R* out = to + place;
#pragma GCC unroll 4
      for (int a = 0; a < 4; ++a)
#pragma GCC unroll 4
        for (int b = 0; b < 4; ++b) out[a * first + b * second] = a + b == 0 ? p[0] : scaled(p[4 * a + b], shrink);
    });
  }

  void back() const {
    const R *from = values + ints[1], *angle = values + ints[7], *by_to = gradients + ints[0];
    R* by_from = gradients + ints[1];
    const int64_t first = stride(ints[3]), second = stride(ints[4]);
    const T shrink = kept();
    R by_angle[2] = {number<R>(0), number<R>(0)}, by_first[9], by_second[9];
    for (int k = 0; k < 9; ++k) by_first[k] = by_second[k] = number<R>(0);
    each_block([&](int64_t place) {
      R p[16], q[16], by[16];
      load(from + place, first, second, p);
      load(by_to + place, first, second, by);
#pragma GCC unroll 16
      for (int k = 1; k < 16; ++k) by[k] = scaled(by[k], shrink);
      std::memcpy(static_cast<void*>(q), static_cast<const void*>(p), sizeof(p));
      if (has_legs()) {
        apply_leg(values + ints[6], p, 1, 4);
        std::memcpy(static_cast<void*>(q), static_cast<const void*>(p), sizeof(p));
        apply_leg(values + ints[5], q, 4, 1);
      }
#pragma GCC unroll 3
      for (int k = 0; k < 3; ++k) {
        const Differences<R> here(q, turned_letters[k], T(1));
        Differences<R> each(by, turned_letters[k], T(0.5));
        by_angle[0] += each.d * here.d + each.e * here.e;
        by_angle[1] += each.e * here.d - each.d * here.e;
        const R d = angle[0] * each.d + angle[1] * each.e;
        each.e = angle[0] * each.e - angle[1] * each.d;
        each.d = d;
        each.put(by, turned_letters[k]);
      }
      if (has_legs()) {
        leg_back(values + ints[5], p, by, by_first, 4, 1);
        load(from + place, first, second, p);
        leg_back(values + ints[6], p, by, by_second, 1, 4);
      }
      R* out = by_from + place;
#pragma GCC unroll 4
      for (int a = 0; a < 4; ++a)
#pragma GCC unroll 4
        for (int b = 0; b < 4; ++b) out[a * first + b * second] += by[4 * a + b];
    });
    for (int k = 0; k < 2; ++k) gradients[ints[7] + k] += by_angle[k];
    if (!has_legs()) return;
    for (int k = 0; k < 9; ++k) gradients[ints[5] + k] += by_first[k], gradients[ints[6] + k] += by_second[k];
  }
};

// One or two tracks, and the place of the numbers of their letters.
struct Part {
  int32_t first, second, place;

  int64_t size() const { return second < 0 ? 4 : 16; }
  // The place in a state of the letters `k` of the part.
  int64_t inside(int32_t tracks, int64_t k) const {
    const auto at = [tracks](int32_t track, int64_t letter) { return letter << (2 * (tracks - 1 - track)); };
    return second < 0 ? at(first, k) : at(first, k / 4) + at(second, k % 4);
  }
};

struct Parts {
  const int32_t* ints;
  int32_t count, tracks;

  Part operator[](int32_t k) const { return {ints[3 * k], ints[3 * k + 1], ints[3 * k + 2]}; }
  int64_t size() const {
    int64_t all = 1;
    for (int32_t k = 0; k < count; ++k) all *= (*this)[k].size();
    return all;
  }
  // Calls visit(place in a table, place in the state) for all letters of the parts, those of the first slowest.
  template <class Visit>
  void each(Visit visit, int32_t k = 0, int64_t in_table = 0, int64_t in_state = 0) const {
    if (k == count) return visit(in_table, in_state);
    const Part part = (*this)[k];
    for (int64_t j = 0; j < part.size(); ++j)
      each(visit, k + 1, in_table * part.size() + j, in_state + part.inside(tracks, j));
  }
};

// Numbers for tables behind one another, of states and what is made of them part by part; on the way back, as many again.
inline int64_t memory_for_tables(int32_t tracks) { return int64_t{4} << (2 * tracks); }

// A state that is a product of parts.
template <class R>
struct ProductState {
  const int32_t* ints;
  Parts parts;
  R* values;
  R* gradients;
  R* memory;

  // Products of the first parts, one table behind the other; returns the last one.
  R* tables() const {
    R* table = memory;
    int64_t size = 1;
    table[0] = number<R>(1.0);
    for (int32_t k = 0; k < parts.count; ++k) {
      const Part part = parts[k];
      R* next = table + size;
      for (int64_t i = 0; i < size; ++i)
        for (int64_t j = 0; j < part.size(); ++j) next[i * part.size() + j] = table[i] * values[part.place + j];
      table = next, size *= part.size();
    }
    return table;
  }

  void forward() const {
    const R* last = tables();
    parts.each([&](int64_t in_table, int64_t in_state) { values[ints[0] + in_state] = last[in_table]; });
  }
  void back() const {
    const R* table = tables();
    R* by = memory + memory_for_tables(parts.tracks) / 2;
    parts.each([&](int64_t in_table, int64_t in_state) { by[in_table] = gradients[ints[0] + in_state]; });
    int64_t size = parts.size();
    for (int32_t k = parts.count; k-- > 0;) {
      const Part part = parts[k];
      size /= part.size(), table -= size;
      for (int64_t i = 0; i < size; ++i) {
        R sum = number<R>(0);
        for (int64_t j = 0; j < part.size(); ++j) {
          const R own = by[i * part.size() + j];
          sum += own * values[part.place + j];
          gradients[part.place + j] += own * table[i];
        }
        by[i] = sum;
      }
    }
  }
};

// The sum over the letters of a part, with weights: what is left is a state of other tracks, all further ones at I.
template <class R>
struct Contraction {
  const int32_t* ints;
  R* values;
  R* gradients;

  // Calls visit(place in the sum, place in the state, places of the part's letters from there, their count).
  template <class Visit>
  QFFC_INLINE void each(Visit visit) const {
    const int32_t tracks = ints[2], kept = ints[6];
    const Part part{ints[3], ints[4], ints[5]};
    int64_t letters[16];
    for (int64_t k = 0; k < part.size(); ++k) letters[k] = part.inside(tracks, k);
    for (int64_t rest = 0; rest < int64_t{1} << (2 * kept); ++rest) {
      int64_t place = 0;
      for (int32_t k = 0; k < kept; ++k)
        place += (rest >> (2 * (kept - 1 - k)) & 3) << (2 * (tracks - 1 - ints[7 + k]));
      visit(ints[0] + rest, ints[1] + place, letters, part.size());
    }
  }
  void forward() const {
    const R* weights = values + ints[5];
    each([&](int64_t to, int64_t from, const int64_t* letters, int64_t count) {
      R sum = number<R>(0);
      for (int64_t k = 0; k < count; ++k) sum += values[from + letters[k]] * weights[k];
      values[to] = sum;
    });
  }
  void back() const {
    const R* weights = values + ints[5];
    R* by_weights = gradients + ints[5];
    each([&](int64_t to, int64_t from, const int64_t* letters, int64_t count) {
      const R by = gradients[to];
      for (int64_t k = 0; k < count; ++k) {
        by_weights[k] += by * values[from + letters[k]];
        gradients[from + letters[k]] += by * weights[k];
      }
    });
  }
};

}  // namespace QFFC_ISA
}  // namespace qffc
