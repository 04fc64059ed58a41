// Rounds of circuits as a foreign function of XLA, and for callers that have addresses.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "helpers.hpp"
#include "round_dynamics.hpp"
#include "round_run.hpp"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace {

using Ints = ffi::Span<const int32_t>;
using Reals = ffi::Span<const double>;

ffi::Error wrong(const char* what) { return ffi::Error::InvalidArgument(std::string("qffc: ") + what); }

struct Array {
  void* data;
  ffi::DataType type;
  const int64_t* shape;
  size_t axes;

  int64_t count() const { return std::accumulate(shape, shape + axes, int64_t{1}, std::multiplies<int64_t>()); }
};
using Arrays = std::vector<Array>;

// Takes arrays one after another, and notes whether all were of the type and shape that they must have.
template <class T>
class Taker {
 public:
  Taker(const Arrays& in, const Arrays& out) : in_(in), out_(out) {}

  const T* read(std::initializer_list<int64_t> shape) { return at<const T>(next(), shape, kind()); }
  const T* read_some(std::initializer_list<int64_t> shape) {  // or an empty array
    const Array found = next();
    return found.count() == 0 ? nullptr : at<const T>(found, shape, kind());
  }
  const int32_t* read_numbers(int64_t count, int64_t limit) {
    const int32_t* found = at<const int32_t>(next(), {count}, ffi::DataType::S32);
    good_ = good_ && std::all_of(found, found + count, [&](int32_t each) { return each >= 0 && each < limit; });
    return found;
  }
  T* write(std::initializer_list<int64_t> shape) {
    if (written_ >= out_.size()) return good_ = false, nullptr;
    return at<T>(out_[written_++], shape, kind());
  }
  // The size of an axis of an array further on, -1 where there is none.
  int64_t axis(size_t ahead, size_t axis) const {
    if (read_ + ahead >= in_.size() || axis >= in_[read_ + ahead].axes) return -1;
    return in_[read_ + ahead].shape[axis];
  }
  size_t left() const { return in_.size() - read_; }
  bool good() const { return good_; }
  bool done() const { return good_ && read_ == in_.size() && written_ == out_.size(); }

 private:
  static constexpr ffi::DataType kind() { return sizeof(T) == 8 ? ffi::DataType::F64 : ffi::DataType::F32; }
  Array next() {
    if (read_ < in_.size()) return in_[read_++];
    good_ = false;
    return in_[0];
  }
  template <class P>
  P* at(const Array& array, std::initializer_list<int64_t> shape, ffi::DataType type) {
    good_ = good_ && array.type == type && std::equal(array.shape, array.shape + array.axes, shape.begin(), shape.end());
    return static_cast<P*>(array.data);
  }

  const Arrays& in_;
  const Arrays& out_;
  size_t read_ = 0, written_ = 0;
  bool good_ = true;
};

struct Attributes {
  int64_t rounds, turns;
  double cutoff, reach;
  bool tanh, limits, along, want_weights;
};

// Dynamics in the place of one run: the job has the atoms of a group.
struct Moved {
  const qffc::Dynamics& given;
  int32_t result = 1;

  bool fits(int64_t atoms) const {
    return given.replicas > 0 && given.atoms > 0 && given.group > 0 && given.group <= given.replicas &&
           given.steps >= 0 && given.atoms * given.group == atoms;
  }
};

// Edges that count, those of a receiver side by side, as a run wants them.
struct Edges {
  std::vector<int32_t> receivers, senders, places;
  std::vector<int64_t> starts;

