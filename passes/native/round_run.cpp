#include "round_run.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "layer_run.hpp"
#include "round_memory.hpp"

namespace qffc {

template <class T>
const RoundSteps<T>* find_rounds(const std::string& name) {
  const std::string own = isa_of<T>(name);
  return own.empty() ? nullptr : QFFC_TABLE(T, rounds, own);
}

namespace {

// Work that is worth another thread: what takes it some microseconds.
constexpr int64_t edges_of_task = 32, atoms_of_task = 4, numbers_of_task = 2048, most_parts = 16;

// What a round leaves behind for the way back.
template <class T>
struct RoundState {
  RoundTurns<T> turns;
  Planes<T> summed;          // (atoms, 3, first_rows): sums, and what was carried
  Planes<T> states;          // of the circuits
  Planes<T> layer, before, numbers;  // into the layer, before and behind the activation
  Planes<T> heard, sent;     // told to neighbours
};

template <class T>
class Run {
 public:
  Run(const std::string& instructions, const RoundJob<T>& job, int64_t threads, const ParallelFor& parallel_for)
      : job_(job),
        sizes_(job.sizes),
        steps_(*find_rounds<T>(instructions)),
        layers_(*find_layers<T>(instructions)),
        engine_(*find_engine<T>(instructions)),
        threads_(threads),
        parallel_for_(parallel_for),
        memory_(memory_of_thread<T>()),
        planes_(job.dual() ? 2 : 1) {
    memory_.reset();
    for (int64_t plane = 0; plane < planes_; ++plane)
      kinds_.insert(kinds_.end(), job.species, job.species + sizes_.atoms);
    own_rows_.resize(sizes_.atoms), first_row_.assign(sizes_.atoms, 0);
    for (int64_t atom = 0; atom < sizes_.atoms; ++atom) own_rows_[atom] = static_cast<int32_t>(atom);
    edge_kinds_.resize(sizes_.edges);
    for (int64_t edge = 0; edge < sizes_.edges; ++edge)
      edge_kinds_[edge] = static_cast<int32_t>(job.species[job.receivers[edge]] * sizes_.species +
                                               job.species[job.senders[edge]]);
  }

  void all() {
    geometry_ = new_geometry();
    each(sizes_.edges, edges_of_task, [&](int64_t from, int64_t to) { steps_.geometry(job_, geometry_, from, to); });
    each(sizes_.atoms, atoms_of_task, [&](int64_t from, int64_t to) { steps_.sums(job_, geometry_, from, to); });
    states_.resize(sizes_.rounds);
    for (int64_t round = 0; round < sizes_.rounds; ++round) forward(round);
    head();
    Planes<T> by_last = taken(sizes_.atoms);
    seed(by_last);
    Planes<T> by_numbers = head_back(by_last);
    by_geometry_ = new_geometry();
    for (const Planes<T>& each : {by_geometry_.units, by_geometry_.basis, by_geometry_.sums, by_geometry_.squares})
      clear(each);
    Planes<T> by_carried{};
    for (int64_t round = sizes_.rounds - 1; round >= 0; --round) back(round, by_numbers, by_carried);
    geometry_back();
  }

 private:
  Planes<T> taken(int64_t size) { return {memory_.take(planes_ * size), size}; }
  void clear(const Planes<T>& numbers) { std::fill_n(numbers.values, planes_ * numbers.size, T(0)); }
  T* along(const Planes<T>& numbers) const { return numbers.values + numbers.size; }

  // Parts do not depend on threads, so neither do results.
  template <class Work>
  void each(int64_t count, int64_t of_task, const Work& work) {
    const int64_t parts = std::clamp<int64_t>(count / of_task, 1, most_parts);
    if (parts == 1) return work(0, count);
    parallel_for_(parts, [&](int64_t part) { work(count * part / parts, count * (part + 1) / parts); });
  }

