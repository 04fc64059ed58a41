// Rows of tables to lanes and back: lane k of a register holds the numbers of circuit k, a row those of one circuit.
//
// A few numbers of each row are taken at a time. The register j of a square then holds those of the rows j, j + Width,
// j + 2 Width and so on, one after another, and after the transposition the column j of all rows.

namespace qffc {
namespace QFFC_ISA {

template <class T, int Count>
struct Few {
  typedef T V __attribute__((vector_size(Count * sizeof(T))));
};

template <class To, class From, int... Lane>
QFFC_INLINE To joined(From a, From b, std::integer_sequence<int, Lane...>) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, Lane...);
#else
  To both;
  std::memcpy(&both, &a, sizeof(From));
  std::memcpy(reinterpret_cast<char*>(&both) + sizeof(From), &b, sizeof(From));
  return both;
#endif
}

template <class Half, class Whole, int... Lane>
QFFC_INLINE Half half_of(Whole whole, int start, std::integer_sequence<int, Lane...>) {
#if defined(__clang__) || __GNUC__ >= 12
  return start == 0 ? __builtin_shufflevector(whole, whole, Lane...)
                    : __builtin_shufflevector(whole, whole, (Lane + static_cast<int>(sizeof...(Lane)))...);
#else
  Half half;
  std::memcpy(&half, reinterpret_cast<const char*>(&whole) + start * sizeof(Half), sizeof(Half));
  return half;
#endif
}

// Width numbers of each of Count / Width rows, `gap` rows apart, in one register.
template <class T, int Width, int Count>
QFFC_INLINE typename Few<T, Count>::V load(const T* const* rows, int gap, int64_t column) {
  if constexpr (Count == Width) {
    typename Few<T, Count>::V numbers;
    std::memcpy(&numbers, rows[0] + column, sizeof(numbers));
    return numbers;
  } else {
    const auto first = load<T, Width, Count / 2>(rows, gap, column);
    const auto second = load<T, Width, Count / 2>(rows + gap * (Count / Width / 2), gap, column);
    return joined<typename Few<T, Count>::V>(first, second, std::make_integer_sequence<int, Count>());
  }
}

// Adds what `load` would read; rows past `used` are left out.
template <class T, int Width, int Count>
QFFC_INLINE void add(T* const* rows, int gap, int first, int used, int64_t column, typename Few<T, Count>::V numbers) {
  if constexpr (Count == Width) {
    if (first >= used) return;
    typename Few<T, Count>::V sum;
    std::memcpy(&sum, rows[first] + column, sizeof(sum));
    sum += numbers;
    std::memcpy(rows[first] + column, &sum, sizeof(sum));
  } else {
    using Half = typename Few<T, Count / 2>::V;
    constexpr auto half = std::make_integer_sequence<int, Count / 2>();
    add<T, Width, Count / 2>(rows, gap, first, used, column, half_of<Half>(numbers, 0, half));
    add<T, Width, Count / 2>(
        rows, gap, first + gap * (Count / Width / 2), used, column, half_of<Half>(numbers, 1, half));
  }
}

// Lane `lane` of two registers after one step of a transposition: they exchange halves of blocks of 2 * Step.
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

// Squares of Width x Width numbers side by side, rows to columns, in registers.
template <class T, int Width, int Step = 1>
QFFC_INLINE void transpose(typename LanesOf<T>::V* square) {
  if constexpr (Step < Width) {
    constexpr auto sequence = std::make_integer_sequence<int, Real<T>::lanes>();
    for (int k = 0; k < Width; ++k) {
      if (k & Step) continue;
      const auto a = square[k], b = square[k + Step];
      square[k] = crossed<T, Step, false>(a, b, sequence);
      square[k + Step] = crossed<T, Step, true>(a, b, sequence);
    }
    transpose<T, Width, 2 * Step>(square);
  }
}