  template <class T>
  Edges(const int32_t* from, const int32_t* to, const int32_t* at, const T* present, int64_t count, int64_t atoms)
      : starts(atoms + 1, 0) {
    const auto counts = [&](int64_t edge) { return present == nullptr || present[edge] != T(0); };
    for (int64_t edge = 0; edge < count; ++edge) starts[from[edge] + 1] += counts(edge);
    for (int64_t atom = 0; atom < atoms; ++atom) starts[atom + 1] += starts[atom];
    for (auto* each : {&receivers, &senders, &places}) each->resize(starts.back());
    std::vector<int64_t> next(starts.begin(), starts.end() - 1);
    for (int64_t edge = 0; edge < count; ++edge) {
      if (!counts(edge)) continue;
      const int64_t place = next[from[edge]]++;
      receivers[place] = from[edge], senders[place] = to[edge], places[place] = at[edge];
    }
  }
};

// The arrays of a round in their order, each by take(shape).
template <class P, class Take>
qffc::RoundWeights<P> round_arrays(const qffc::RoundSizes& sizes, int64_t round, int64_t angles, const Take& take) {
  const int64_t species = sizes.species, turns = sizes.all_turns(), width = sizes.numbers, vectors = sizes.vectors;
  qffc::RoundWeights<P> found{};
  found.first = take({species, sizes.first_rows(round), 2 * turns});
  found.along = take({species, sizes.summed(), turns});
  found.angles = take({sizes.channels, angles});
  found.weight = take({species, sizes.layer_rows(round), width});
  found.bias = take({species, width});
  if (round + 1 == sizes.rounds) return found;
  found.mix = take({species, turns, vectors});
  found.tell = take({species, width, width + vectors});
  found.tables = take({species * species, sizes.basis, 3 * vectors + width});
  return found;
}

