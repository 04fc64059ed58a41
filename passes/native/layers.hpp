// Products of rows with the matrix of their kind. Included once for each instruction set, after lanes.hpp.

namespace qffc {
namespace QFFC_ISA {

template <class T>
using Vector = typename LanesOf<T>::V;

template <class T>
QFFC_INLINE Vector<T> load(const T* from) {
  Vector<T> value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

template <class T>
QFFC_INLINE void store(T* to, Vector<T> value) {
  std::memcpy(to, &value, sizeof(value));
}

template <class T>
QFFC_INLINE T sum_of(Vector<T> value) {
  T parts[Real<T>::lanes];
  std::memcpy(parts, &value, sizeof(value));
  for (int half = Real<T>::lanes / 2; half > 0; half /= 2)
    for (int k = 0; k < half; ++k) parts[k] += parts[k + half];
  return parts[0];
}

constexpr int64_t rows_ahead = 12;

// out(m, n) = sum over k of left(m, k) right(k, n): left(m, k) is a number, right(k) and out(m) point to rows.
// Columns [first, first + Wide registers) of Tall rows.
template <class T, int Tall, int Wide, class Left, class Right, class Out>
QFFC_INLINE void tile(int64_t depth, int64_t first, const Left& left, const Right& right, const Out& out) {
  constexpr int lanes = Real<T>::lanes;
  Vector<T> sums[Tall][Wide] = {};
  for (int64_t k = 0; k < depth; ++k) {
    const T* row = right(k) + first;
    // Rows lie apart, and no processor looks so far ahead by itself; matrices come from a distant cache.
    if (k + rows_ahead < depth) __builtin_prefetch(right(k + rows_ahead) + first);
    Vector<T> numbers[Wide];
    for (int n = 0; n < Wide; ++n) numbers[n] = load<T>(row + n * lanes);
    for (int m = 0; m < Tall; ++m) {
      const T factor = left(m, k);
      for (int n = 0; n < Wide; ++n) sums[m][n] += numbers[n] * factor;
    }
  }
  for (int m = 0; m < Tall; ++m)
    for (int n = 0; n < Wide; ++n) store<T>(out(m) + first + n * lanes, sums[m][n]);
}

// Registers side by side in a tile of so many rows: sums must fit into those that the machine has, and be enough of them
// for the next addition not to wait for the last one.
template <int Tall>
constexpr int wide_of() {
  constexpr int sums = QFFC_BYTES == 64 ? 24 : 12;
  return Tall == 1 ? 8 : std::max(1, sums / Tall > 8 ? 8 : sums / Tall);
}

template <class T, int Tall, class Left, class Right, class Out>
QFFC_INLINE void strip(int64_t depth, int64_t width, const Left& left, const Right& right, const Out& out) {
  constexpr int64_t lanes = Real<T>::lanes;
  constexpr int wide = wide_of<Tall>();
  int64_t n = 0;
  for (; n + wide * lanes <= width; n += wide * lanes) tile<T, Tall, wide>(depth, n, left, right, out);
  if constexpr (wide > 2)
    for (; n + 2 * lanes <= width; n += 2 * lanes) tile<T, Tall, 2>(depth, n, left, right, out);
  for (; n + lanes <= width; n += lanes) tile<T, Tall, 1>(depth, n, left, right, out);
  // The last columns once more, for a whole register: the same sums, and no loop over single numbers.
  if (n < width && width >= lanes) tile<T, Tall, 1>(depth, width - lanes, left, right, out), n = width;
  for (; n < width; ++n)
    for (int m = 0; m < Tall; ++m) {
      T sum = 0;
      for (int64_t k = 0; k < depth; ++k) sum += left(m, k) * right(k)[n];
      out(m)[n] = sum;
    }
}

// Up to `tall` rows of a product.
template <class T, class Left, class Right, class Out>
QFFC_INLINE void strips(int64_t tall, int64_t depth, int64_t width, const Left& left, const Right& right,
                        const Out& out) {
  switch (tall) {
    case 6: return strip<T, 6>(depth, width, left, right, out);
    case 5: return strip<T, 5>(depth, width, left, right, out);
    case 4: return strip<T, 4>(depth, width, left, right, out);
    case 3: return strip<T, 3>(depth, width, left, right, out);
    case 2: return strip<T, 2>(depth, width, left, right, out);
    case 1: return strip<T, 1>(depth, width, left, right, out);
  }
}

// Neighbouring pairs of lanes added up, those of a in the lower half.
template <class T, int... K>
QFFC_INLINE Vector<T> pairs_added(Vector<T> a, Vector<T> b, std::integer_sequence<int, K...>) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, (2 * K)...) + __builtin_shufflevector(a, b, (2 * K + 1)...);
#else
  using I = typename LanesOf<T>::I;
  return __builtin_shuffle(a, b, I{(2 * K)...}) + __builtin_shuffle(a, b, I{(2 * K + 1)...});
#endif
}

// The sums over the lanes of Count registers, Count a power of two up to the number of lanes; Count of them in order, again
// and again.
template <class T, int Count>
QFFC_INLINE Vector<T> sums_of(Vector<T>* values) {
  constexpr auto all = std::make_integer_sequence<int, Real<T>::lanes>{};
  if constexpr (Count == 1) {
    return values[0];
  } else {
    for (int k = 0; k < Count / 2; ++k) values[k] = pairs_added<T>(values[2 * k], values[2 * k + 1], all);
    return sums_of<T, Count / 2>(values);
  }
}

// back(i) = sum over o of row(o) matrix(i, o), for as many numbers i as a register has lanes.
template <class T>
QFFC_INLINE void back_tile(const T* row, const T* matrix, T* back, int64_t out) {
  constexpr int lanes = Real<T>::lanes;
  Vector<T> sums[lanes] = {};
  int64_t o = 0;
  for (; o + lanes <= out; o += lanes) {
    const Vector<T> own = load<T>(row + o);
    for (int n = 0; n < lanes; ++n) sums[n] += load<T>(matrix + n * out + o) * own;
  }
  Vector<T> all = sums_of<T, lanes>(sums);
  for (; o < out; ++o) {
    Vector<T> column;
    for (int n = 0; n < lanes; ++n) column[n] = matrix[n * out + o];
    all += column * row[o];
  }
  store<T>(back, all);
}

template <class T>
QFFC_INLINE T inner(const T* left, const T* right, int64_t count) {
  constexpr int64_t lanes = Real<T>::lanes;
  Vector<T> sums = {};
  int64_t k = 0;
  for (; k + lanes <= count; k += lanes) sums += load<T>(left + k) * load<T>(right + k);
  T sum = sum_of<T>(sums);
  for (; k < count; ++k) sum += left[k] * right[k];
  return sum;
}

template <class T>
QFFC_INLINE void back_rows(const Product<T>& job, const RowBlock& block) {
  constexpr int64_t lanes = Real<T>::lanes;
  const T* matrix = job.weights + block.kind * job.in * job.out;
  const int64_t end = block.first + block.count;
  const int32_t* own = job.rows.data();
  const int64_t start = job.starts[block.kind], stop = job.starts[block.kind + 1];
  const auto tiles = [&](int64_t i) {
    for (int64_t n = start; n < stop; ++n)
      back_tile<T>(job.right + own[n] * job.out, matrix + i * job.out, job.result + own[n] * job.in + i, job.out);
  };
  int64_t i = block.first;
  for (; i + lanes <= end; i += lanes) tiles(i);
  // As in strips: the last numbers of the block once more. A block never writes to those of another, since both may run.
  if (i < end && block.count >= lanes) tiles(end - lanes), i = end;
  for (; i < end; ++i)
    for (int64_t n = start; n < stop; ++n)
      job.result[own[n] * job.in + i] = inner(job.right + own[n] * job.out, matrix + i * job.out, job.out);
}

template <class T>
void product_task(const Product<T>& job, int64_t task) {
  const RowBlock block = job.blocks[task];
  if (job.mode == ProductMode::forward) {
    const T* matrix = job.weights + block.kind * job.in * job.out;
    const int32_t* own = job.rows.data() + block.first;
    strips<T>(
        block.count, job.in, job.out, [&](int m, int64_t k) { return job.left[own[m] * job.in + k]; },
        [&](int64_t k) { return matrix + k * job.out; }, [&](int m) { return job.result + own[m] * job.out; });
    return;
  }
  if (job.mode == ProductMode::backward) return back_rows<T>(job, block);
  // Outer products: here a block has rows of the matrix of one kind, and sums over all rows of that kind.
  const int64_t start = job.starts[block.kind], depth = job.starts[block.kind + 1] - start;
  const int32_t* all = job.rows.data() + start;
  T* matrix = job.result + block.kind * job.in * job.out;
  strips<T>(
      block.count, depth, job.out, [&](int m, int64_t k) { return job.left[all[k] * job.in + block.first + m]; },
      [&](int64_t k) { return job.right + all[k] * job.out; },
      [&](int m) { return matrix + (block.first + m) * job.out; });
}

}  // namespace QFFC_ISA
}  // namespace qffc
