// The parts of rounds of circuits that no other layer has: distances and their basis, sums over neighbours, the vectors
// that turn qubits, activations. Included once for each instruction set, after messages.hpp. Back means against a gradient;
// on dual numbers both differentiate themselves: a gradient is then one by derivatives with that by values beside it.

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

// --------------------------------------------------------------------------- distances

template <class R>
QFFC_INLINE R clipped(R x) {
  using T = typename R::Scalar;
  const auto zero = Vector<T>{}, one = zero + T(1);
  if constexpr (R::dual) x.d = x.v > zero ? (x.v < one ? x.d : zero) : zero;
  x.v = x.v > zero ? x.v : zero;
  x.v = x.v < one ? x.v : one;
  return x;
}

// A number with its slope by the distance.
template <class R>
struct Sloped {
  R value, slope;
};

// 1 up to x = 0, 0 from 1 on; `slope` is that of x.
template <class R>
QFFC_INLINE Sloped<R> fading(const R& given, double slope) {
  const R x = clipped(given), one = number<R>(1);
  return {one - x * x * x * (number<R>(10) - x * (number<R>(15) - number<R>(6) * x)),
          number<R>(-30 * slope) * x * x * (one - x) * (one - x)};
}

template <class R>
QFFC_INLINE Sloped<R> product_of(const Sloped<R>& a, const Sloped<R>& b) {
  return {a.value * b.value, a.value * b.slope + a.slope * b.value};
}

// How far neighbours count by whether their distance was seen.
template <class R, class T, class Place>
QFFC_INLINE Sloped<R> seen_of(const RoundJob<T>& job, const R& r, const Place& pair) {
  constexpr double fade = 1.2;
  constexpr int ranges = 3;
  Sloped<R> missed{number<R>(1), number<R>(0)};
  const auto end = [&](int k) {
    const Vector<T> found = lanes_of<T>([&](int lane) { return job.seen[pair(lane) * 2 * ranges + k]; });
    if constexpr (R::dual) return R(found, Vector<T>{});
    else return R(found);
  };
  for (int k = 0; k < ranges; ++k) {
    const R above = (end(2 * k) - r) * number<R>(1 / fade), below = (r - end(2 * k + 1)) * number<R>(1 / fade);
    const Sloped<R> inside = product_of(fading(above, -1 / fade), fading(below, 1 / fade));
    missed = product_of(missed, Sloped<R>{number<R>(1) - inside.value, -inside.slope});
  }
  return {number<R>(1) - missed.value, -missed.slope};
}

// Edges side by side: their vectors, and the factor and the sines of the basis.
template <class R>
struct EdgeLanes {
  using T = typename R::Scalar;
  const RoundJob<T>& job;
  int64_t first, used;
  R unit[3], distance, one_over, by_direction;
  Sloped<R> factor;  // envelope, what the neighbour counts, constants
  R sine, cosine;    // of pi r / cutoff

  QFFC_INLINE int64_t edge(int lane) const { return first + (lane < used ? lane : used - 1); }

  QFFC_INLINE EdgeLanes(const RoundJob<T>& given, int64_t start, int64_t end)
      : job(given), first(start), used(std::min<int64_t>(Real<T>::lanes, end - start)) {
    R squared = number<R>(0);
    for (int a = 0; a < 3; ++a) {
      const auto difference = [&](const T* from) {
        return lanes_of<T>([&](int lane) {
          return from[3 * job.senders[edge(lane)] + a] - from[3 * job.receivers[edge(lane)] + a];
        });
      };
      if constexpr (R::dual) unit[a] = R(difference(job.positions), difference(job.direction));
      else unit[a] = R(difference(job.positions));
      squared += unit[a] * unit[a];
    }
    // Atoms in one place have a distance that is next to none, and directions that are.
    const auto together = squared.v < Vector<T>{} + T(1e-24);
    squared.v = together ? Vector<T>{} + T(1e-12) : squared.v;
    if constexpr (R::dual) squared.d = together ? Vector<T>{} : squared.d;
    distance = square_root(squared);
    one_over = by_direction = inverse(distance);
    by_direction.v = together ? Vector<T>{} + T(1) : by_direction.v;
    for (R& each : unit) each = each * by_direction;
    envelope();
    sine_cosine<false, T>(distance * number<R>(pi / job.sizes.cutoff), sine, cosine);
  }