  // Rows of atoms times the matrix of their species: `batch` rows of each atom.
  void product(ProductMode mode, const T* left, const T* right, const T* weights, T* result, int64_t batch, int64_t in,
               int64_t out) {
    Product<T> product{};
    product.mode = mode, product.in = in, product.out = out;
    product.left = left, product.right = right, product.weights = weights, product.result = result;
    if (!run_product<T>(layers_, std::move(product), kinds_.data(), planes_ * sizes_.atoms, batch, sizes_.species,
                        threads_, parallel_for_))
      throw Missing();
  }
  Planes<T> times(const Planes<T>& rows, const T* weights, int64_t batch, int64_t in, int64_t out) {
    const Planes<T> found = taken(sizes_.atoms * batch * out);
    product(ProductMode::forward, rows.values, nullptr, weights, found.values, batch, in, out);
    return found;
  }
  Planes<T> back_through(const Planes<T>& gradient, const T* weights, int64_t batch, int64_t in, int64_t out) {
    const Planes<T> found = taken(sizes_.atoms * batch * in);
    product(ProductMode::backward, nullptr, gradient.values, weights, found.values, batch, in, out);
    return found;
  }
  void by_weights(const Planes<T>& rows, const Planes<T>& gradient, T* result, int64_t batch, int64_t in, int64_t out) {
    product(ProductMode::outer, rows.values, gradient.values, nullptr, result, batch, in, out);
  }

  void add_bias(const Planes<T>& rows, const T* bias, int64_t width) {
    for (int64_t atom = 0; atom < sizes_.atoms; ++atom)
      for (int64_t k = 0; k < width; ++k) rows.values[atom * width + k] += bias[job_.species[atom] * width + k];
  }
  void by_bias(const Planes<T>& gradient, T* result, int64_t width) {
    std::fill_n(result, sizes_.species * width, T(0));
    for (int64_t atom = 0; atom < sizes_.atoms; ++atom)
      for (int64_t k = 0; k < width; ++k) result[job_.species[atom] * width + k] += gradient.values[atom * width + k];
  }

  // Columns of rows: (rows, from_width) at `from_start` to (rows, to_width) at `to_start`; added where asked for.
  template <bool Add = false>
  void columns(const Planes<T>& from, int64_t from_width, int64_t from_start, const Planes<T>& to, int64_t to_width,
               int64_t to_start, int64_t width, int64_t rows) {
    for (int64_t plane = 0; plane < planes_; ++plane)
      for (int64_t row = 0; row < rows; ++row) {
        const T* source = from.values + plane * from.size + row * from_width + from_start;
        T* target = to.values + plane * to.size + row * to_width + to_start;
        for (int64_t k = 0; k < width; ++k) {
          if constexpr (Add) target[k] += source[k];
          else target[k] = source[k];
        }
      }
  }

  RoundGeometry<T> new_geometry() {
    return {taken(sizes_.edges * 3), taken(sizes_.edges * sizes_.basis), taken(sizes_.atoms * 3 * sizes_.summed()),
            taken(sizes_.atoms * 6 * sizes_.summed())};
  }
  RoundTurns<T> new_turns() {
    const int64_t size = sizes_.atoms * sizes_.all_turns();
    return {{}, {}, taken(size * 3), taken(size * 3)};
  }

  // ------------------------------------------------------------------------- forward

  void forward(int64_t round) {
    RoundState<T>& state = states_[round];
    const RoundWeights<const T*>& weights = job_.rounds[round];
    const int64_t atoms = sizes_.atoms, turns = sizes_.all_turns(), rows = sizes_.first_rows(round);
    if (round > 0) hear(round);
    state.turns = new_turns();
    if (round == 0) {
      state.summed = geometry_.sums;
    } else {
      columns(geometry_.sums, sizes_.summed(), 0, state.summed, rows, 0, sizes_.summed(), atoms * 3);
    }
    state.turns.first = times(state.summed, weights.first, 3, rows, 2 * turns);
    state.turns.along = times(geometry_.squares, weights.along, 6, sizes_.summed(), turns);
    each(atoms, atoms_of_task, [&](int64_t from, int64_t to) { steps_.turns(job_, state.turns, from, to); });
    measure(round);
    layer(round);
    if (round + 1 < sizes_.rounds) tell(round);
  }

