// The sweeps over a program: forward, observables, backward; for one block of circuits.

namespace qffc {
namespace QFFC_ISA {

// The memory of a block, laid out one after another.
template <class R>
struct Workspace {
  bool* common_near;  // `all_near` of the gates that are the same for all circuits
  R *slots, *gradient, *numbers, *sums, *moments, *weights;
  Complex<R> *psi, *lambda, *tile_psi, *tile_lambda;

  static int64_t tile_size(const Program& program) {
    int64_t size = 1;
    for (const Tile& tile : program.tiles)
      if (!tile.whole && (int64_t{1} << tile.bits) > size) size = int64_t{1} << tile.bits;
    return size;
  }

  static int64_t bytes(const Program& program) {
    const int64_t gates = static_cast<int64_t>(program.gates.size());
    const int64_t reals = 2 * program.slots + (numbers_per_gate + sums_per_gate) * gates + 2 * program.moments;
    return alignment + sizeof(R) * (reals + 4 * (program.size() + tile_size(program)));
  }

  Workspace(const Program& program, void* memory) {
    const int64_t gates = static_cast<int64_t>(program.gates.size()), tile = tile_size(program);
    common_near = static_cast<bool*>(memory);
    R* next = reinterpret_cast<R*>(static_cast<char*>(memory) + alignment);
    const auto take = [&next](int64_t count) {
      R* begin = next;
      next += count;
      return begin;
    };
    const auto take_state = [&take](int64_t count) { return reinterpret_cast<Complex<R>*>(take(2 * count)); };
    slots = take(program.slots);
    gradient = take(program.slots);
    numbers = take(numbers_per_gate * gates);
    sums = take(sums_per_gate * gates);
    moments = take(program.moments);
    weights = take(program.moments);
    psi = take_state(program.size());
    lambda = take_state(program.size());
    tile_psi = take_state(tile);
    tile_lambda = take_state(tile);
  }
};

template <class R>
void forward(const Program& program, const Workspace<R>& work) {
  for (int64_t r = 0; r < program.size(); ++r) work.psi[r] = {number<R>(program.initial[r]), number<R>(0)};
  for (const Tile& tile : program.tiles) {
    const auto run = [&](Complex<R>* psi) {
      for (int32_t g = tile.first; g < tile.last; ++g)
        apply(program.gates[g], work.numbers + numbers_per_gate * g, psi, int64_t{1} << tile.bits);
    };
    if (tile.whole) {
      run(work.psi);
      continue;
    }
    const int64_t size = int64_t{1} << tile.bits;
    for (const int64_t start : tile.outside) {
      for (int64_t k = 0; k < size; ++k) work.tile_psi[k] = work.psi[start + tile.inside[k]];
      run(work.tile_psi);
      for (int64_t k = 0; k < size; ++k) work.psi[start + tile.inside[k]] = work.tile_psi[k];
    }
  }
}

template <class R>
void backward(const Program& program, const Workspace<R>& work) {
  for (size_t k = 0; k < sums_per_gate * program.gates.size(); ++k) work.sums[k] = number<R>(0);
  for (size_t t = program.tiles.size(); t-- > 0;) {
    const Tile& tile = program.tiles[t];
    const auto run = [&](Complex<R>* psi, Complex<R>* lambda) {
      for (int32_t g = tile.last; g-- > tile.first;)
        apply_back(program.gates[g], work.numbers + numbers_per_gate * g, psi, lambda, int64_t{1} << tile.bits,
                   work.sums + sums_per_gate * g);
    };
    if (tile.whole) {
      run(work.psi, work.lambda);
      continue;
    }
    const int64_t size = int64_t{1} << tile.bits;
    for (const int64_t start : tile.outside) {
      for (int64_t k = 0; k < size; ++k) {
        work.tile_psi[k] = work.psi[start + tile.inside[k]];
        work.tile_lambda[k] = work.lambda[start + tile.inside[k]];
      }
      run(work.tile_psi, work.tile_lambda);
      if (t == 0) continue;  // nothing reads the states any more
      for (int64_t k = 0; k < size; ++k) {
        work.psi[start + tile.inside[k]] = work.tile_psi[k];
        work.lambda[start + tile.inside[k]] = work.tile_lambda[k];
      }
    }
  }
}

// The numbers of some gates from the slots.
template <bool Near, class R>
void prepare_gates(const Program& program, const std::vector<int32_t>& gates, const Workspace<R>& work) {
  for (const int32_t g : gates)
    gate_numbers<Near>(program, program.gates[g], work.slots, work.numbers + numbers_per_gate * g);
}

// Returns `all_near` of the gates.
template <class R>
bool prepare_gates(const Program& program, const std::vector<int32_t>& gates, const Workspace<R>& work) {
  const bool near = all_near(program, gates, work.slots);
  near ? prepare_gates<true>(program, gates, work) : prepare_gates<false>(program, gates, work);
  return near;
}

// The gradient of the slots from the sums of all gates.
template <bool Near, class R>
void gather(const Program& program, const Workspace<R>& work) {
  for (int32_t s = 0; s < program.slots; ++s) work.gradient[s] = number<R>(0);
  for (size_t g = 0; g < program.gates.size(); ++g)
    gather_gradient<Near>(program, program.gates[g], work.slots, work.numbers + numbers_per_gate * g,
                          work.sums + sums_per_gate * g, work.gradient);
}

// --------------------------------------------------------------------------- observables

// An inner product of spins is 1 - 4 P with P the projector on the singlet.
template <class R>
QFFC_INLINE R measure_dot(const ObservableTerm& term, const Complex<R>* psi, int64_t size) {
  const PairPlaces at(term.place[0], term.place[1]);
  R sum = number<R>(0);
  for (int64_t k = 0; k < size / 4; ++k) {
    const Complex<R>* p = psi + at.base(k);
    const Complex<R> difference = p[at.first] - p[at.second];
    sum += inner_re(difference, difference);
  }
  return number<R>(1.0) - sum - sum;
}

// Two inner products on four qubits: the projector on both singlets is a quarter of the squares of these.
template <class R, class Visit>
QFFC_INLINE void for_each_two(const ObservableTerm& term, int64_t size, Visit visit) {
  int32_t s[4] = {term.place[0], term.place[1], term.place[2], term.place[3]};
  std::sort(s, s + 4);
  const int64_t a = int64_t{1} << term.place[0], b = int64_t{1} << term.place[1];
  const int64_t c = int64_t{1} << term.place[2], d = int64_t{1} << term.place[3];
  for (int64_t k = 0; k < size / 16; ++k) {
    const int64_t base = spread(spread(spread(spread(k, s[0]), s[1]), s[2]), s[3]);
    visit(base | a | c, base | b | c, base | a | d, base | b | d);
  }
}

// (1 - 4 P)(1 - 4 Q) = (1 - 4 P) + (1 - 4 Q) - 1 + 16 P Q.
template <class R>
QFFC_INLINE R measure_two_dots(const ObservableTerm& term, const Complex<R>* psi, int64_t size) {
  const ObservableTerm other{term.kind, term.moment, {term.place[2], term.place[3], 0, 0}, term.weight};
  R sum = number<R>(0);
  for_each_two<R>(term, size, [&](int64_t ac, int64_t bc, int64_t ad, int64_t bd) {
    const Complex<R> difference = (psi[ac] - psi[bc]) - (psi[ad] - psi[bd]);
    sum += inner_re(difference, difference);
  });
  return measure_dot(term, psi, size) + measure_dot(other, psi, size) - number<R>(1.0) + scaled(sum, typename R::Scalar(4));
}

// The amplitude at `place` of a Pauli string applied to psi.
template <class R>
QFFC_INLINE Complex<R> string_of(const ObservableTerm& term, const Complex<R>* psi, int64_t place) {
  return string_at(psi, place, term.place[0], term.place[1], term.place[2]);
}

template <class R>
void measure(const Program& program, const Workspace<R>& work) {
  for (int32_t m = 0; m < program.moments; ++m) work.moments[m] = number<R>(program.constants[m]);
  for (const ObservableTerm& term : program.observables) {
    R value = number<R>(0);
    if (term.kind == ObservableKind::dot)
      value = measure_dot(term, work.psi, program.size());
    else if (term.kind == ObservableKind::two_dots)
      value = measure_two_dots(term, work.psi, program.size());
    else
      for (int64_t r = 0; r < program.size(); ++r) value += inner_re(work.psi[r], string_of(term, work.psi, r));
    work.moments[term.moment] += scaled(value, static_cast<typename R::Scalar>(term.weight));
  }
}

// Adds -4 P psi, times a weight.
template <class R>
QFFC_INLINE void weigh_dot(int32_t a, int32_t b, const R& weight, const Workspace<R>& work, int64_t size) {
  const PairPlaces at(a, b);
  const R twice = weight + weight;
  for (int64_t k = 0; k < size / 4; ++k) {
    const int64_t base = at.base(k);
    const Complex<R> difference = work.psi[base | at.first] - work.psi[base | at.second];
    const Complex<R> part{twice * difference.re, twice * difference.im};
    work.lambda[base | at.first] = work.lambda[base | at.first] - part;
    work.lambda[base | at.second] = work.lambda[base | at.second] + part;
  }
}

// lambda = sum of weights times observables applied to psi. Multiples of psi are left out: no gradient sees them.
template <class R>
void weigh(const Program& program, const Workspace<R>& work) {
  using T = typename R::Scalar;
  const int64_t size = program.size();
  for (int64_t r = 0; r < size; ++r) work.lambda[r] = {number<R>(0), number<R>(0)};
  for (const ObservableTerm& term : program.observables) {
    const R weight = scaled(work.weights[term.moment], static_cast<T>(term.weight));
    if (term.kind == ObservableKind::pauli) {
      for (int64_t r = 0; r < size; ++r) {
        const Complex<R> image = string_of(term, work.psi, r);
        work.lambda[r] = {work.lambda[r].re + weight * image.re, work.lambda[r].im + weight * image.im};
      }
      continue;
    }
    weigh_dot(term.place[0], term.place[1], weight, work, size);
    if (term.kind == ObservableKind::dot) continue;
    weigh_dot(term.place[2], term.place[3], weight, work, size);
    const R four = scaled(weight, T(4));
    for_each_two<R>(term, size, [&](int64_t ac, int64_t bc, int64_t ad, int64_t bd) {
      const Complex<R> difference = (work.psi[ac] - work.psi[bc]) - (work.psi[ad] - work.psi[bd]);
      const Complex<R> part{four * difference.re, four * difference.im};
      work.lambda[ac] = work.lambda[ac] + part;
      work.lambda[bc] = work.lambda[bc] - part;
      work.lambda[ad] = work.lambda[ad] - part;
      work.lambda[bd] = work.lambda[bd] + part;
    });
  }
}

}  // namespace QFFC_ISA
}  // namespace qffc