  QFFC_INLINE void envelope() {
    const double cutoff = job.sizes.cutoff, height = std::sqrt(2.0 / cutoff);
    const R x = distance * number<R>(1 / cutoff), x2 = x * x, x5 = x2 * x2 * x;
    const R inner = number<R>(-28) + x * (number<R>(48) - number<R>(21) * x);
    const R slope = number<R>(-168) + x * (number<R>(336) - number<R>(168) * x);
    factor = {number<R>(height) * (number<R>(1) + x5 * x * inner), number<R>(height / cutoff) * x5 * slope};
    const auto outside = distance.v >= static_cast<T>(cutoff);
    const auto zero = Vector<T>{};
    for (R* each : {&factor.value, &factor.slope}) {
      each->v = outside ? zero : each->v;
      if constexpr (R::dual) each->d = outside ? zero : each->d;
    }
    if (job.seen == nullptr) return;
    factor = product_of(factor, seen_of<R>(job, distance, [&](int lane) {
      return job.species[job.receivers[edge(lane)]] * job.sizes.species + job.species[job.senders[edge(lane)]];
    }));
  }

  // Calls work(k, value, slope) for each function of the basis: the sines of multiples come one from the other.
  template <class Work>
  QFFC_INLINE void for_basis(const Work& work) const {
    R s = sine, c = cosine;
    for (int64_t k = 0; k < job.sizes.basis; ++k) {
      const double order = (k + 1) * pi / job.sizes.cutoff;
      const R wave = s * one_over;
      work(k, factor.value * wave,
           factor.slope * wave + factor.value * (number<R>(order) * c - wave) * one_over);
      const R next = s * cosine + c * sine;
      c = c * cosine - s * sine;
      s = next;
    }
  }

  static constexpr double pi = 3.14159265358979323846;
};

template <class R, class T>
QFFC_INLINE void scatter(const Planes<T>& to, int64_t used, const R& value, int64_t place, int64_t stride) {
  T numbers[Real<T>::lanes];
  store<T>(numbers, value.v);
  for (int64_t lane = 0; lane < used; ++lane) to.values[place + lane * stride] = numbers[lane];
  if constexpr (R::dual) {
    store<T>(numbers, value.d);
    for (int64_t lane = 0; lane < used; ++lane) to.values[to.size + place + lane * stride] = numbers[lane];
  }
}

template <class R, class T>
void geometry_of(const RoundJob<T>& job, const RoundGeometry<T>& out, int64_t first, int64_t last) {
  const int64_t size = job.sizes.basis;
  for (int64_t start = first; start < last; start += Real<T>::lanes) {
    const EdgeLanes<R> edges(job, start, last);
    for (int a = 0; a < 3; ++a) scatter(out.units, edges.used, edges.unit[a], start * 3 + a, 3);
    edges.for_basis([&](int64_t k, const R& value, const R&) {
      scatter(out.basis, edges.used, value, start * size + k, size);
    });
  }
}