  Job<T> circuits(int64_t round, Mode mode) {
    RoundState<T>& state = states_[round];
    Job<T> job{};
    job.program = job_.program, job.mode = mode;
    job.frames = 1, job.instances = sizes_.atoms, job.channels = sizes_.channels;
    const int64_t angles = job_.program->slots - 3 * sizes_.turns;
    job.tables.push_back({1, sizes_.atoms, sizes_.channels, 3 * sizes_.turns, state.turns.turned.values,
                          job_.dual() ? along(state.turns.turned) : nullptr, nullptr, nullptr});
    job.rows.push_back(own_rows_.data());
    if (angles > 0) {
      const int64_t size = sizes_.channels * angles;
      if (job_.dual() && still_ == nullptr) std::fill_n(still_ = memory_.take(size), size, T(0));
      job.tables.push_back({1, 1, sizes_.channels, angles, job_.rounds[round].angles, still_, nullptr, nullptr});
      job.rows.push_back(first_row_.data());
    }
    return job;
  }

  void run_circuits(Job<T> job) {
    if (!run<T>(engine_, std::move(job), threads_, parallel_for_)) throw Missing();
  }

  // Moments go to the first columns of the rows of the layer, shifted and scaled.
  void measure(int64_t round) {
    RoundState<T>& state = states_[round];
    const int64_t features = sizes_.features(), width = sizes_.layer_rows(round), atoms = sizes_.atoms;
    const int64_t blocks = (atoms * sizes_.channels + engine_.lanes - 1) / engine_.lanes;
    state.states = taken(blocks * engine_.lanes * 2 * job_.program->size());
    const Planes<T> moments = taken(atoms * features);
    Job<T> job = circuits(round, job_.dual() ? Mode::moments_along : Mode::moments);
    job.moments = moments.values, job.states = state.states.values;
    if (job_.dual()) job.moments_along = along(moments);
    run_circuits(std::move(job));
    if (round == 0) state.layer = taken(atoms * width);
    for (int64_t plane = 0; plane < planes_; ++plane)
      for (int64_t atom = 0; atom < atoms; ++atom) {
        const int64_t own = (job_.species[atom] * sizes_.rounds + round) * features;
        const T *shift = job_.shift + own, *scale = job_.scale + own;
        const T* from = moments.values + plane * moments.size + atom * features;
        T* to = state.layer.values + plane * state.layer.size + atom * width;
        for (int64_t k = 0; k < features; ++k) to[k] = (plane == 0 ? from[k] - shift[k] : from[k]) / scale[k];
      }
  }

  void layer(int64_t round) {
    RoundState<T>& state = states_[round];
    const int64_t width = sizes_.numbers, atoms = sizes_.atoms;
    state.before = times(state.layer, job_.rounds[round].weight, 1, sizes_.layer_rows(round), width);
    add_bias(state.before, job_.rounds[round].bias, width);
    state.numbers = activated(state.before);
    if (round > 0) columns<true>(states_[round - 1].numbers, width, 0, state.numbers, width, 0, width, atoms);
  }

  Planes<T> activated(const Planes<T>& before) {
    const Planes<T> after = taken(before.size);
    each(before.size, numbers_of_task,
         [&](int64_t from, int64_t to) { steps_.activate(job_, before, after, from, to); });
    return after;
  }

