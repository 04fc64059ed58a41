// The collective exchange of a set of n qubits: a phase for each total spin of them.
//
// It keeps how many of the qubits are 1. Between two words with the same number w of ones it depends on their distance
// alone: how many ones of the first are zeros of the second. So it is a sum over distances, with few numbers: an element
// of the Bose-Mesner algebra of the Johnson scheme. Words with n - w ones are those with w, zeros and ones traded.

namespace qffc {
namespace QFFC_ISA {

constexpr int64_t choose(int n, int k) {
  int64_t count = k < 0 || k > n ? 0 : 1;
  for (int i = 0; i < k && count; ++i) count = count * (n - i) / (i + 1);
  return count;
}

// The entry at a distance of the projector on total spin n/2 - k, on words with w <= n/2 ones (Delsarte, 1973).
constexpr double projector(int n, int w, int k, int distance) {
  int64_t sum = 0;
  for (int i = 0; i <= distance; ++i)
    sum += (i % 2 ? -1 : 1) * choose(k, i) * choose(w - k, distance - i) * choose(n - w - k, distance - i);
  const int64_t multiplicity = choose(n, k) - choose(n, k - 1), apart = choose(w, distance) * choose(n - w, distance);
  return static_cast<double>(multiplicity * sum) / static_cast<double>(choose(n, w) * apart);
}

// The words with w ones. Those at distance 1 are most of them, and are told by the sum of all.
template <int n, int w>
struct Sector {
  static constexpr int size = static_cast<int>(choose(n, w)), near = w * (n - w), far = size - 1 - near;
  int word[size] = {};
  int other[size][far ? far : 1] = {};  // of each word, those at distance 2, then 3, ...
  int end[w + 1] = {};                  // how many there are up to each distance

