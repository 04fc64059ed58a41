// Rows of tables to lanes and back: lane k of a register holds the numbers of circuit k, a row those of one circuit.

namespace qffc {
namespace QFFC_ISA {

// Lane `lane` of two registers after one step of a transposition: where they exchange halves of blocks of 2 * Step.
template <int Lanes, int Step, bool Second>
constexpr int source(int lane) {
  const bool high = (lane & Step) != 0;
  if (Second) return high ? Lanes + lane : lane + Step;
  return high ? Lanes + lane - Step : lane;
}

template <class T, int Step, bool Second, class V, int... Lane>
QFFC_INLINE V crossed(V a, V b, std::integer_sequence<int, Lane...>) {
  constexpr int lanes = sizeof...(Lane);
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, source<lanes, Step, Second>(Lane)...);
#else
  const typename LanesOf<T>::I places = {source<lanes, Step, Second>(Lane)...};
  return __builtin_shuffle(a, b, places);
#endif
}

// A square of numbers, rows to columns, in registers.
template <class T, int Step = 1>
QFFC_INLINE void transpose(typename LanesOf<T>::V* square) {
  constexpr int lanes = Real<T>::lanes;
  if constexpr (Step < lanes) {
    constexpr auto sequence = std::make_integer_sequence<int, lanes>();
    for (int k = 0; k < lanes; ++k) {
      if (k & Step) continue;
      const auto a = square[k], b = square[k + Step];
      square[k] = crossed<T, Step, false>(a, b, sequence);
      square[k + Step] = crossed<T, Step, true>(a, b, sequence);
    }
    transpose<T, 2 * Step>(square);
  }
}

// Below this many numbers a row is read one by one.
constexpr int64_t narrow = 3;

// Reads `width` numbers of each row, in steps of `stride` registers; `end` is that of the table.
template <class T>
QFFC_INLINE void read_rows(
    const T* const* rows, int64_t width, const T* end, typename LanesOf<T>::V* out, int64_t stride) {
  using V = typename LanesOf<T>::V;
  constexpr int lanes = Real<T>::lanes;
  if (width < narrow) {
    for (int lane = 0; lane < lanes; ++lane)
      for (int64_t k = 0; k < width; ++k) out[k * stride][lane] = rows[lane][k];
    return;
  }
  for (int64_t k = 0; k < width; k += lanes) {
    const int64_t count = std::min<int64_t>(lanes, width - k);
    V square[lanes];
    for (int lane = 0; lane < lanes; ++lane) {
      const T* from = rows[lane] + k;
      // A register may read past the end of a row, but not past that of the table.
      if (end - from >= lanes)
        std::memcpy(&square[lane], from, sizeof(V));
      else
        for (int64_t c = 0; c < count; ++c) square[lane][c] = from[c];
    }
    transpose<T>(square);
    for (int64_t c = 0; c < count; ++c) out[(k + c) * stride] = square[c];
  }
}

// Puts `width` numbers into each of the first `count` rows.
template <class T>
QFFC_INLINE void write_rows(
    T* const* rows, int count, int64_t width, const typename LanesOf<T>::V* in, int64_t stride) {
  using V = typename LanesOf<T>::V;
  constexpr int lanes = Real<T>::lanes;
  const int64_t whole = width / lanes * lanes;
  for (int64_t k = 0; k < whole; k += lanes) {
    V square[lanes];
    for (int c = 0; c < lanes; ++c) square[c] = in[(k + c) * stride];
    transpose<T>(square);
    for (int lane = 0; lane < count; ++lane) std::memcpy(rows[lane] + k, &square[lane], sizeof(V));
  }
  for (int lane = 0; lane < count; ++lane)
    for (int64_t k = whole; k < width; ++k) rows[lane][k] = in[k * stride][lane];
}

// Adds `width` numbers to each of the first `count` rows, which may be the same, and zeros to what follows a row.
template <class T>
QFFC_INLINE void add_rows(
    T* const* rows, int count, int64_t width, const typename LanesOf<T>::V* in, int64_t stride) {
  using V = typename LanesOf<T>::V;
  constexpr int lanes = Real<T>::lanes;
  if (width < narrow) {
    for (int lane = 0; lane < count; ++lane)
      for (int64_t k = 0; k < width; ++k) rows[lane][k] += in[k * stride][lane];
    return;
  }
  for (int64_t k = 0; k < width; k += lanes) {
    V square[lanes];
    for (int c = 0; c < lanes; ++c) square[c] = k + c < width ? in[(k + c) * stride] : V{};
    transpose<T>(square);
    for (int lane = 0; lane < count; ++lane) {
      V sum;
      std::memcpy(&sum, rows[lane] + k, sizeof(V));
      sum += square[lane];
      std::memcpy(rows[lane] + k, &sum, sizeof(V));
    }
  }
}

}  // namespace QFFC_ISA
}  // namespace qffc