  // What an atom tells its neighbours: vectors of its own with what its numbers tell behind them, and numbers.
  void tell(int64_t round) {
    RoundState<T>& state = states_[round];
    const RoundWeights<const T*>& weights = job_.rounds[round];
    const int64_t atoms = sizes_.atoms, vectors = sizes_.vectors, numbers = sizes_.numbers;
    const Planes<T> own = times(state.turns.rows, weights.mix, 3, sizes_.all_turns(), vectors);
    const Planes<T> told = times(state.numbers, weights.tell, 1, numbers, numbers + vectors);
    state.heard = taken(atoms * 4 * vectors), state.sent = taken(atoms * numbers);
    columns(own, 3 * vectors, 0, state.heard, 4 * vectors, 0, 3 * vectors, atoms);
    columns(told, numbers + vectors, numbers, state.heard, 4 * vectors, 3 * vectors, vectors, atoms);
    columns(told, numbers + vectors, 0, state.sent, numbers, 0, numbers, atoms);
  }

  Messages<T> messages(int64_t told_in, MessageMode mode) {
    const RoundState<T>& state = states_[told_in];
    Messages<T> job{};
    job.mode = mode;
    job.edges = sizes_.edges, job.batch = 1, job.basis = sizes_.basis, job.kinds = sizes_.species * sizes_.species;
    job.atoms = sizes_.atoms, job.vectors = sizes_.vectors, job.numbers = sizes_.numbers;
    job.receivers = job_.receivers, job.senders = job_.senders, job.edge_kinds = edge_kinds_.data();
    job.values = {geometry_.basis.values, geometry_.units.values, job_.rounds[told_in].tables, state.heard.values,
                  state.sent.values};
    if (job_.dual())
      job.along = {along(geometry_.basis), along(geometry_.units), nullptr, along(state.heard), along(state.sent)};
    return job;
  }

  // What was told in the round before goes into the rows of this one.
  void hear(int64_t round) {
    RoundState<T>& state = states_[round];
    const RoundState<T>& before = states_[round - 1];
    const int64_t atoms = sizes_.atoms, vectors = sizes_.vectors, numbers = sizes_.numbers;
    const int64_t rows = sizes_.first_rows(round), width = sizes_.layer_rows(round), features = sizes_.features();
    const Planes<T> found = taken(atoms * 3 * vectors), said = taken(atoms * numbers);
    Messages<T> job = messages(round - 1, MessageMode::forward);
    job.vectors_out = found.values, job.numbers_out = said.values;
    run_of(job);
    if (job_.dual()) {
      job.mode = MessageMode::along;
      job.vectors_out = along(found), job.numbers_out = along(said);
      run_of(job);
    }
    for (int64_t plane = 0; plane < planes_; ++plane)
      for (int64_t atom = 0; atom < atoms; ++atom)
        for (int64_t k = 0; k < 3 * vectors; ++k)
          found.values[plane * found.size + atom * 3 * vectors + k] +=
              before.heard.values[plane * before.heard.size + atom * 4 * vectors + k];
    state.summed = taken(atoms * 3 * rows), state.layer = taken(atoms * width);
    columns(found, vectors, 0, state.summed, rows, sizes_.summed(), vectors, atoms * 3);
    columns(before.numbers, numbers, 0, state.layer, width, features, numbers, atoms);
    columns(said, numbers, 0, state.layer, width, features + numbers, numbers, atoms);
  }

  void run_of(const Messages<T>& job) {
    if (!run_messages<T>(layers_, job, parallel_for_)) throw Missing();
  }

  void head() {
    Planes<T> value = states_.back().numbers;
    for (size_t k = 0; k < job_.head.size(); ++k) {
      const HeadLayer<const T*>& own = job_.head[k];
      inputs_.push_back(value);
      before_.push_back(times(value, own.weight, 1, own.in, own.out));
      add_bias(before_.back(), own.bias, own.out);
      value = k + 1 < job_.head.size() ? activated(before_.back()) : before_.back();
    }
    std::copy_n(value.values, sizes_.atoms, job_.energies);
  }

  // ------------------------------------------------------------------------- back

