// What all rounds share: distances and their basis, and sums of them over neighbours; and the way back. Included once for
// each instruction set, after round_numbers.hpp.

namespace qffc {
namespace QFFC_ISA {

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
          return from[3 * job.places[edge(lane)] + a] - from[3 * job.receivers[edge(lane)] + a];
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

}  // namespace QFFC_ISA
}  // namespace qffc
