// Numbers of many circuits side by side, and dual numbers of them. Included once for each instruction set:
// QFFC_ISA is its namespace, QFFC_BYTES the width of its registers.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace qffc {
namespace QFFC_ISA {

#define QFFC_INLINE inline __attribute__((always_inline))

template <class T>
struct LanesOf;
template <>
struct LanesOf<double> {
  typedef double V __attribute__((vector_size(QFFC_BYTES)));
  typedef int64_t I __attribute__((vector_size(QFFC_BYTES)));
};
template <>
struct LanesOf<float> {
  typedef float V __attribute__((vector_size(QFFC_BYTES)));
  typedef int32_t I __attribute__((vector_size(QFFC_BYTES)));
};

// A real number of each circuit. A wrapper, so that plain and dual numbers share one spelling.
template <class T>
struct Real {
  using Scalar = T;
  using V = typename LanesOf<T>::V;
  using I = typename LanesOf<T>::I;
  static constexpr int lanes = QFFC_BYTES / sizeof(T);
  static constexpr bool dual = false;
  V v;

  QFFC_INLINE Real() = default;
  QFFC_INLINE Real(V value) : v(value) {}
  QFFC_INLINE Real(T value) : v(V{} + value) {}
  QFFC_INLINE Real& operator+=(const Real& o) { v += o.v; return *this; }
  QFFC_INLINE Real& operator-=(const Real& o) { v -= o.v; return *this; }
};

template <class T> QFFC_INLINE Real<T> operator+(const Real<T>& a, const Real<T>& b) { return a.v + b.v; }
template <class T> QFFC_INLINE Real<T> operator-(const Real<T>& a, const Real<T>& b) { return a.v - b.v; }
template <class T> QFFC_INLINE Real<T> operator*(const Real<T>& a, const Real<T>& b) { return a.v * b.v; }
template <class T> QFFC_INLINE Real<T> operator-(const Real<T>& a) { return -a.v; }

// A number with its derivative along one direction. Running a sweep on these differentiates it.
template <class T>
struct Dual {
  using Scalar = T;
  using V = typename LanesOf<T>::V;
  using I = typename LanesOf<T>::I;
  static constexpr int lanes = QFFC_BYTES / sizeof(T);
  static constexpr bool dual = true;
  V v, d;