// by_edges: (edges, 3), the gradient by the vectors from receivers to senders.
template <class R, class T>
void geometry_back_of(const RoundJob<T>& job, const RoundGeometry<T>&, const RoundGeometry<T>& gradient,
                      const Planes<T>& by_edges, int64_t first, int64_t last) {
  const int64_t size = job.sizes.basis;
  for (int64_t start = first; start < last; start += Real<T>::lanes) {
    const EdgeLanes<R> edges(job, start, last);
    R by_distance = number<R>(0), by_unit[3], inner = number<R>(0);
    edges.for_basis([&](int64_t k, const R&, const R& slope) {
      by_distance += slope * gathered_back<R>(gradient.basis, [&](int lane) { return edges.edge(lane) * size + k; });
    });
    for (int a = 0; a < 3; ++a) {
      by_unit[a] = gathered_back<R>(gradient.units, [&](int lane) { return edges.edge(lane) * 3 + a; });
      inner += by_unit[a] * edges.unit[a];
    }
    for (int a = 0; a < 3; ++a) {
      R found = edges.unit[a] * by_distance + (by_unit[a] - edges.unit[a] * inner) * edges.by_direction;
      if constexpr (R::dual) found = R(found.d, found.v);
      scatter(by_edges, edges.used, found, start * 3 + a, 3);
    }
  }
}

// --------------------------------------------------------------------------- sums over neighbours

constexpr int pairs_of_axes[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};

template <class R, class T>
void sums_of_atoms(const RoundJob<T>& job, const RoundGeometry<T>& out, int64_t first, int64_t last) {
  const int64_t size = job.sizes.basis, width = job.sizes.summed();
  for (const auto& [planes, rows] : {std::pair<Planes<T>, int64_t>{out.sums, 3}, {out.squares, 6}})
    for (int plane = 0; plane <= R::dual; ++plane)
      std::fill_n(planes.values + plane * planes.size + first * rows * width, (last - first) * rows * width, T(0));
  for (int64_t atom = first; atom < last; ++atom)
    for (int64_t edge = job.starts[atom]; edge < job.starts[atom + 1]; ++edge) {
      const int64_t own = job.species[job.senders[edge]] * size;
      R unit[3];
      for (int a = 0; a < 3; ++a) unit[a] = spread<R>(out.units, edge * 3 + a);
      registers<T>(size, [&](auto full, int64_t c, int64_t count) {
        constexpr bool all = decltype(full)::value;
        const R basis = read<R, all>(out.basis, edge * size + c, count);
        R along[3];
        for (int a = 0; a < 3; ++a) {
          along[a] = unit[a] * basis;
          add_to<all>(out.sums, (atom * 3 + a) * width + own + c, along[a], count);
        }
        for (int m = 0; m < 6; ++m)
          add_to<all>(out.squares, (atom * 6 + m) * width + own + c,
                      unit[pairs_of_axes[m][0]] * along[pairs_of_axes[m][1]], count);
      });
    }
}

template <class R, class T>
void sums_back_of(const RoundJob<T>& job, const RoundGeometry<T>& values, const RoundGeometry<T>& gradient,
                  int64_t first, int64_t last) {
  const int64_t size = job.sizes.basis, width = job.sizes.summed();
  for (int64_t atom = first; atom < last; ++atom)
    for (int64_t edge = job.starts[atom]; edge < job.starts[atom + 1]; ++edge) {
      const int64_t own = job.species[job.senders[edge]] * size;
      R unit[3], by_unit[3];
      for (int a = 0; a < 3; ++a) unit[a] = spread<R>(values.units, edge * 3 + a), by_unit[a] = number<R>(0);
      registers<T>(size, [&](auto full, int64_t c, int64_t count) {
        constexpr bool all = decltype(full)::value;
        const R basis = read<R, all>(values.basis, edge * size + c, count);
        // What acts on the direction: the gradient by its sum, and by its products with itself.
        R acting[3], by_basis = number<R>(0);
        for (int a = 0; a < 3; ++a) {
          acting[a] = read_back<R, all>(gradient.sums, (atom * 3 + a) * width + own + c, count);
          by_basis += acting[a] * unit[a];
        }
        for (int m = 0; m < 6; ++m) {
          const int a = pairs_of_axes[m][0], b = pairs_of_axes[m][1];
          const R square = read_back<R, all>(gradient.squares, (atom * 6 + m) * width + own + c, count);
          by_basis += square * unit[a] * unit[b];
          acting[a] += square * unit[b];
          acting[b] += square * unit[a];
        }
        for (int a = 0; a < 3; ++a) by_unit[a] += acting[a] * basis;
        if constexpr (R::dual) by_basis = R(by_basis.d, by_basis.v);
        add_to<all>(gradient.basis, edge * size + c, by_basis, count);
      });
      for (int a = 0; a < 3; ++a) {
        T* to = gradient.units.values + edge * 3 + a;
        if constexpr (R::dual) *to += sum_of<T>(by_unit[a].d), to[gradient.units.size] += sum_of<T>(by_unit[a].v);
        else *to += sum_of<T>(by_unit[a].v);
      }
    }
}