// Columns [column, column + count) of each row, count <= Width; Width numbers of each row must be there to be read.
template <class T, int Width>
QFFC_INLINE void read_columns(
    const T* const* rows, int64_t column, int64_t count, typename LanesOf<T>::V* out, int64_t stride) {
  typename LanesOf<T>::V square[Width];
  for (int k = 0; k < Width; ++k) square[k] = load<T, Width, Real<T>::lanes>(rows + k, Width, column);
  transpose<T, Width>(square);
  for (int64_t c = 0; c < count; ++c) out[(column + c) * stride] = square[c];
}

template <class T, int Width>
QFFC_INLINE void add_columns(T* const* rows, int used, int64_t column, int64_t count,
                             const typename LanesOf<T>::V* in, int64_t stride) {
  using V = typename LanesOf<T>::V;
  V square[Width];
  for (int c = 0; c < Width; ++c) square[c] = c < count ? in[(column + c) * stride] : V{};
  transpose<T, Width>(square);
  for (int k = 0; k < Width; ++k) add<T, Width, Real<T>::lanes>(rows, Width, k, used, column, square[k]);
}

// Calls visit(width, column, count) for pieces of `width` columns; the width is a constant, at least that of the piece.
template <class T, class Visit>
QFFC_INLINE void for_each_piece(int64_t width, Visit visit) {
  constexpr int lanes = Real<T>::lanes;
  for (int64_t column = 0; column < width; column += lanes) {
    const int64_t count = std::min<int64_t>(lanes, width - column);
    if (lanes > 4 && count <= 4) visit(std::integral_constant<int, std::min(4, lanes)>(), column, count);
    else if (lanes > 8 && count <= 8) visit(std::integral_constant<int, std::min(8, lanes)>(), column, count);
    else visit(std::integral_constant<int, lanes>(), column, count);
  }
}

// Reads `width` numbers of each row, in steps of `stride` registers; `end` is that of the table.
template <class T>
QFFC_INLINE void read_rows(
    const T* const* rows, int64_t width, const T* end, typename LanesOf<T>::V* out, int64_t stride) {
  constexpr int lanes = Real<T>::lanes;
  bool inside = true;  // whether registers that go past the end of a row stay in the table
  for (int lane = 0; lane < lanes; ++lane) inside &= end - rows[lane] >= (width + lanes - 1) / lanes * lanes;
  if (inside) {
    for_each_piece<T>(width, [&](auto piece, int64_t column, int64_t count) {
      read_columns<T, decltype(piece)::value>(rows, column, count, out, stride);
    });
    return;
  }
  for (int lane = 0; lane < lanes; ++lane)
    for (int64_t k = 0; k < width; ++k) out[k * stride][lane] = rows[lane][k];
}

// Puts `width` numbers into each of the first `used` rows.
template <class T>
QFFC_INLINE void write_rows(
    T* const* rows, int used, int64_t width, const typename LanesOf<T>::V* in, int64_t stride) {
  using V = typename LanesOf<T>::V;
  constexpr int lanes = Real<T>::lanes;
  const int64_t whole = width / lanes * lanes;
  for (int64_t k = 0; k < whole; k += lanes) {
    V square[lanes];
    for (int c = 0; c < lanes; ++c) square[c] = in[(k + c) * stride];
    transpose<T, lanes>(square);
    for (int lane = 0; lane < used; ++lane) std::memcpy(rows[lane] + k, &square[lane], sizeof(V));
  }
  for (int lane = 0; lane < used; ++lane)
    for (int64_t k = whole; k < width; ++k) rows[lane][k] = in[k * stride][lane];
}

// Adds `width` numbers to each of the first `used` rows, which may be the same, and zeros to what follows a row.
template <class T>
QFFC_INLINE void add_rows(
    T* const* rows, int used, int64_t width, const typename LanesOf<T>::V* in, int64_t stride) {
  for_each_piece<T>(width, [&](auto piece, int64_t column, int64_t count) {
    add_columns<T, decltype(piece)::value>(rows, used, column, count, in, stride);
  });
}

}  // namespace QFFC_ISA
}  // namespace qffc
