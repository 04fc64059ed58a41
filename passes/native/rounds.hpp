// The vectors that turn qubits in a round, activations, and the table of all parts of rounds. Included once for each
// instruction set, after round_geometry.hpp. On dual numbers every part differentiates itself.

namespace qffc {
namespace QFFC_ISA {

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
