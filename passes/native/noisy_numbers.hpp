// The steps of a noisy program on few numbers: turns, frames, legs; forward and back. Back, gradients by what a step read
// are added to from those by what it wrote.

namespace qffc {
namespace QFFC_ISA {

template <class T, class I> QFFC_INLINE Real<T> chosen(I where, const Real<T>& a, const Real<T>& b) {
  return where ? a.v : b.v;
}
template <class T, class I> QFFC_INLINE Dual<T> chosen(I where, const Dual<T>& a, const Dual<T>& b) {
  return {where ? a.v : b.v, where ? a.d : b.d};
}

template <class R>
QFFC_INLINE R inverse_root(const R& x) {
  using T = typename R::Scalar;
  const typename R::V value = T(1) / root<T>(x.v);
  return function_of(x, value, T(-0.5) * value / x.v);
}

template <class R>
QFFC_INLINE R dot(const R* a, const R* b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

template <class R>
QFFC_INLINE void add_cross(const R* a, const R* b, R* sums) {
  for (int k = 0; k < 3; ++k) {
    const int i = (k + 1) % 3, j = (k + 2) % 3;
    sums[k] += a[i] * b[j] - a[j] * b[i];
  }
}

// One step: its arguments, all numbers and, on the way back, the gradients by them.
template <class R>
struct Small {
  using T = typename R::Scalar;
  using V = typename R::V;
  using I = typename R::I;
  const int32_t* ints;
  int32_t int_count;
  const double* reals;
  R* values;
  R* gradients;

  R* value(int argument) const { return values + ints[argument]; }
  R* gradient(int argument) const { return gradients + ints[argument]; }
  T real(int k) const { return static_cast<T>(reals[k]); }

  void linear() const {
    const int32_t* next = ints + 2;
    const double* weight = reals;
    for (int32_t k = 0; k < ints[1]; ++k) {
      R sum = number<R>(*weight++);
      for (int32_t terms = *next++; terms-- > 0;) sum += scaled(values[*next++], static_cast<T>(*weight++));
      value(0)[k] = sum;
    }
  }
  void linear_back() const {
    const int32_t* next = ints + 2;
    const double* weight = reals;
    for (int32_t k = 0; k < ints[1]; ++k) {
      ++weight;
      for (int32_t terms = *next++; terms-- > 0;) gradients[*next++] += scaled(gradient(0)[k], static_cast<T>(*weight++));
    }
  }

  // 1 + odd [v] + even (v v^T - v.v), by half the angle.
  void turn() const {
    const R* v = value(1);
    R* out = value(0);
    V c, h, h_slope;
    const R squared = dot(v, v);
    half_angle<false, T>(squared.v, c, h, h_slope);
    const R cosine = function_of(squared, c, h * T(-0.25)), quotient = function_of(squared, h, h_slope);
    const R odd = scaled(cosine * quotient, T(2)), even = scaled(quotient * quotient, T(2));
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) out[3 * i + j] = even * v[i] * v[j];
    for (int k = 0; k < 3; ++k) {
      const int i = (k + 1) % 3, j = (k + 2) % 3;
      const R part = odd * v[k];
      out[4 * k] += number<R>(1.0) - even * squared;
      out[3 * j + i] += part;
      out[3 * i + j] -= part;
    }
    out[9] = cosine, out[10] = quotient;
  }
  // dR = [J dv] R with the left Jacobian J = A + B v v^T + C [v].
  void turn_back() const {
    const R *v = value(1), *turned = value(0), *by = gradient(0);
    const R squared = dot(v, v);
    V b, b_slope;
    third_coefficient<false, T>(squared.v, turned[9].v, turned[10].v, b, b_slope);
    const R A = scaled(turned[9] * turned[10], T(2)), C = scaled(turned[10] * turned[10], T(2));
    const R B = function_of(squared, b, b_slope);
    R sums[3] = {number<R>(0), number<R>(0), number<R>(0)};
    for (int column = 0; column < 3; ++column) {
      const R in[3] = {turned[column], turned[3 + column], turned[6 + column]};
      const R out[3] = {by[column], by[3 + column], by[6 + column]};
      add_cross(in, out, sums);
    }
    const R along = B * dot(v, sums);
    R* to = gradient(1);
    for (int k = 0; k < 3; ++k) {
      const int i = (k + 1) % 3, j = (k + 2) % 3;
      to[k] += A * sums[k] + along * v[k] - C * (v[i] * sums[j] - v[j] * sums[i]);
    }
  }

  void sine() const { sine_cosine<false>(*value(1), value(0)[1], value(0)[0]); }
  void sine_back() const { *gradient(1) += value(0)[0] * gradient(0)[1] - value(0)[1] * gradient(0)[0]; }

  template <class Visit>
  QFFC_INLINE void each_product(Visit visit) const {
    for (int32_t i = 0; i < ints[1]; ++i)
      for (int32_t j = 0; j < ints[3]; ++j)
        for (int32_t k = 0; k < ints[2]; ++k)
          visit(ints[0] + i * ints[3] + j, ints[4] + i * ints[5] + k * ints[6], ints[7] + k * ints[8] + j * ints[9]);
  }
  void product() const {
    for (int32_t k = 0; k < ints[1] * ints[3]; ++k) value(0)[k] = number<R>(0);
    each_product([this](int32_t to, int32_t a, int32_t b) { values[to] += values[a] * values[b]; });
  }
  void product_back() const {
    each_product([this](int32_t to, int32_t a, int32_t b) {
      gradients[a] += gradients[to] * values[b];
      gradients[b] += gradients[to] * values[a];
    });
  }

  static constexpr T nowhere = sizeof(T) == 8 ? T(1e-24) : T(1e-24f);
  QFFC_INLINE I unit_of(const R* v, R& scale) const {
    const R squared = dot(v, v);
    const I there = squared.v > nowhere;
    scale = inverse_root(chosen(there, squared, number<R>(1.0)));
    return there;
  }
  void direction() const {
    R scale;
    const I there = unit_of(value(1), scale);
    for (int k = 0; k < 3; ++k) value(0)[k] = chosen(there, value(1)[k] * scale, number<R>(k == 2 ? 1.0 : 0.0));
  }
  void direction_back() const {
    R scale;
    const I there = unit_of(value(1), scale);
    const R along = dot(value(0), gradient(0));
    for (int k = 0; k < 3; ++k)
      gradient(1)[k] += chosen(there, scale * (gradient(0)[k] - along * value(0)[k]), number<R>(0));
  }

  void cross() const {
    for (int k = 0; k < 3; ++k) value(0)[k] = number<R>(0);
    add_cross(value(1), value(2), value(0));
  }
  void cross_back() const {
    add_cross(value(2), gradient(0), gradient(1));
    add_cross(gradient(0), value(1), gradient(2));
  }

  // Calls visit(argument, lanes) for each vector and the lanes where it is the first of the longest ones.
  template <class Visit>
  QFFC_INLINE void each_longest(Visit visit) const {
    V most = dot(value(1), value(1)).v;
    for (int32_t k = 2; k < int_count; ++k) {
      const V own = dot(value(k), value(k)).v;
      most = own > most ? own : most;
    }
    I free = most == most;
    for (int32_t k = 1; k < int_count; ++k) {
      const I mine = free & (dot(value(k), value(k)).v >= most);
      free &= ~mine;
      visit(k, mine);
    }
  }
  void longest() const {
    for (int k = 0; k < 3; ++k) value(0)[k] = value(1)[k];
    each_longest([this](int32_t argument, I mine) {
      for (int k = 0; k < 3; ++k) value(0)[k] = chosen(mine, value(argument)[k], value(0)[k]);
    });
  }
  void longest_back() const {
    each_longest([this](int32_t argument, I mine) {
      for (int k = 0; k < 3; ++k) gradient(argument)[k] += chosen(mine, gradient(0)[k], number<R>(0));
    });
  }

  // The turn about the axis across it and z: 1 + [k] + [k]^2 / (1 + z), where it takes (x, y, z) to (0, 0, 1).
  void frame() const {
    const R* axis = value(1);
    R* out = value(0);
    const I below = axis[2].v < T(0);
    const R x = chosen(below, -axis[0], axis[0]), y = chosen(below, -axis[1], axis[1]);
    const R z = chosen(below, -axis[2], axis[2]);
    const R scale = inverse(number<R>(1.0) + z), one = number<R>(1.0);
    out[0] = one - x * x * scale, out[1] = out[3] = -(x * y * scale), out[2] = -x;
    out[4] = one - y * y * scale, out[5] = -y;
    out[6] = x, out[7] = y, out[8] = z;
  }
  void frame_back() const {
    const R *axis = value(1), *by = gradient(0), *out = value(0);
    const R x = out[6], y = out[7], scale = inverse(number<R>(1.0) + out[8]), both = by[1] + by[3];
    const R slopes[3] = {
        by[6] - by[2] - scale * (scaled(x * by[0], T(2)) + y * both),
        by[7] - by[5] - scale * (scaled(y * by[4], T(2)) + x * both),
        by[8] + scale * scale * (x * x * by[0] + x * y * both + y * y * by[4]),
    };
    const I below = axis[2].v < T(0);
    for (int k = 0; k < 3; ++k) gradient(1)[k] += chosen(below, -slopes[k], slopes[k]);
  }

  // What is left after the gate of a turn, which one that moves its axis nowhere does not need.
  QFFC_INLINE V kept_by_gate(const R* moved, const R* target) const {
    V squared = V{};
    for (int k = 0; k < 3; ++k) {
      const int i = (k + 1) % 3, j = (k + 2) % 3;
      const V across = moved[i].v * target[j].v - moved[j].v * target[i].v;
      squared += across * across;
    }
    const V along = moved[0].v * target[0].v + moved[1].v * target[1].v + moved[2].v * target[2].v;
    const T least = real(3);
    return (squared >= least * least) | (along < T(0)) ? V{} + real(2) : V{} + T(1);
  }
  // Dephasing along u is kept + (1 - kept) u u^T; before a turn R it moves behind it as R u u^T.
  struct Leg {
    R moved[3], turned[9], along[3];
    R kept;
  };
  QFFC_INLINE Leg leg_parts() const {
    const R *turn = value(1), *source = value(2), *target = value(3);
    Leg leg;
    for (int i = 0; i < 3; ++i) leg.moved[i] = dot(turn + 3 * i, source);
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j)
        leg.turned[3 * i + j] = scaled(turn[3 * i + j], real(0)) + scaled(leg.moved[i] * source[j], T(1) - real(0));
    for (int j = 0; j < 3; ++j)
      leg.along[j] = target[0] * leg.turned[j] + target[1] * leg.turned[3 + j] + target[2] * leg.turned[6 + j];
    leg.kept = number<R>(0);
    leg.kept.v = kept_by_gate(leg.moved, target);
    return leg;
  }
  void leg() const {
    const Leg parts = leg_parts();
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j)
        value(0)[3 * i + j] = parts.kept * (scaled(parts.turned[3 * i + j], real(1)) +
                                            scaled(value(3)[i] * parts.along[j], T(1) - real(1)));
  }
  void leg_back() const {
    const Leg parts = leg_parts();
    const R *turn = value(1), *source = value(2), *target = value(3);
    R by[9], by_turned[9], by_along[3], by_moved[3];
    for (int k = 0; k < 9; ++k) by[k] = parts.kept * gradient(0)[k];
    const T after = real(1), before = real(0);
    for (int j = 0; j < 3; ++j)
      by_along[j] = scaled(target[0] * by[j] + target[1] * by[3 + j] + target[2] * by[6 + j], T(1) - after);
    for (int i = 0; i < 3; ++i) {
      gradient(3)[i] += scaled(dot(by + 3 * i, parts.along), T(1) - after) + dot(parts.turned + 3 * i, by_along);
      for (int j = 0; j < 3; ++j) by_turned[3 * i + j] = scaled(by[3 * i + j], after) + target[i] * by_along[j];
    }
    for (int i = 0; i < 3; ++i) by_moved[i] = scaled(dot(by_turned + 3 * i, source), T(1) - before);
    for (int j = 0; j < 3; ++j) {
      R sum = number<R>(0), through = number<R>(0);
      for (int i = 0; i < 3; ++i) {
        sum += by_turned[3 * i + j] * parts.moved[i];
        through += turn[3 * i + j] * by_moved[i];
        gradient(1)[3 * i + j] += scaled(by_turned[3 * i + j], before) + by_moved[i] * source[j];
      }
      gradient(2)[j] += scaled(sum, T(1) - before) + through;
    }
  }

