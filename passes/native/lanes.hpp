// Numbers of many circuits side by side, and dual numbers of them. Included once for each instruction set:
// QFFC_ISA is its namespace, QFFC_BYTES the width of its registers.

#include <cmath>
#include <cstdint>
#include <cstring>

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
template <class T> QFFC_INLINE Real<T> operator/(const Real<T>& a, const Real<T>& b) { return a.v / b.v; }
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
template <class T> QFFC_INLINE Dual<T> operator/(const Dual<T>& a, const Dual<T>& b) {
  const typename Dual<T>::V q = a.v / b.v;
  return {q, (a.d - q * b.d) / b.v};
}
template <class T> QFFC_INLINE Dual<T> operator-(const Dual<T>& a) { return {-a.v, -a.d}; }

template <class R>
QFFC_INLINE R number(double value) {
  return R(static_cast<typename R::Scalar>(value));
}

// Plain numbers times what may be dual: fewer products than with a derivative of zero.
template <class T> QFFC_INLINE Real<T> scaled(const Real<T>& a, T s) { return a.v * s; }
template <class T> QFFC_INLINE Dual<T> scaled(const Dual<T>& a, T s) { return {a.v * s, a.d * s}; }

template <class T, class I> QFFC_INLINE Real<T> choose(I where, const Real<T>& a, const Real<T>& b) {
  return where ? a.v : b.v;
}
template <class T, class I> QFFC_INLINE Dual<T> choose(I where, const Dual<T>& a, const Dual<T>& b) {
  return {where ? a.v : b.v, where ? a.d : b.d};
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

// sin and cos to about one unit in the last place: reduction to [-pi/4, pi/4] (Cody and Waite), then Taylor series.
template <class T>
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
  constexpr int terms = sizeof(T) == 8 ? 9 : 6;
  V s = V{} + T(1), c = V{} + T(1);
  for (int k = terms; k > 0; --k) {
    s = T(1) - z * (T(1) / T(2 * k * (2 * k + 1))) * s;
    c = T(1) - z * (T(1) / T((2 * k - 1) * 2 * k)) * c;
  }
  s *= y;
  const I odd = (quadrant & 1) != 0;
  const V first = odd ? c : s, second = odd ? s : c;
  sine = (quadrant & 2) != 0 ? -first : first;
  cosine = ((quadrant + 1) & 2) != 0 ? -second : second;
  for (int k = 0; k < Real<T>::lanes; ++k) {
    if (std::abs(x[k]) <= K::largest) continue;  // NaN goes the long way
    sine[k] = std::sin(x[k]);
    cosine[k] = std::cos(x[k]);
  }
}

template <class T>
QFFC_INLINE void sine_cosine(const Real<T>& x, Real<T>& sine, Real<T>& cosine) {
  sine_cosine<T>(x.v, sine.v, cosine.v);
}
template <class T>
QFFC_INLINE void sine_cosine(const Dual<T>& x, Dual<T>& sine, Dual<T>& cosine) {
  sine_cosine<T>(x.v, sine.v, cosine.v);
  sine.d = cosine.v * x.d;
  cosine.d = -sine.v * x.d;
}

template <class T>
QFFC_INLINE Real<T> square_root(const Real<T>& x) {
  return root<T>(x.v);
}
template <class T>
QFFC_INLINE Dual<T> square_root(const Dual<T>& x) {
  const typename Dual<T>::V r = root<T>(x.v);
  return {r, x.d / (r + r)};
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