  constexpr Sector() {
    int count = 0;
    for (int bits = 0; bits < 1 << n; ++bits)
      if (__builtin_popcount(bits) == w) word[count++] = bits;
    for (int k = 0; k < size; ++k) {
      int found = 0;
      for (int distance = 2; distance <= w; ++distance) {
        for (int j = 0; j < size; ++j)
          if (__builtin_popcount(word[k] & ~word[j]) == distance) other[k][found++] = j;
        end[distance] = found;
      }
    }
  }
};

// The amplitudes of a sector at `place` of each word; `flip` trades zeros and ones.
template <int n, int w, class R>
void read_sector(const Complex<R>* psi, const int64_t* place, int flip, Complex<R>* found, Complex<R>& total) {
  static constexpr Sector<n, w> sector;
  total = {number<R>(0), number<R>(0)};
  for (int k = 0; k < sector.size; ++k) {
    found[k] = psi[place[sector.word[k] ^ flip]];
    total = total + found[k];
  }
}

template <int n, int w, class R>
QFFC_INLINE Complex<R> sum_at(const Complex<R>* psi, int k, int distance) {
  static constexpr Sector<n, w> sector;
  Complex<R> sum = psi[sector.other[k][sector.end[distance - 1]]];
  for (int m = sector.end[distance - 1] + 1; m < sector.end[distance]; ++m) sum = sum + psi[sector.other[k][m]];
  return sum;
}

// psi[x] += c_0 psi[x] + sum over distances d of c_d times the sum of what is d away.
template <int n, int w, class R>
void turn_sector(const Complex<R>* change, Complex<R>* psi, const int64_t* place, int flip) {
  static constexpr Sector<n, w> sector;
  Complex<R> old[sector.size], total;
  read_sector<n, w>(psi, place, flip, old, total);
  const Complex<R> all = change[1] * total, own = change[0] - change[1];
  for (int k = 0; k < sector.size; ++k) {
    Complex<R> next = old[k] + all + own * old[k];
    for (int distance = 2; distance <= w; ++distance)
      next = next + (change[distance] - change[1]) * sum_at<n, w>(old, k, distance);
    psi[place[sector.word[k] ^ flip]] = next;
  }
}

// The imaginary part of <lambda| sum of 1 - SWAP over all pairs |psi>.
template <int n, int w, class R>
R slope_of_sector(const Complex<R>* psi, const Complex<R>* lambda, const int64_t* place, int flip) {
  static constexpr Sector<n, w> sector;
  Complex<R> state[sector.size], costate[sector.size], total, cototal;
  read_sector<n, w>(psi, place, flip, state, total);
  read_sector<n, w>(lambda, place, flip, costate, cototal);
  R sum = -inner_im(cototal, total);
  for (int k = 0; k < sector.size; ++k) {
    const auto own = static_cast<typename R::Scalar>(sector.near + 1);
    Complex<R> image{scaled(state[k].re, own), scaled(state[k].im, own)};
    for (int distance = 2; distance <= w; ++distance) image = image + sum_at<n, w>(state, k, distance);
    sum += inner_im(costate[k], image);
  }
  return sum;
}

// Calls visit(place of each word of the set) for all that the other qubits may be.
template <int n, class Visit>
QFFC_INLINE void for_each_word(const Gate& gate, int64_t size, Visit visit) {
  int32_t sorted[n];
  std::copy(gate.bit, gate.bit + n, sorted);
  std::sort(sorted, sorted + n);
  int64_t place[1 << n];
  for (int64_t k = 0; k < size >> n; ++k) {
    place[0] = k;
    for (const int32_t bit : sorted) place[0] = spread(place[0], bit);
    for (int word = 1; word < 1 << n; ++word)
      place[word] = place[word & (word - 1)] | (int64_t{1} << sorted[__builtin_ctz(word)]);
    visit(place);
  }
}

// The numbers c_d of a sector from those of the gate; of the inverse for `sign` -1.
template <int n, int w, class R>
QFFC_INLINE void changes_of(const R* numbers, int sign, Complex<R>* change) {
  using T = typename R::Scalar;
  for (int distance = 0; distance <= w; ++distance) {
    change[distance] = {number<R>(0), number<R>(0)};
    for (int k = 1; k <= w; ++k) {
      const T entry = static_cast<T>(projector(n, w, k, distance));
      change[distance].re += scaled(numbers[2 * k - 2], entry);
      change[distance].im += scaled(numbers[2 * k - 1], static_cast<T>(sign * entry));
    }
  }
}

// Calls visit(its numbers, whether zeros and ones are traded) for all sectors with up to w ones or zeros.
template <int n, int w, class R, class Visit>
QFFC_INLINE void for_each_sector(const R* numbers, int sign, Visit visit) {
  if constexpr (w > 1) for_each_sector<n, w - 1>(numbers, sign, visit);
  Complex<R> change[w + 1];
  changes_of<n, w>(numbers, sign, change);
  visit(std::integral_constant<int, w>(), change, 0);
  if (2 * w < n) visit(std::integral_constant<int, w>(), change, (1 << n) - 1);
}

// Up to a phase total spin n/2 - k takes e^{i t 2 k (n + 1 - k)}: the real and imaginary part of this, less 1.
template <bool Near, class R>
QFFC_INLINE void collective_numbers(const Gate& gate, const R& angle, R* out) {
  using T = typename R::Scalar;
  R sine, cosine;
  for (int k = 1; k <= gate.count / 2; ++k) {
    sine_cosine<Near>(scaled(angle, static_cast<T>(k * (gate.count + 1 - k))), sine, cosine);
    out[2 * k - 2] = scaled(sine * sine, T(-2));
    out[2 * k - 1] = scaled(sine * cosine, T(2));
  }
}

template <int n, class R>
void collective_of(const Gate& gate, const R* numbers, int sign, Complex<R>* psi, int64_t size) {
  for_each_sector<n, n / 2>(numbers, sign, [&](auto ones, const Complex<R>* change, int flip) {
    for_each_word<n>(gate, size, [&](const int64_t* place) { turn_sector<n, ones()>(change, psi, place, flip); });
  });
}

template <int n, class R>
R collective_slope(const Gate& gate, const R* numbers, const Complex<R>* psi, const Complex<R>* lambda, int64_t size) {
  R sum = number<R>(0);
  for_each_sector<n, n / 2>(numbers, 1, [&](auto ones, const Complex<R>*, int flip) {
    for_each_word<n>(gate, size, [&](const int64_t* place) {
      sum += slope_of_sector<n, ones()>(psi, lambda, place, flip);
    });
  });
  return sum;
}

template <class R>
void collective(const Gate& gate, const R* numbers, int sign, Complex<R>* psi, int64_t size) {
  switch (gate.count) {
    case 3: return collective_of<3>(gate, numbers, sign, psi, size);
    case 4: return collective_of<4>(gate, numbers, sign, psi, size);
    case 5: return collective_of<5>(gate, numbers, sign, psi, size);
    default: return collective_of<6>(gate, numbers, sign, psi, size);
  }
}

template <class R>
void collective_back(
    const Gate& gate, const R* numbers, Complex<R>* psi, Complex<R>* lambda, int64_t size, R* sums) {
  R sum;
  switch (gate.count) {
    case 3: sum = collective_slope<3>(gate, numbers, psi, lambda, size); break;
    case 4: sum = collective_slope<4>(gate, numbers, psi, lambda, size); break;
    case 5: sum = collective_slope<5>(gate, numbers, psi, lambda, size); break;
    default: sum = collective_slope<6>(gate, numbers, psi, lambda, size);
  }
  // The generator is, up to a number, twice the sum of SWAPs: 2 Re <lambda| 2 i (1 - SWAP) |psi>.
  sums[0] -= scaled(sum, typename R::Scalar(4));
  if (!gate.undo) return;
  collective(gate, numbers, -1, psi, size);
  collective(gate, numbers, -1, lambda, size);
}

}  // namespace QFFC_ISA
}  // namespace qffc
