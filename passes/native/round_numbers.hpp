// Numbers of rounds in registers: read, written and made, plain or dual. Included once for each instruction set, after
// messages.hpp. Back means a gradient: on dual numbers it is one by derivatives with that by values beside it.

namespace qffc {
namespace QFFC_ISA {

template <class R>
QFFC_INLINE R inverse(const R& x) {
  using T = typename R::Scalar;
  if constexpr (R::dual) {
    const auto one = T(1) / x.v;
    return {one, -one * one * x.d};
  } else {
    return T(1) / x.v;
  }
}

template <class R>
QFFC_INLINE R square_root(const R& x) {
  using T = typename R::Scalar;
  const auto value = root<T>(x.v);
  if constexpr (R::dual) return {value, x.d / (value + value)};
  else return value;
}

// A number for each lane, from a function of the lane.
template <class T, class From>
QFFC_INLINE Vector<T> lanes_of(const From& from) {
  T numbers[Real<T>::lanes];
  for (int lane = 0; lane < Real<T>::lanes; ++lane) numbers[lane] = from(lane);
  return load<T>(numbers);
}

template <class R, class T, class Place>
QFFC_INLINE R gathered(const Planes<T>& from, const Place& place) {
  if constexpr (R::dual) {
    return {lanes_of<T>([&](int lane) { return from.values[place(lane)]; }),
            lanes_of<T>([&](int lane) { return from.values[from.size + place(lane)]; })};
  } else {
    return lanes_of<T>([&](int lane) { return from.values[place(lane)]; });
  }
}

// A gradient as a number: what is by derivatives first, and by values as its derivative.
template <class R, class T, class Place>
QFFC_INLINE R gathered_back(const Planes<T>& from, const Place& place) {
  const R found = gathered<R>(from, place);
  if constexpr (R::dual) return {found.d, found.v};
  else return found;
}

template <class R, bool Full, class T>
QFFC_INLINE R read(const Planes<T>& from, int64_t place, int64_t count) {
  if constexpr (R::dual) {
    return {load_some<T, Full>(from.values + place, count), load_some<T, Full>(from.values + from.size + place, count)};
  } else {
    return load_some<T, Full>(from.values + place, count);
  }
}

template <class R, bool Full, class T>
QFFC_INLINE R read_back(const Planes<T>& from, int64_t place, int64_t count) {
  const R found = read<R, Full>(from, place, count);
  if constexpr (R::dual) return {found.d, found.v};
  else return found;
}

template <bool Full, class T>
QFFC_INLINE void put_some(T* to, Vector<T> value, int64_t count) {
  if constexpr (Full) return store<T>(to, value);
  std::memcpy(to, &value, count * sizeof(T));
}

template <bool Full, class R, class T>
QFFC_INLINE void write(const Planes<T>& to, int64_t place, const R& value, int64_t count) {
  put_some<Full, T>(to.values + place, value.v, count);
  if constexpr (R::dual) put_some<Full, T>(to.values + to.size + place, value.d, count);
}

template <bool Full, class R, class T>
QFFC_INLINE void write_back(const Planes<T>& to, int64_t place, const R& value, int64_t count) {
  if constexpr (R::dual) write<Full>(to, place, R(value.d, value.v), count);
  else write<Full>(to, place, value, count);
}

template <bool Full, class R, class T>
QFFC_INLINE void add_to(const Planes<T>& to, int64_t place, const R& value, int64_t count) {
  add_some<T, Full>(to.values + place, value.v, count);
  if constexpr (R::dual) add_some<T, Full>(to.values + to.size + place, value.d, count);
}

template <class R, class T>
QFFC_INLINE R spread(const Planes<T>& from, int64_t place) {
  if constexpr (R::dual) return {Vector<T>{} + from.values[place], Vector<T>{} + from.values[from.size + place]};
  else return R(from.values[place]);
}

// e to the x, to about a unit in the last place: 2^n times the series of what is left; flat where numbers end.
template <class T>
QFFC_INLINE Vector<T> exponential(Vector<T> x) {
  using I = typename LanesOf<T>::I;
  constexpr bool wide = sizeof(T) == 8;
  constexpr T most = wide ? T(700) : T(87), rounder = wide ? T(6755399441055744.0) : T(12582912.0f);
  const Vector<T> low = Vector<T>{} - most, high = Vector<T>{} + most;
  x = x < low ? low : x;
  x = x > high ? high : x;
  const Vector<T> shifted = x * T(1.4426950408889634074) + rounder;
  I power;
  std::memcpy(&power, &shifted, sizeof(power));
  const Vector<T> turns = shifted - rounder;
  const Vector<T> left = (x - turns * (wide ? T(6.93147180369123816490e-01) : T(0.693359375f))) -
                         turns * (wide ? T(1.90821492927058770002e-10) : T(-2.12194440e-4f));
  constexpr int last = wide ? 13 : 7;
  Vector<T> sum = Vector<T>{} + T(1);
  for (int k = last; k > 0; --k) sum = T(1) + sum * left * (T(1) / T(k));
  // The rounder ends in zeros in the place of the exponent, but for its sign of the mantissa: the low bits are the power.
  I bits;
  std::memcpy(&bits, &sum, sizeof(bits));
  bits += power << (wide ? 52 : 23);
  std::memcpy(&sum, &bits, sizeof(sum));
  return sum;
}

template <class R>
QFFC_INLINE R logistic(const R& x) {
  using T = typename R::Scalar;
  const auto value = T(1) / (T(1) + exponential<T>(-x.v));
  if constexpr (R::dual) return {value, value * (T(1) - value) * x.d};
  else return value;
}

}  // namespace QFFC_ISA
}  // namespace qffc