// Arrays in this order: positions, species, receivers, senders, where these stand, which edges count; shift and scale of
// features; ranges of distances that were seen; of limits nine; arrays of rounds, then of layers; with derivatives along a direction that
// direction, and weights of energies and of derivatives.
template <class T>
ffi::Error rounds_as(const Attributes& given, const qffc::Program& program, int64_t threads, const Arrays& in,
                     const Arrays& out, std::string_view instructions, Moved* moved) {
  const qffc::RoundSteps<T>* steps = qffc::find_rounds<T>(std::string(instructions));
  if (steps == nullptr) return wrong("no such instruction set on this machine");
  Taker<T> take(in, out);
  qffc::RoundJob<T> job{};
  qffc::RoundSizes& sizes = job.sizes;
  sizes.places = take.axis(0, 0), sizes.atoms = take.axis(1, 0), sizes.rounds = given.rounds, sizes.turns = given.turns;
  sizes.cutoff = given.cutoff, sizes.tanh = given.tanh;
  sizes.species = take.axis(6, 0), sizes.observables = program.moments;
  const size_t first = 9 + (given.limits ? 9 : 0);
  sizes.channels = take.axis(first + 2, 0), sizes.numbers = take.axis(first + 4, 1);
  const int64_t angles = take.axis(first + 2, 1);
  sizes.vectors = given.rounds > 1 ? take.axis(first + 5, 2) : 0;
  sizes.basis = sizes.species > 0 ? take.axis(first + 1, 1) / sizes.species : 0;
  if (sizes.atoms < 1 || sizes.places < sizes.atoms || sizes.species < 1 || sizes.channels < 1 || sizes.numbers < 1 || sizes.basis < 1 ||
      sizes.basis > qffc::most_basis || sizes.vectors < 0 || sizes.turns < 1 || sizes.rounds < 1)
    return wrong("arrays of rounds of other shapes");
  if (!program.indexed || program.tables != (angles > 0 ? 2 : 1) || program.slots != 3 * sizes.turns + angles)
    return wrong("a program that reads other tables");
  job.program = &program;
  job.positions = take.read({sizes.places, 3});
  job.species = take.read_numbers(sizes.atoms, sizes.species);
  const int64_t edges = take.axis(0, 0);
  const int32_t* receivers = take.read_numbers(edges, sizes.atoms);
  const int32_t* senders = take.read_numbers(edges, sizes.atoms);
  const int32_t* places = take.read_numbers(edges, sizes.places);
  const T* present = take.read_some({edges});
  const int64_t features = sizes.rounds * sizes.features();
  job.shift = take.read({sizes.species, features}), job.scale = take.read({sizes.species, features});
  job.seen = take.read_some({sizes.species, sizes.species, 3, 2});
  qffc::Limits<T> limits{};
  if (given.limits) {
    limits.reach = given.reach, limits.width = take.axis(4, 1), limits.axes = take.axis(5, 2);
    limits.scale = take.read({});
    limits.binding = take.read({sizes.species}), limits.floor = take.read({sizes.species});
    limits.nearest = take.read({sizes.species, sizes.species});
    limits.mean = take.read({sizes.species, limits.width});
    limits.directions = take.read({sizes.species, limits.width, limits.axes});
    limits.widths = take.read({sizes.species, limits.axes});
    limits.rest = take.read({sizes.species}), limits.charges = take.read({sizes.species});
    const int64_t densities = sizes.species * 6;
    if (limits.width != densities + densities * (densities + 1) || job.seen == nullptr || given.along)
      return wrong("limits of another shape");
    job.limits = &limits;
  }
  const auto read = [&](std::initializer_list<int64_t> shape) { return take.read(shape); };
  const auto write = [&](std::initializer_list<int64_t> shape) { return take.write(shape); };
  for (int64_t round = 0; round < sizes.rounds; ++round)
    job.rounds.push_back(round_arrays<const T*>(sizes, round, angles, read));
  const size_t behind = given.along ? 3 : 0;
  for (int64_t before = sizes.numbers; take.good() && take.left() > behind;) {
    const int64_t width = take.axis(0, 2);
    const T* weight = take.read({sizes.species, before, width});
    job.head.push_back({before, width, weight, take.read({sizes.species, width})});
    before = width;
  }
  if (job.head.empty() || job.head.back().out != 1) return wrong("a network that ends in no energy");
  if (given.along) {
    job.direction = take.read({sizes.places, 3});
    job.by_energies = take.read({sizes.atoms}), job.by_slopes = take.read({sizes.atoms});
  }
  job.energies = take.write({sizes.atoms}), job.grades = take.write({sizes.atoms});
  job.gradient = take.write({sizes.places, 3});
  if (given.want_weights) {
    for (int64_t round = 0; round < sizes.rounds; ++round)
      job.round_gradients.push_back(round_arrays<T*>(sizes, round, angles, write));
    for (const auto& layer : job.head)
      job.head_gradients.push_back(
          {layer.in, layer.out, take.write({sizes.species, layer.in, layer.out}), take.write({sizes.species, layer.out})});
  }
  if (!take.done()) return wrong("arrays of shapes that do not fit each other");
  if (moved != nullptr) {
    if (!moved->fits(sizes.atoms)) return wrong("replicas of another size");
    moved->result = qffc::run_dynamics<T>(std::string(instructions), job, moved->given, threads);
    return ffi::Error::Success();
  }
  const Edges found(receivers, senders, places, present, edges, sizes.atoms);
  sizes.edges = static_cast<int64_t>(found.receivers.size());
  job.receivers = found.receivers.data(), job.senders = found.senders.data();
  job.places = found.places.data(), job.starts = found.starts.data();
  const auto parallel_for = [threads](int64_t tasks, const std::function<void(int64_t)>& work) {
    qffc::Helpers::of_process().share(tasks, threads, work);
  };
  if (!qffc::run_rounds<T>(std::string(instructions), job, threads, parallel_for))
    return ffi::Error(ffi::ErrorCode::kResourceExhausted, "qffc: not enough memory for rounds of circuits");
  return ffi::Error::Success();
}

