// The gates on a tile of amplitudes, forward and backward. R is a plain or a dual number: with dual numbers the same
// code carries the derivative along one direction.
//
// Backward: with state psi after the gate and costate lambda there, d energy / d generator is an inner product of both;
// then the gate is undone on both.

namespace qffc {
namespace QFFC_ISA {

constexpr int numbers_per_gate = 6;
constexpr int sums_per_gate = 3;

// The index with a zero put in at `bit`.
QFFC_INLINE int64_t spread(int64_t index, int32_t bit) {
  const int64_t low = index & ((int64_t{1} << bit) - 1);
  return ((index - low) << 1) | low;
}

template <class R>
struct Spin {  // [[a, -conj(b)], [b, conj(a)]]
  Complex<R> a, b;

  QFFC_INLINE void act(Complex<R>& up, Complex<R>& down) const {
    const Complex<R> u = up, d = down;
    up = {a.re * u.re - a.im * u.im - b.re * d.re - b.im * d.im, a.re * u.im + a.im * u.re - b.re * d.im + b.im * d.re};
    down = {b.re * u.re - b.im * u.im + a.re * d.re + a.im * d.im, b.re * u.im + b.im * u.re + a.re * d.im - a.im * d.re};
  }
  QFFC_INLINE Spin inverse() const { return {conjugate(a), {-b.re, -b.im}}; }
};

// --------------------------------------------------------------------------- numbers of a gate from its slots

template <class R>
QFFC_INLINE R angle_of(const Program& program, const Gate& gate, const R* slots) {
  R angle = number<R>(gate.constant);
  for (int32_t k = 0; k < gate.term_count; ++k) {
    const Term& term = program.terms[gate.first_term + k];
    angle += scaled(slots[term.slot], static_cast<typename R::Scalar>(term.weight));
  }
  return angle;
}

template <class R>
QFFC_INLINE void vector_of(const Program& program, const Gate& gate, const R* slots, R vector[3]) {
  const Term& term = program.terms[gate.first_term];
  for (int k = 0; k < 3; ++k) vector[k] = scaled(slots[term.slot + k], static_cast<typename R::Scalar>(term.weight));
  if (gate.term_count < 2) return;
  const R length = slots[program.terms[gate.first_term + 1].slot];
  for (int k = 0; k < 3; ++k) vector[k] = length * vector[k];
}

// Squared angles up to which series are exact to rounding; beyond, quotients lose no digits.
constexpr double series_end = 9.8;

// Whether the vectors of some gates are within the series, and their angles within the reduction of sine and cosine. It
// is asked once for a block: nearly always the answer is yes, and then no gate looks at its lanes.
template <class R>
bool all_near(const Program& program, const std::vector<int32_t>& gates, const R* slots) {
  using T = typename R::Scalar;
  using V = typename R::V;
  constexpr T most = 12;  // an angle is multiplied with no more than this
  V squares = V{}, angles = V{};
  for (const int32_t g : gates) {
    const Gate& gate = program.gates[g];
    if (gate.kind == GateKind::rotate) {
      R v[3];
      vector_of(program, gate, slots, v);
      const V squared = v[0].v * v[0].v + v[1].v * v[1].v + v[2].v * v[2].v;
      squares = squared <= squares ? squares : squared;  // of a NaN, too, comes none that is near
    } else {
      const V angle = angle_of(program, gate, slots).v, size = angle < T(0) ? -angle : angle;
      angles = size <= angles ? angles : size;
    }
  }
  return !any(!(squares <= T(series_end))) && !any(!(angles * most <= Trigonometry<T>::largest));
}

// Even functions of the length t of a rotation vector, by its square, with their slopes:
// c = cos(t/2), h = sin(t/2)/t.
template <bool Near, class T>
QFFC_INLINE void half_angle(typename LanesOf<T>::V squared, typename LanesOf<T>::V& c, typename LanesOf<T>::V& h,
                            typename LanesOf<T>::V& h_slope) {
  using V = typename LanesOf<T>::V;
  const V quarter = squared * T(0.25);
  c = series<T, 0, false>(quarter);
  h = series<T, 1, false>(quarter) * T(0.5);
  h_slope = series<T, 1, true>(quarter) * T(-0.125);
  if constexpr (Near) return;
  const auto beyond = squared > T(series_end);
  if (!any(beyond)) return;
  const V safe = beyond ? squared : V{} + T(1), length = root<T>(safe);
  V sine, cosine;
  sine_cosine<false, T>(length * T(0.5), sine, cosine);
  const V quotient = sine / length;
  c = beyond ? cosine : c;
  h = beyond ? quotient : h;
  h_slope = beyond ? (cosine * T(0.5) - quotient) / (safe + safe) : h_slope;
}

// B = (t - sin t)/t^3 and its slope.
template <bool Near, class T>
QFFC_INLINE void third_coefficient(typename LanesOf<T>::V squared, typename LanesOf<T>::V c, typename LanesOf<T>::V h,
                                   typename LanesOf<T>::V& B, typename LanesOf<T>::V& B_slope) {
  using V = typename LanesOf<T>::V;
  B = series<T, 3, false>(squared);
  B_slope = -series<T, 3, true>(squared);
  if constexpr (Near) return;
  const auto beyond = squared > T(series_end);
  if (!any(beyond)) return;
  const V safe = beyond ? squared : V{} + T(1);
  const V h_slope = (c * T(0.5) - h) / (safe + safe);
  const V A_slope = T(2) * h_slope * c - T(0.5) * h * h;
  const V far = (T(1) - T(2) * h * c) / safe;
  B = beyond ? far : B;
  B_slope = beyond ? (-A_slope - far) / safe : B_slope;
}

// exp(-i/2 v.sigma): a, b of the spin matrix, and h.
template <bool Near, class R>
QFFC_INLINE void rotation_numbers(const R v[3], R* out) {
  using T = typename R::Scalar;
  typename R::V c, h, h_slope;
  const R squared = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
  half_angle<Near, T>(squared.v, c, h, h_slope);
  const R h_of_v = function_of(squared, h, h_slope);
  out[0] = function_of(squared, c, h * T(-0.25));
  out[1] = -(h_of_v * v[2]);
  out[2] = h_of_v * v[1];
  out[3] = -(h_of_v * v[0]);
  out[4] = h_of_v;
}

// Up to a phase the gate multiplies the singlet by e^{4it}; half of e^{4it} - 1.
template <bool Near, class R>
QFFC_INLINE void exchange_numbers(const R& angle, R* out) {
  R sine, cosine;
  sine_cosine<Near>(scaled(angle, typename R::Scalar(2)), sine, cosine);
  out[0] = -(sine * sine);
  out[1] = sine * cosine;
}

// -i C = 2 (T - 1/T) with T the cyclic permutation, C^2 = 4 (2 - T - 1/T); eigenvalues of C: 0 and +-gap.
template <bool Near, class R>
QFFC_INLINE void chirality_numbers(const R& angle, R* out) {
  using T = typename R::Scalar;
  const T gap = static_cast<T>(3.4641016151377545871);
  R sine, cosine;
  sine_cosine<Near>(scaled(angle, gap), sine, cosine);
  const R odd = scaled(sine, T(2) / gap), even = scaled(cosine - number<R>(1.0), T(4) / (gap * gap));
  out[0] = number<R>(1.0) + even + even;
  out[1] = odd - even;
  out[2] = -odd - even;
}

// The slots' gradient from the sums of a gate.
template <bool Near, class R>
QFFC_INLINE void gather_gradient(
    const Program& program, const Gate& gate, const R* slots, const R* numbers, const R* sums, R* gradient) {
  using T = typename R::Scalar;
  if (gate.kind != GateKind::rotate) {
    for (int32_t k = 0; k < gate.term_count; ++k) {
      const Term& term = program.terms[gate.first_term + k];
      gradient[term.slot] += scaled(sums[0], static_cast<T>(term.weight));
    }
    return;
  }
  // dU U^-1 = -i/2 (J dv).sigma, J = A + B v v^T + C [v]x the left Jacobian of rotations; the gradient is J^T sums.
  R v[3];
  vector_of(program, gate, slots, v);
  const R squared = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
  typename R::V b, b_slope;
  third_coefficient<Near, T>(squared.v, numbers[0].v, numbers[4].v, b, b_slope);
  const R h = numbers[4];
  const R A = scaled(h * numbers[0], T(2)), B = function_of(squared, b, b_slope), C = scaled(h * h, T(2));
  const R along = B * (v[0] * sums[0] + v[1] * sums[1] + v[2] * sums[2]);
  R slope[3];
  for (int k = 0; k < 3; ++k) {
    const int i = (k + 1) % 3, j = (k + 2) % 3;
    slope[k] = A * sums[k] + along * v[k] - C * (v[i] * sums[j] - v[j] * sums[i]);
  }
  const Term& term = program.terms[gate.first_term];
  const T factor = static_cast<T>(term.weight);
  if (gate.term_count == 1) {
    for (int k = 0; k < 3; ++k) gradient[term.slot + k] += scaled(slope[k], factor);
    return;
  }
  const R *direction = slots + term.slot, length = slots[program.terms[gate.first_term + 1].slot];
  gradient[program.terms[gate.first_term + 1].slot] +=
      scaled(slope[0] * direction[0] + slope[1] * direction[1] + slope[2] * direction[2], factor);
  for (int k = 0; k < 3; ++k) gradient[term.slot + k] += scaled(length * slope[k], factor);
}

// --------------------------------------------------------------------------- rotation of one qubit

template <class R>
QFFC_INLINE Spin<R> spin_of(const R* numbers) {
  return {{numbers[0], numbers[1]}, {numbers[2], numbers[3]}};
}

template <class R>
QFFC_INLINE void rotate(const Gate& gate, const R* numbers, Complex<R>* psi, int64_t size) {
  const Spin<R> spin = spin_of(numbers);
  const int64_t far = int64_t{1} << gate.bit[0];
  for (int64_t k = 0; k < size / 2; ++k) {
    Complex<R>* up = psi + spread(k, gate.bit[0]);
    spin.act(up[0], up[far]);
  }
}

template <class R>
QFFC_INLINE void rotate_back(
    const Gate& gate, const R* numbers, Complex<R>* psi, Complex<R>* lambda, int64_t size, R* sums) {
  const Spin<R> spin = spin_of(numbers).inverse();
  const int64_t far = int64_t{1} << gate.bit[0];
  R x = number<R>(0), y = number<R>(0), z = number<R>(0);
  for (int64_t k = 0; k < size / 2; ++k) {
    const int64_t place = spread(k, gate.bit[0]);
    Complex<R>*p = psi + place, *l = lambda + place;
    Complex<R> up = p[0], down = p[far], lup = l[0], ldown = l[far];
    // Imaginary parts of <lambda| sigma |psi>.
    x += inner_im(lup, down) + inner_im(ldown, up);
    y += inner_re(ldown, up) - inner_re(lup, down);
    z += inner_im(lup, up) - inner_im(ldown, down);
    if (!gate.undo) continue;
    spin.act(up, down);
    spin.act(lup, ldown);
    p[0] = up, p[far] = down, l[0] = lup, l[far] = ldown;
  }
  sums[0] += x;
  sums[1] += y;
  sums[2] += z;
}

// --------------------------------------------------------------------------- exchange of two qubits

struct PairPlaces {
  int32_t low, high;
  int64_t first, second;

