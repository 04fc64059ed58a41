// The sweeps over a program: forward, observables, backward; for one block of circuits.

namespace qffc {
namespace QFFC_ISA {

// The memory of a block, laid out one after another.
template <class R>
struct Workspace {
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
    return sizeof(R) * (reals + 4 * (program.size() + tile_size(program)));
  }

  Workspace(const Program& program, void* memory) {
    const int64_t gates = static_cast<int64_t>(program.gates.size()), tile = tile_size(program);
    R* next = static_cast<R*>(memory);
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
  for (int32_t s = 0; s < program.slots; ++s) work.gradient[s] = number<R>(0);
  for (size_t g = 0; g < program.gates.size(); ++g)
    gather_gradient(program, program.gates[g], work.slots, work.numbers + numbers_per_gate * g,
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

// The place with two of its bits exchanged.
QFFC_INLINE int64_t swapped(int64_t place, int32_t a, int32_t b) {
  const int64_t differs = ((place >> a) ^ (place >> b)) & 1;
  return place ^ ((differs << a) | (differs << b));
}

// The amplitude at `place` of the observable applied to psi, for terms other than one inner product.
template <class R>
QFFC_INLINE Complex<R> observed_at(const ObservableTerm& term, const Complex<R>* psi, int64_t place) {
  using T = typename R::Scalar;
  if (term.kind == ObservableKind::pauli)
    return string_at(psi, place, term.place[0], term.place[1], term.place[2]);
  // (2 S - 1)(2 S' - 1) with S, S' exchanges.
  const int64_t one = swapped(place, term.place[0], term.place[1]);
  const int64_t other = swapped(place, term.place[2], term.place[3]);
  const int64_t both = swapped(one, term.place[2], term.place[3]);
  const auto sum = [](const R& here, const R& a, const R& b, const R& c) {
    return here + scaled(c + c - a - b, T(2));
  };
  return {sum(psi[place].re, psi[one].re, psi[other].re, psi[both].re),
          sum(psi[place].im, psi[one].im, psi[other].im, psi[both].im)};
}

template <class R>
void measure(const Program& program, const Workspace<R>& work) {
  for (int32_t m = 0; m < program.moments; ++m) work.moments[m] = number<R>(program.constants[m]);
  for (const ObservableTerm& term : program.observables) {
    R value = number<R>(0);
    if (term.kind == ObservableKind::dot)
      value = measure_dot(term, work.psi, program.size());
    else
      for (int64_t r = 0; r < program.size(); ++r) value += inner_re(work.psi[r], observed_at(term, work.psi, r));
    work.moments[term.moment] += scaled(value, static_cast<typename R::Scalar>(term.weight));
  }
}

// lambda = sum of weights times observables applied to psi. Multiples of psi are left out: no gradient sees them.
template <class R>
void weigh(const Program& program, const Workspace<R>& work) {
  using T = typename R::Scalar;
  for (int64_t r = 0; r < program.size(); ++r) work.lambda[r] = {number<R>(0), number<R>(0)};
  for (const ObservableTerm& term : program.observables) {
    const R weight = scaled(work.weights[term.moment], static_cast<T>(term.weight));
    if (term.kind == ObservableKind::dot) {
      const PairPlaces at(term.place[0], term.place[1]);
      const R twice = weight + weight;
      for (int64_t k = 0; k < program.size() / 4; ++k) {
        const int64_t base = at.base(k);
        const Complex<R> difference = work.psi[base | at.first] - work.psi[base | at.second];
        const Complex<R> part{twice * difference.re, twice * difference.im};
        work.lambda[base | at.first] = work.lambda[base | at.first] - part;
        work.lambda[base | at.second] = work.lambda[base | at.second] + part;
      }
      continue;
    }
    for (int64_t r = 0; r < program.size(); ++r) {
      const Complex<R> image = observed_at(term, work.psi, r);
      work.lambda[r] = {work.lambda[r].re + weight * image.re, work.lambda[r].im + weight * image.im};
    }
  }
}

}  // namespace QFFC_ISA
}  // namespace qffc