  QFFC_INLINE Dual() = default;
  QFFC_INLINE Dual(V value, V along) : v(value), d(along) {}
  QFFC_INLINE Dual(T value) : v(V{} + value), d(V{}) {}
  QFFC_INLINE Dual& operator+=(const Dual& o) { v += o.v; d += o.d; return *this; }
  QFFC_INLINE Dual& operator-=(const Dual& o) { v -= o.v; d -= o.d; return *this; }
};

template <class T> QFFC_INLINE Dual<T> operator+(const Dual<T>& a, const Dual<T>& b) { return {a.v + b.v, a.d + b.d}; }
template <class T> QFFC_INLINE Dual<T> operator-(const Dual<T>& a, const Dual<T>& b) { return {a.v - b.v, a.d - b.d}; }
template <class T> QFFC_INLINE Dual<T> operator*(const Dual<T>& a, const Dual<T>& b) {
  return {a.v * b.v, a.v * b.d + a.d * b.v};
}
template <class T> QFFC_INLINE Dual<T> operator-(const Dual<T>& a) { return {-a.v, -a.d}; }

template <class R>
QFFC_INLINE R number(double value) {
  return R(static_cast<typename R::Scalar>(value));
}

// Plain numbers times what may be dual: fewer products than with a derivative of zero.
template <class T> QFFC_INLINE Real<T> scaled(const Real<T>& a, T s) { return a.v * s; }
template <class T> QFFC_INLINE Dual<T> scaled(const Dual<T>& a, T s) { return {a.v * s, a.d * s}; }

// A function of x from its value and slope there.
template <class T> QFFC_INLINE Real<T> function_of(const Real<T>&, typename LanesOf<T>::V value, typename LanesOf<T>::V) {
  return value;
}
template <class T>
QFFC_INLINE Dual<T> function_of(const Dual<T>& x, typename LanesOf<T>::V value, typename LanesOf<T>::V slope) {
  return {value, slope * x.d};
}

template <class I>
QFFC_INLINE bool any(I where) {
  using Lane = std::remove_reference_t<decltype(where[0])>;
  std::remove_const_t<Lane> found = 0;
  for (size_t k = 0; k < sizeof(I) / sizeof(Lane); ++k) found |= where[k];
  return found != 0;
}

template <class T>
QFFC_INLINE typename LanesOf<T>::V root(typename LanesOf<T>::V x) {
  for (int k = 0; k < Real<T>::lanes; ++k) x[k] = std::sqrt(x[k]);
  return x;
}

// What the series of sin and cos need: pi/2 in parts, each with zeros at its end, and the constant that rounds.
template <class T>
struct Trigonometry;
template <>
struct Trigonometry<double> {
  static constexpr double pi2[3] = {1.57079632673412561417e+00, 6.07710050630396597660e-11, 2.02226624879595063154e-21};
  static constexpr double rounder = 6755399441055744.0, largest = 1e5;
};
template <>
struct Trigonometry<float> {
  static constexpr float pi2[3] = {1.5703125f, 4.8351287841796875e-04f, 3.1386476e-07f};
  static constexpr float rounder = 12582912.0f, largest = 2e3f;
};

// 1/Order! - x/(Order+2)! + x^2/(Order+4)! - ..., or minus its slope. Exact to rounding up to x = pi^2, and smooth at 0: with
// Order 0 and 1 it is cos and sin(t)/t of the square of an angle.
template <class T, int Order, bool Slope>
constexpr T series_coefficient(int k) {
  double value = Slope ? k + 1.0 : 1.0;
  for (int n = 2; n <= 2 * k + Order + (Slope ? 2 : 0); ++n) value /= n;
  return static_cast<T>(value);
}

template <class T, int Order, bool Slope, int K>
QFFC_INLINE typename LanesOf<T>::V series_from(typename LanesOf<T>::V x) {
  constexpr int last = sizeof(T) == 8 ? 13 : 8;
  constexpr T coefficient = series_coefficient<T, Order, Slope>(K);
  if constexpr (K == last) return x * T(0) + coefficient;
  else return coefficient - x * series_from<T, Order, Slope, K + 1>(x);
}

template <class T, int Order, bool Slope>
QFFC_INLINE typename LanesOf<T>::V series(typename LanesOf<T>::V x) {
  return series_from<T, Order, Slope, 0>(x);
}

// sin and cos to about one unit in the last place: reduction to [-pi/4, pi/4] (Cody and Waite), then Taylor series. Near:
// no lane is beyond the largest argument of the reduction, and none is looked at.
template <bool Near, class T>
QFFC_INLINE void sine_cosine(typename LanesOf<T>::V x, typename LanesOf<T>::V& sine, typename LanesOf<T>::V& cosine) {
  using V = typename LanesOf<T>::V;
  using I = typename LanesOf<T>::I;
  using K = Trigonometry<T>;
  constexpr T two_over_pi = static_cast<T>(0.63661977236758134308);
  const V shifted = x * two_over_pi + K::rounder;
  I quadrant;
  std::memcpy(&quadrant, &shifted, sizeof(V));
  const V turns = shifted - K::rounder;
  const V y = ((x - turns * K::pi2[0]) - turns * K::pi2[1]) - turns * K::pi2[2];
  const V z = y * y;
  const V s = y * series<T, 1, false>(z), c = series<T, 0, false>(z);
  const I odd = (quadrant & 1) != 0;
  const V first = odd ? c : s, second = odd ? s : c;
  sine = (quadrant & 2) != 0 ? -first : first;
  cosine = ((quadrant + 1) & 2) != 0 ? -second : second;
  if constexpr (Near) return;
  const V size = x < T(0) ? -x : x;
  if (!any(size > K::largest)) return;
  for (int k = 0; k < Real<T>::lanes; ++k) {
    sine[k] = std::sin(x[k]);
    cosine[k] = std::cos(x[k]);
  }
}

template <bool Near, class T>
QFFC_INLINE void sine_cosine(const Real<T>& x, Real<T>& sine, Real<T>& cosine) {
  sine_cosine<Near, T>(x.v, sine.v, cosine.v);
}
template <bool Near, class T>
QFFC_INLINE void sine_cosine(const Dual<T>& x, Dual<T>& sine, Dual<T>& cosine) {
  sine_cosine<Near, T>(x.v, sine.v, cosine.v);
  sine.d = cosine.v * x.d;
  cosine.d = -sine.v * x.d;
}

// A complex number of each circuit.
template <class R>
struct Complex {
  R re, im;
};

template <class R> QFFC_INLINE Complex<R> operator+(const Complex<R>& a, const Complex<R>& b) {
  return {a.re + b.re, a.im + b.im};
}
template <class R> QFFC_INLINE Complex<R> operator-(const Complex<R>& a, const Complex<R>& b) {
  return {a.re - b.re, a.im - b.im};
}
template <class R> QFFC_INLINE Complex<R> operator*(const Complex<R>& a, const Complex<R>& b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <class R> QFFC_INLINE Complex<R> conjugate(const Complex<R>& a) { return {a.re, -a.im}; }
// Real and imaginary part of conj(a) b.
template <class R> QFFC_INLINE R inner_re(const Complex<R>& a, const Complex<R>& b) {
  return a.re * b.re + a.im * b.im;
}
template <class R> QFFC_INLINE R inner_im(const Complex<R>& a, const Complex<R>& b) {
  return a.re * b.im - a.im * b.re;
}

}  // namespace QFFC_ISA
}  // namespace qffc