  // The gradient by what the last layer gives, (atoms,): weights of energies, then those of their derivatives.
  void seed(const Planes<T>& by_last) {
    std::fill_n(job_.gradient, sizes_.places * 3, T(0));
    if (job_.limits != nullptr) {
      const auto along_of = [&](const T* off, T* along) {
        product(ProductMode::forward, off, nullptr, job_.limits->directions, along, 1, job_.limits->width,
                job_.limits->axes);
      };
      return apply_limits<T>(job_, along_of, by_last.values, job_.gradient);
    }
    std::fill_n(job_.grades, sizes_.atoms, T(0));
    const auto fill = [&](const T* weights, T* to) {
      if (weights == nullptr) std::fill_n(to, sizes_.atoms, T(1));
      else std::copy_n(weights, sizes_.atoms, to);
    };
    fill(job_.by_energies, by_last.values);
    if (job_.dual()) fill(job_.by_slopes, along(by_last));
  }

  void activate_back(const Planes<T>& before, const Planes<T>& gradient) {
    each(before.size, numbers_of_task,
         [&](int64_t from, int64_t to) { steps_.activate_back(job_, before, gradient, from, to); });
  }

  Planes<T> head_back(Planes<T> gradient) {
    for (size_t k = job_.head.size(); k-- > 0;) {
      const HeadLayer<const T*>& own = job_.head[k];
      if (k + 1 < job_.head.size()) activate_back(before_[k], gradient);
      if (!job_.head_gradients.empty()) {
        by_weights(inputs_[k], gradient, job_.head_gradients[k].weight, 1, own.in, own.out);
        by_bias(gradient, job_.head_gradients[k].bias, own.out);
      }
      gradient = back_through(gradient, own.weight, 1, own.in, own.out);
    }
    return gradient;
  }

  const RoundWeights<T*>* gradients(int64_t round) const {
    return job_.round_gradients.empty() ? nullptr : &job_.round_gradients[round];
  }

  // by_numbers: the gradient by the numbers behind the round, then by those before it. by_carried: by the vectors
  // (atoms, 3, vectors) that the next round was given, then by those that this one was.
  void back(int64_t round, Planes<T>& by_numbers, Planes<T>& by_carried) {
    RoundState<T>& state = states_[round];
    const RoundWeights<const T*>& weights = job_.rounds[round];
    const RoundWeights<T*>* out = gradients(round);
    const int64_t atoms = sizes_.atoms, turns = sizes_.all_turns(), width = sizes_.layer_rows(round);
    const int64_t numbers = sizes_.numbers, vectors = sizes_.vectors, features = sizes_.features();
    RoundTurns<T> gradient = new_turns();
    gradient.first = taken(atoms * 3 * 2 * turns), gradient.along = taken(atoms * 6 * turns);
    if (round + 1 < sizes_.rounds) tell_back(round, by_numbers, by_carried, gradient.rows);
    else clear(gradient.rows);
    const Planes<T> by_layer_out = taken(by_numbers.size);
    std::copy_n(by_numbers.values, planes_ * by_numbers.size, by_layer_out.values);
    activate_back(state.before, by_layer_out);
    if (out != nullptr) {
      by_weights(state.layer, by_layer_out, out->weight, 1, width, numbers);
      by_bias(by_layer_out, out->bias, numbers);
    }
    const Planes<T> by_layer = back_through(by_layer_out, weights.weight, 1, width, numbers);
    const Planes<T> by_moments = taken(atoms * features);
    for (int64_t plane = 0; plane < planes_; ++plane)
      for (int64_t atom = 0; atom < atoms; ++atom) {
        const T* scale = job_.scale + (job_.species[atom] * sizes_.rounds + round) * features;
        const T* from = by_layer.values + plane * by_layer.size + atom * width;
        T* to = by_moments.values + plane * by_moments.size + atom * features;
        for (int64_t k = 0; k < features; ++k) to[k] = from[k] / scale[k];
      }
    if (round > 0) {
      columns<true>(by_layer, width, features, by_numbers, numbers, 0, numbers, atoms);
      by_said_ = taken(atoms * numbers);
      columns(by_layer, width, features + numbers, by_said_, numbers, 0, numbers, atoms);
    }
    circuits_back(round, by_moments, gradient.turned);
    each(atoms, atoms_of_task,
         [&](int64_t from, int64_t to) { steps_.turns_back(job_, state.turns, gradient, from, to); });
    const int64_t rows = sizes_.first_rows(round);
    if (out != nullptr) {
      by_weights(state.summed, gradient.first, out->first, 3, rows, 2 * turns);
      by_weights(geometry_.squares, gradient.along, out->along, 6, sizes_.summed(), turns);
    }
    const Planes<T> by_summed = back_through(gradient.first, weights.first, 3, rows, 2 * turns);
    const Planes<T> by_squares = back_through(gradient.along, weights.along, 6, sizes_.summed(), turns);
    columns<true>(by_summed, rows, 0, by_geometry_.sums, sizes_.summed(), 0, sizes_.summed(), atoms * 3);
    columns<true>(by_squares, by_squares.size, 0, by_geometry_.squares, by_squares.size, 0, by_squares.size, 1);
    if (round == 0) return;
    by_carried = taken(atoms * 3 * vectors);
    columns(by_summed, rows, sizes_.summed(), by_carried, vectors, 0, vectors, atoms * 3);
  }