  // Where the vector is along z, any direction across it will do.
  QFFC_INLINE I free_across(R& scale) const {
    const R* v = value(1);
    const V size = v[2].v < T(0) ? -v[2].v : v[2].v;
    const I free = size > T(1) - (sizeof(T) == 8 ? T(1e-12) : T(1e-6));
    scale = inverse_root(chosen(free, number<R>(1.0), v[0] * v[0] + v[1] * v[1]));
    return free;
  }
  void across() const {
    R scale;
    const I free = free_across(scale);
    value(0)[0] = chosen(free, number<R>(0), -(value(1)[1] * scale));
    value(0)[1] = chosen(free, number<R>(1.0), value(1)[0] * scale);
    value(0)[2] = number<R>(0);
  }
  void across_back() const {
    R scale;
    const I free = free_across(scale);
    const R *out = value(0), *by = gradient(0), zero = number<R>(0);
    const R along = out[0] * by[0] + out[1] * by[1];
    gradient(1)[0] += chosen(free, zero, scale * (by[1] - along * out[1]));
    gradient(1)[1] -= chosen(free, zero, scale * (by[0] - along * out[0]));
  }
};

template <class R>
void small_step(StepKind kind, const Small<R>& step, bool back) {
  switch (kind) {
    case StepKind::linear: return back ? step.linear_back() : step.linear();
    case StepKind::turn: return back ? step.turn_back() : step.turn();
    case StepKind::sine: return back ? step.sine_back() : step.sine();
    case StepKind::product: return back ? step.product_back() : step.product();
    case StepKind::direction: return back ? step.direction_back() : step.direction();
    case StepKind::cross: return back ? step.cross_back() : step.cross();
    case StepKind::longest: return back ? step.longest_back() : step.longest();
    case StepKind::frame: return back ? step.frame_back() : step.frame();
    case StepKind::leg: return back ? step.leg_back() : step.leg();
    case StepKind::across: return back ? step.across_back() : step.across();
    default: return;
  }
}

}  // namespace QFFC_ISA
}  // namespace qffc