  explicit PairPlaces(int32_t a, int32_t b)
      : low(a < b ? a : b), high(a < b ? b : a), first(int64_t{1} << a), second(int64_t{1} << b) {}
  QFFC_INLINE int64_t base(int64_t k) const { return spread(spread(k, low), high); }
};

template <class R>
QFFC_INLINE void exchange(const Gate& gate, const R* numbers, Complex<R>* psi, int64_t size) {
  const Complex<R> half{numbers[0], numbers[1]};
  const PairPlaces at(gate.bit[0], gate.bit[1]);
  for (int64_t k = 0; k < size / 4; ++k) {
    Complex<R>* p = psi + at.base(k);
    const Complex<R> change = half * (p[at.first] - p[at.second]);
    p[at.first] = p[at.first] + change;
    p[at.second] = p[at.second] - change;
  }
}

template <class R>
QFFC_INLINE void exchange_back(
    const Gate& gate, const R* numbers, Complex<R>* psi, Complex<R>* lambda, int64_t size, R* sums) {
  const Complex<R> half{numbers[0], -numbers[1]};
  const PairPlaces at(gate.bit[0], gate.bit[1]);
  R sum = number<R>(0);
  for (int64_t k = 0; k < size / 4; ++k) {
    const int64_t base = at.base(k);
    Complex<R>*p = psi + base, *l = lambda + base;
    const Complex<R> difference = p[at.first] - p[at.second], costate = l[at.first] - l[at.second];
    sum += inner_im(costate, difference);
    if (!gate.undo) continue;
    const Complex<R> change = half * difference, cochange = half * costate;
    p[at.first] = p[at.first] + change;
    p[at.second] = p[at.second] - change;
    l[at.first] = l[at.first] + cochange;
    l[at.second] = l[at.second] - cochange;
  }
  // The gate is exp(4 i t P), P the projector on the singlet: 2 Re <lambda| 4 i P |psi>.
  sums[0] -= scaled(sum, typename R::Scalar(4));
}

// --------------------------------------------------------------------------- chirality of three qubits

// Calls visit(place of x0, of x1, of x2) for every cycle x0 <- x1 <- x2 <- x0 of the permutation T.
template <class Visit>
QFFC_INLINE void for_each_cycle(const Gate& gate, int64_t size, Visit visit) {
  int32_t s[3] = {gate.bit[0], gate.bit[1], gate.bit[2]};
  if (s[0] > s[1]) std::swap(s[0], s[1]);
  if (s[1] > s[2]) std::swap(s[1], s[2]);
  if (s[0] > s[1]) std::swap(s[0], s[1]);
  const int64_t a = int64_t{1} << gate.bit[0], b = int64_t{1} << gate.bit[1], c = int64_t{1} << gate.bit[2];
  for (int64_t k = 0; k < size / 8; ++k) {
    const int64_t base = spread(spread(spread(k, s[0]), s[1]), s[2]);
    visit(base | a, base | c, base | b);
    visit(base | a | b, base | a | c, base | b | c);
  }
}

template <class R>
QFFC_INLINE void turn_cycle(const R& own, const R& next, const R& last, Complex<R>& x, Complex<R>& y, Complex<R>& z) {
  const Complex<R> p = x, q = y, r = z;
  x = {own * p.re + next * q.re + last * r.re, own * p.im + next * q.im + last * r.im};
  y = {own * q.re + next * r.re + last * p.re, own * q.im + next * r.im + last * p.im};
  z = {own * r.re + next * p.re + last * q.re, own * r.im + next * p.im + last * q.im};
}

template <class R>
QFFC_INLINE void chirality(const Gate& gate, const R* numbers, Complex<R>* psi, int64_t size) {
  for_each_cycle(gate, size, [&](int64_t x, int64_t y, int64_t z) {
    turn_cycle(numbers[0], numbers[1], numbers[2], psi[x], psi[y], psi[z]);
  });
}

template <class R>
QFFC_INLINE void chirality_back(
    const Gate& gate, const R* numbers, Complex<R>* psi, Complex<R>* lambda, int64_t size, R* sums) {
  R sum = number<R>(0);
  for_each_cycle(gate, size, [&](int64_t x, int64_t y, int64_t z) {
    sum += inner_re(lambda[x], psi[y] - psi[z]) + inner_re(lambda[y], psi[z] - psi[x]) +
           inner_re(lambda[z], psi[x] - psi[y]);
    if (!gate.undo) return;
    turn_cycle(numbers[0], numbers[2], numbers[1], psi[x], psi[y], psi[z]);
    turn_cycle(numbers[0], numbers[2], numbers[1], lambda[x], lambda[y], lambda[z]);
  });
  sums[0] += scaled(sum, typename R::Scalar(4));
}

// --------------------------------------------------------------------------- rotation by a Pauli string

QFFC_INLINE bool odd(int64_t bits) { return __builtin_parityll(static_cast<unsigned long long>(bits)); }

// x times (-i)^power.
template <class R>
QFFC_INLINE Complex<R> turned(const Complex<R>& x, int32_t power) {
  switch (power & 3) {
    case 0: return x;
    case 1: return {x.im, -x.re};
    case 2: return {-x.re, -x.im};
    default: return {-x.im, x.re};
  }
}

// The amplitude at `place` of P psi times (-i)^turns; P has its Y as Y = i X Z, hence the further turns.
template <class R>
QFFC_INLINE Complex<R> string_at(
    const Complex<R>* psi, int64_t place, int32_t x_mask, int32_t z_mask, int32_t turns) {
  return turned(psi[place ^ x_mask], turns + (odd(place & z_mask) ? 2 : 0));
}

template <class R>
QFFC_INLINE Complex<R> mixed(const R& own, const Complex<R>& a, const R& other, const Complex<R>& b) {
  return {own * a.re + other * b.re, own * a.im + other * b.im};
}

// cos - i sin P, with sin of either sign.
template <class R>
QFFC_INLINE void turn_string(const Gate& gate, const R& cosine, const R& sine, Complex<R>* psi, int64_t size) {
  const int32_t turns = gate.y_count + 1;
  for (int64_t r = 0; r < size; ++r) {
    const int64_t s = r ^ gate.x_mask;
    if (s < r) continue;
    const Complex<R> here = string_at(psi, r, gate.x_mask, gate.z_mask, turns);
    const Complex<R> there = string_at(psi, s, gate.x_mask, gate.z_mask, turns);
    const Complex<R> new_here = mixed(cosine, psi[r], sine, here), new_there = mixed(cosine, psi[s], sine, there);
    psi[r] = new_here;
    psi[s] = new_there;
  }
}

template <class R>
QFFC_INLINE void string_back(
    const Gate& gate, const R* numbers, Complex<R>* psi, Complex<R>* lambda, int64_t size, R* sums) {
  R sum = number<R>(0);
  for (int64_t r = 0; r < size; ++r)
    sum += inner_re(lambda[r], string_at(psi, r, gate.x_mask, gate.z_mask, gate.y_count + 1));
  sums[0] += sum;
  if (!gate.undo) return;
  turn_string(gate, numbers[0], -numbers[1], psi, size);
  turn_string(gate, numbers[0], -numbers[1], lambda, size);
}

}  // namespace QFFC_ISA
}  // namespace qffc