  void circuits_back(int64_t round, const Planes<T>& by_moments, const Planes<T>& by_turned) {
    Job<T> job = circuits(round, job_.dual() ? Mode::gradient_along : Mode::gradient);
    job.kept_states = states_[round].states.values;
    // On dual numbers weights are those of derivatives, and beside them those of values.
    job.weights = job_.dual() ? along(by_moments) : by_moments.values;
    if (job_.dual()) job.weights_along = by_moments.values;
    const auto point = [&](Table<T>& table, T* by_values, T* by_along) {
      table.gradient = job_.dual() ? by_along : by_values;
      table.gradient_along = job_.dual() ? by_values : nullptr;
    };
    point(job.tables[0], by_turned.values, along(by_turned));
    if (job.tables.size() > 1) {
      const int64_t size = job.tables[1].row_count() * job.tables[1].width;
      const RoundWeights<T*>* out = gradients(round);
      point(job.tables[1], out == nullptr ? memory_.take(size) : out->angles, memory_.take(size));
    }
    run_circuits(std::move(job));
  }

  // Messages of a round back: adds to the gradient by its numbers, and begins that by the vectors that turned.
  void tell_back(int64_t round, const Planes<T>& by_numbers, const Planes<T>& by_carried, const Planes<T>& by_rows) {
    const RoundState<T>& state = states_[round];
    const RoundWeights<const T*>& weights = job_.rounds[round];
    const RoundWeights<T*>* out = gradients(round);
    const int64_t atoms = sizes_.atoms, vectors = sizes_.vectors, numbers = sizes_.numbers, turns = sizes_.all_turns();
    const RoundGeometry<T> here{taken(sizes_.edges * 3), taken(sizes_.edges * sizes_.basis), {}, {}};
    const Planes<T> by_heard = taken(atoms * 4 * vectors), by_sent = taken(atoms * numbers);
    Messages<T> job = messages(round, job_.dual() ? MessageMode::twice : MessageMode::reverse);
    job.vector_weights = job_.dual() ? along(by_carried) : by_carried.values;
    job.number_weights = job_.dual() ? along(by_said_) : by_said_.values;
    job.gradient = {here.basis.values, here.units.values, out == nullptr ? nullptr : out->tables, by_heard.values,
                    by_sent.values};
    job.want_tables = out != nullptr;
    if (job_.dual()) {
      job.vector_weights_along = by_carried.values, job.number_weights_along = by_said_.values;
      job.gradient_along = {along(here.basis), along(here.units), nullptr, along(by_heard), along(by_sent)};
    }
    run_of(job);
    columns<true>(here.units, here.units.size, 0, by_geometry_.units, here.units.size, 0, here.units.size, 1);
    columns<true>(here.basis, here.basis.size, 0, by_geometry_.basis, here.basis.size, 0, here.basis.size, 1);
    // Vectors of an atom's own are carried on, too.
    const Planes<T> by_own = taken(atoms * 3 * vectors), by_told = taken(atoms * (numbers + vectors));
    std::copy_n(by_carried.values, planes_ * by_carried.size, by_own.values);
    columns<true>(by_heard, 4 * vectors, 0, by_own, 3 * vectors, 0, 3 * vectors, atoms);
    columns(by_heard, 4 * vectors, 3 * vectors, by_told, numbers + vectors, numbers, vectors, atoms);
    columns(by_sent, numbers, 0, by_told, numbers + vectors, 0, numbers, atoms);
    if (out != nullptr) {
      by_weights(state.turns.rows, by_own, out->mix, 3, turns, vectors);
      by_weights(state.numbers, by_told, out->tell, 1, numbers, numbers + vectors);
    }
    const Planes<T> more = back_through(by_told, weights.tell, 1, numbers, numbers + vectors);
    columns<true>(more, more.size, 0, by_numbers, more.size, 0, more.size, 1);
    product(ProductMode::backward, nullptr, by_own.values, weights.mix, by_rows.values, 3, turns, vectors);
  }