ffi::Error rounds_of(const Attributes& given, Ints ints, Reals reals, int64_t threads, const Arrays& in,
                     const Arrays& out, std::string_view instructions, Moved* moved = nullptr) {
  const std::shared_ptr<const qffc::Program> program =
      qffc::decode_once(ints.begin(), ints.size(), reals.begin(), reals.size());
  if (program == nullptr) return wrong("not a program of this version");
  if (in.size() < 9 || out.size() < 3) return wrong("wrong number of arrays");
  switch (in[0].type) {
    case ffi::DataType::F64: return rounds_as<double>(given, *program, threads, in, out, instructions, moved);
    case ffi::DataType::F32: return rounds_as<float>(given, *program, threads, in, out, instructions, moved);
    default: return wrong("numbers are neither float32 nor float64");
  }
}

Array array_of(const ffi::AnyBuffer& buffer) {
  const auto shape = buffer.dimensions();
  return {buffer.untyped_data(), buffer.element_type(), shape.begin(), shape.size()};
}

ffi::Error rounds(ffi::ThreadPool pool, ffi::RemainingArgs in, ffi::RemainingRets out, Ints ints, Reals reals,
                  int64_t count, int64_t turns, double cutoff, double reach, bool tanh, bool limits, bool along,
                  bool want_weights, std::string_view instructions) {
  Arrays read, written;
  for (size_t k = 0; k < in.size(); ++k) read.push_back(array_of(*in.get<ffi::AnyBuffer>(k)));
  for (size_t k = 0; k < out.size(); ++k) written.push_back(array_of(**out.get<ffi::AnyBuffer>(k)));
  const Attributes given{count, turns, cutoff, reach, tanh, limits, along, want_weights};
  return rounds_of(given, ints, reals, std::max<int64_t>(1, pool.num_threads()), read, written, instructions);
}

}  // namespace

#pragma GCC visibility push(default)

XLA_FFI_DEFINE_HANDLER_SYMBOL(qffc_rounds, rounds,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .RemainingArgs()
                                  .RemainingRets()
                                  .Attr<Ints>("ints")
                                  .Attr<Reals>("reals")
                                  .Attr<int64_t>("rounds")
                                  .Attr<int64_t>("turns")
                                  .Attr<double>("cutoff")
                                  .Attr<double>("reach")
                                  .Attr<bool>("tanh")
                                  .Attr<bool>("limits")
                                  .Attr<bool>("along")
                                  .Attr<bool>("want_weights")
                                  .Attr<std::string_view>("instructions"));

// The same for one who has addresses: energies, grades and the gradient by positions. Of each array in `shapes`: 0 for
// int32 and else its bits, the number of its axes and their sizes. With dynamics the molecule is a group of replicas, and
// moves. Returns 0, or 1 where something does not fit, or 2 where dynamics met a number that is not finite.
extern "C" int32_t qffc_rounds_at(const int32_t* ints, int64_t int_count, const double* reals, int64_t real_count,
                                  int64_t rounds, int64_t turns, double cutoff, double reach, int32_t tanh,
                                  int32_t limits, const char* instructions, int64_t threads, int64_t in_count,
                                  int64_t out_count, void* const* arrays, const int64_t* shapes,
                                  const qffc::Dynamics* dynamics) {
  Arrays in, out;
  for (int64_t k = 0; k < in_count + out_count; ++k) {
    const int64_t bits = shapes[0], axes = shapes[1];
    const ffi::DataType type = bits == 0 ? ffi::DataType::S32 : bits == 64 ? ffi::DataType::F64 : ffi::DataType::F32;
    (k < in_count ? in : out).push_back({arrays[k], type, shapes + 2, static_cast<size_t>(axes)});
    shapes += 2 + axes;
  }
  const Attributes given{rounds, turns, cutoff, reach, tanh != 0, limits != 0, false, false};
  const Ints whole(ints, int_count);
  const Reals broken(reals, real_count);
  if (dynamics == nullptr) return rounds_of(given, whole, broken, threads, in, out, instructions).failure();
  Moved moved{*dynamics};
  return rounds_of(given, whole, broken, threads, in, out, instructions, &moved).failure() ? 1 : moved.result;
}

#pragma GCC visibility pop