// --------------------------------------------------------------------------- vectors that turn

// Registers of turns of an atom: what leans, the vector, and how far it is shortened.
template <class R, bool Full>
struct Turn {
  using T = typename R::Scalar;
  static constexpr double pi = 3.14159265358979323846;
  R lean[3], square[6], vector[3], shorter;

  QFFC_INLINE Turn(const RoundJob<T>& job, const RoundTurns<T>& from, int64_t atom, int64_t c, int64_t count) {
    const int64_t width = job.sizes.all_turns();
    for (int a = 0; a < 3; ++a) {
      vector[a] = read<R, Full>(from.first, (atom * 3 + a) * 2 * width + c, count);
      lean[a] = read<R, Full>(from.first, (atom * 3 + a) * 2 * width + width + c, count);
    }
    for (int m = 0; m < 6; ++m) square[m] = read<R, Full>(from.along, (atom * 6 + m) * width + c, count);
    const R acted[3] = {act(lean, 0), act(lean, 1), act(lean, 2)};
    R length = number<R>(0);
    for (int a = 0; a < 3; ++a) vector[a] += acted[a], length += vector[a] * vector[a];
    shorter = inverse(square_root(number<R>(1) + length * number<R>(1 / (pi * pi))));
  }

  QFFC_INLINE R act(const R* on, int a) const {
    constexpr int places[3][3] = {{0, 3, 4}, {3, 1, 5}, {4, 5, 2}};
    return square[places[a][0]] * on[0] + square[places[a][1]] * on[1] + square[places[a][2]] * on[2];
  }
};

template <class R, class T>
void turns_of(const RoundJob<T>& job, const RoundTurns<T>& out, int64_t first, int64_t last) {
  const int64_t width = job.sizes.all_turns();
  for (int64_t atom = first; atom < last; ++atom)
    registers<T>(width, [&](auto full, int64_t c, int64_t count) {
      constexpr bool all = decltype(full)::value;
      const Turn<R, all> turn(job, out, atom, c, count);
      for (int a = 0; a < 3; ++a) {
        const R found = turn.vector[a] * turn.shorter;
        write<all>(out.rows, (atom * 3 + a) * width + c, found, count);
        scatter(out.turned, count, found, (atom * width + c) * 3 + a, 3);
      }
    });
}

template <class R, class T>
void turns_back_of(const RoundJob<T>& job, const RoundTurns<T>& values, const RoundTurns<T>& gradient, int64_t first,
                   int64_t last) {
  const int64_t width = job.sizes.all_turns();
  constexpr double pi = Turn<R, true>::pi;
  for (int64_t atom = first; atom < last; ++atom)
    registers<T>(width, [&](auto full, int64_t c, int64_t count) {
      constexpr bool all = decltype(full)::value;
      const Turn<R, all> turn(job, values, atom, c, count);
      R by_turn[3], by_vector[3], inner = number<R>(0);
      for (int a = 0; a < 3; ++a) {
        by_turn[a] = gathered_back<R>(gradient.turned, [&](int lane) {
          return (atom * width + c + std::min<int64_t>(lane, count - 1)) * 3 + a;
        });
        by_turn[a] += read_back<R, all>(gradient.rows, (atom * 3 + a) * width + c, count);
        inner += by_turn[a] * turn.vector[a];
      }
      const R cubed = turn.shorter * turn.shorter * turn.shorter * number<R>(1 / (pi * pi)) * inner;
      for (int a = 0; a < 3; ++a) {
        by_vector[a] = turn.shorter * by_turn[a] - cubed * turn.vector[a];
        write_back<all>(gradient.first, (atom * 3 + a) * 2 * width + c, by_vector[a], count);
      }
      for (int a = 0; a < 3; ++a)
        write_back<all>(gradient.first, (atom * 3 + a) * 2 * width + width + c, turn.act(by_vector, a), count);
      for (int m = 0; m < 6; ++m) {
        const int a = pairs_of_axes[m][0], b = pairs_of_axes[m][1];
        R found = by_vector[a] * turn.lean[b];
        if (a != b) found += by_vector[b] * turn.lean[a];
        write_back<all>(gradient.along, (atom * 6 + m) * width + c, found, count);
      }
    });
}