  void geometry_back() {
    each(sizes_.atoms, atoms_of_task,
         [&](int64_t from, int64_t to) { steps_.sums_back(job_, geometry_, by_geometry_, from, to); });
    const Planes<T> by_edges = taken(sizes_.edges * 3);
    each(sizes_.edges, edges_of_task, [&](int64_t from, int64_t to) {
      steps_.geometry_back(job_, geometry_, by_geometry_, by_edges, from, to);
    });
    for (int64_t edge = 0; edge < sizes_.edges; ++edge)
      for (int64_t a = 0; a < 3; ++a) {
        job_.gradient[3 * job_.places[edge] + a] += by_edges.values[3 * edge + a];
        job_.gradient[3 * job_.receivers[edge] + a] -= by_edges.values[3 * edge + a];
      }
  }

  const RoundJob<T>& job_;
  const RoundSizes& sizes_;
  const RoundSteps<T>& steps_;
  const Layers<T>& layers_;
  const Engine<T>& engine_;
  int64_t threads_;
  const ParallelFor& parallel_for_;
  Memory<T>& memory_;
  int64_t planes_;
  std::vector<int32_t> kinds_, own_rows_, first_row_, edge_kinds_;
  T* still_ = nullptr;  // the direction of angles, which stay
  RoundGeometry<T> geometry_{}, by_geometry_{};
  std::vector<RoundState<T>> states_;
  std::vector<Planes<T>> inputs_, before_;
  Planes<T> by_said_{};
};

}  // namespace

template <class T>
bool run_rounds(const std::string& instructions, const RoundJob<T>& job, int64_t threads,
                const ParallelFor& parallel_for) {
  if (job.sizes.places == 0) {
    RoundJob<T> own = job;
    own.places = own.senders, own.sizes.places = own.sizes.atoms;
    return run_rounds<T>(instructions, own, threads, parallel_for);
  }
  try {
    Run<T>(instructions, job, threads, parallel_for).all();
    return true;
  } catch (const Missing&) {
    return false;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

#define QFFC_DEFINE(T)                                                 \
  template const RoundSteps<T>* find_rounds<T>(const std::string&);    \
  template bool run_rounds<T>(const std::string&, const RoundJob<T>&, int64_t, const ParallelFor&);
QFFC_DEFINE(double)
QFFC_DEFINE(float)
#undef QFFC_DEFINE

}  // namespace qffc