// --------------------------------------------------------------------------- activations

template <class R, class T>
void activate_of(const RoundJob<T>& job, const Planes<T>& before, const Planes<T>& after, int64_t first,
                 int64_t last) {
  registers<T>(last - first, [&](auto full, int64_t c, int64_t count) {
    constexpr bool all = decltype(full)::value;
    const R x = read<R, all>(before, first + c, count);
    if (job.sizes.tanh) {
      const R half = logistic(x + x);
      write<all>(after, first + c, half + half - number<R>(1), count);
    } else {
      write<all>(after, first + c, x * logistic(x), count);
    }
  });
}

template <class R, class T>
void activate_back_of(const RoundJob<T>& job, const Planes<T>& before, const Planes<T>& gradient, int64_t first,
                      int64_t last) {
  registers<T>(last - first, [&](auto full, int64_t c, int64_t count) {
    constexpr bool all = decltype(full)::value;
    const R x = read<R, all>(before, first + c, count), own = read_back<R, all>(gradient, first + c, count);
    const R one = number<R>(1);
    if (job.sizes.tanh) {
      const R half = logistic(x + x);
      write_back<all>(gradient, first + c, own * number<R>(4) * half * (one - half), count);
    } else {
      const R part = logistic(x);
      write_back<all>(gradient, first + c, own * part * (one + x * (one - part)), count);
    }
  });
}

// --------------------------------------------------------------------------- plain or dual, as the job is

#define QFFC_STEP(name, with)                                         \
  template <class T, class... Arrays>                                 \
  void name(const RoundJob<T>& job, Arrays... arrays) {               \
    if (job.dual()) return with<Dual<T>, T>(job, arrays...);          \
    with<Real<T>, T>(job, arrays...);                                 \
  }
QFFC_STEP(geometry_step, geometry_of)
QFFC_STEP(geometry_back_step, geometry_back_of)
QFFC_STEP(sums_step, sums_of_atoms)
QFFC_STEP(sums_back_step, sums_back_of)
QFFC_STEP(turns_step, turns_of)
QFFC_STEP(turns_back_step, turns_back_of)
QFFC_STEP(activate_step, activate_of)
QFFC_STEP(activate_back_step, activate_back_of)
#undef QFFC_STEP

template <class T>
constexpr RoundSteps<T> round_steps() {
  using Geometry = const RoundGeometry<T>&;
  using Turns = const RoundTurns<T>&;
  using Numbers = const Planes<T>&;
  return {geometry_step<T, Geometry, int64_t, int64_t>,
          geometry_back_step<T, Geometry, Geometry, Numbers, int64_t, int64_t>,
          sums_step<T, Geometry, int64_t, int64_t>,
          sums_back_step<T, Geometry, Geometry, int64_t, int64_t>,
          turns_step<T, Turns, int64_t, int64_t>,
          turns_back_step<T, Turns, Turns, int64_t, int64_t>,
          activate_step<T, Numbers, Numbers, int64_t, int64_t>,
          activate_back_step<T, Numbers, Numbers, int64_t, int64_t>};
}

}  // namespace QFFC_ISA
}  // namespace qffc
