// The kernel as foreign functions of XLA. Rows are the product of all dimensions but the last.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "dispatch.hpp"
#include "helpers.hpp"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace {

using qffc::Job;
using qffc::Mode;
using Ints = ffi::Span<const int32_t>;
using Reals = ffi::Span<const double>;

// Takes arrays one after another: all of them are of one type, but for the rows that circuits read.
class Inputs {
 public:
  explicit Inputs(ffi::RemainingArgs& arguments) : arguments_(arguments) {}

  size_t left() const { return arguments_.size() - next_; }
  ffi::AnyBuffer take() { return *arguments_.get<ffi::AnyBuffer>(next_++); }
  template <class T>
  const T* numbers() { return static_cast<const T*>(take().untyped_data()); }

 private:
  ffi::RemainingArgs& arguments_;
  size_t next_ = 0;
};

class Outputs {
 public:
  explicit Outputs(ffi::RemainingRets& results) : results_(results) {}

  size_t left() const { return results_.size() - next_; }
  ffi::AnyBuffer take() { return **results_.get<ffi::AnyBuffer>(next_++); }
  template <class T>
  T* numbers() { return static_cast<T*>(take().untyped_data()); }

 private:
  ffi::RemainingRets& results_;
  size_t next_ = 0;
};

// Sizes of an array whose last axis has `width` numbers; false when it has another one, or too few axes.
template <class T>
bool shape_of(const ffi::AnyBuffer& values, const qffc::Program& program, int64_t width, qffc::Table<T>& table) {
  const auto shape = values.dimensions();
  const size_t axes = shape.size();
  if (axes < (program.indexed ? 4 : 1) || shape[axes - 1] != width) return false;
  table.width = width;
  if (program.indexed) {
    table.frames = shape[axes - 4], table.rows = shape[axes - 3], table.channels = shape[axes - 2];
    return axes == 4;
  }
  table.frames = table.channels = 1, table.rows = 1;
  for (size_t k = 0; k + 1 < axes; ++k) table.rows *= shape[k];
  return true;
}

// Whether circuits of these sizes find their rows in a table.
template <class T>
bool fits(const Job<T>& job, const qffc::Table<T>& table) {
  if (!job.program->indexed) return table.rows == job.circuits();
  return (table.frames == 1 || table.frames == job.frames) && (table.channels == 1 || table.channels == job.channels);
}

struct Call {
  Mode mode;
  const qffc::Program& program;
  std::string_view instructions;
  ffi::ThreadPool& pool;
};

template <class T>
ffi::Error take_tables(Job<T>& job, Inputs& in) {
  const qffc::Program& program = *job.program;
  std::vector<int64_t> widths(program.tables, 0);
  for (const qffc::Read& read : program.reads) widths[read.table] = read.width;
  for (const int64_t width : widths) {
    const ffi::AnyBuffer values = in.take();
    qffc::Table<T> table{};
    if (!shape_of(values, program, width, table)) return ffi::Error::InvalidArgument("qffc: a table of another shape");
    table.values = static_cast<const T*>(values.untyped_data());
    job.tables.push_back(table);
  }
  if (!program.indexed) return ffi::Error::Success();
  for (size_t k = 0; k < program.reads.size(); ++k) {
    const ffi::AnyBuffer rows = in.take();
    if (rows.element_type() != ffi::DataType::S32) return ffi::Error::InvalidArgument("qffc: rows are not int32");
    if (k == 0) job.instances = rows.element_count();
    if (static_cast<int64_t>(rows.element_count()) != job.instances)
      return ffi::Error::InvalidArgument("qffc: rows of another number of circuits");
    job.rows.push_back(static_cast<const int32_t*>(rows.untyped_data()));
  }
  return ffi::Error::Success();
}

// The sizes of a job, from an array of moments or weights.
template <class T>
bool take_sizes(Job<T>& job, const ffi::AnyBuffer& moments) {
  qffc::Table<T> shape{};
  if (!shape_of(moments, *job.program, job.program->moments, shape)) return false;
  if (job.program->indexed && !job.program->reads.empty() && shape.rows != job.instances) return false;
  job.frames = shape.frames, job.instances = shape.rows, job.channels = shape.channels;
  for (const qffc::Table<T>& table : job.tables)
    if (!fits(job, table)) return false;
  return true;
}

template <class T>
ffi::Error run_as(const Call& call, ffi::RemainingArgs& arguments, ffi::RemainingRets& results) {
  const qffc::Engine<T>* engine = qffc::find_engine<T>(std::string(call.instructions));
  if (engine == nullptr) return ffi::Error::InvalidArgument("qffc: no such instruction set on this machine");
  Job<T> job{};
  job.program = &call.program;
  job.mode = call.mode;
  Inputs in(arguments);
  Outputs out(results);
  if (const ffi::Error problem = take_tables(job, in); problem.failure()) return problem;
  const ffi::Error other_shape = ffi::Error::InvalidArgument("qffc: arrays of shapes that do not fit each other");
  if (job.dual())
    for (qffc::Table<T>& table : job.tables) table.along = in.numbers<T>();
  if (job.wants_gradient()) {
    const ffi::AnyBuffer weights = in.take();
    if (!take_sizes(job, weights)) return other_shape;
    job.weights = static_cast<const T*>(weights.untyped_data());
    if (job.dual()) job.weights_along = in.numbers<T>();
    for (qffc::Table<T>& table : job.tables) table.gradient = out.numbers<T>();
    if (job.dual())
      for (qffc::Table<T>& table : job.tables) table.gradient_along = out.numbers<T>();
  } else {
    const ffi::AnyBuffer moments = out.take();
    if (!take_sizes(job, moments)) return other_shape;
    job.moments = static_cast<T*>(moments.untyped_data());
  }
  if (job.dual() && out.left() > 0) job.moments_along = out.numbers<T>();
  if (job.circuits() == 0) {
    for (const qffc::Table<T>& table : job.tables)
      for (T* numbers : {table.gradient, table.gradient_along})
        if (numbers != nullptr) std::fill(numbers, numbers + table.row_count() * table.width, T(0));
    return ffi::Error::Success();
  }
  // The array of states has room for the widest registers; what is left over must be numbers all the same.
  const int64_t blocks = (job.circuits() + engine->lanes - 1) / engine->lanes;
  const int64_t written = blocks * engine->lanes * 2 * call.program.size() * (job.dual() ? 2 : 1);
  if (in.left() > 0) {
    const ffi::AnyBuffer states = in.take();
    if (static_cast<int64_t>(states.element_count()) < written) return other_shape;
    job.kept_states = static_cast<const T*>(states.untyped_data());
  }
  if (out.left() > 0) {
    const ffi::AnyBuffer states = out.take();
    const int64_t room = static_cast<int64_t>(states.element_count());
    if (room < written) return other_shape;
    job.states = static_cast<T*>(states.untyped_data());
    std::fill(job.states + written, job.states + room, T(0));
  }
  const int64_t threads = std::max<int64_t>(1, call.pool.num_threads());
  const auto parallel_for = [threads](int64_t tasks, const std::function<void(int64_t)>& work) {
    qffc::Helpers::of_process().share(tasks, threads, work);
  };
  if (!qffc::run<T>(*engine, std::move(job), threads, parallel_for))
    return ffi::Error(ffi::ErrorCode::kResourceExhausted, "qffc: not enough memory for the states of a circuit");
  return ffi::Error::Success();
}

// How many arrays a mode reads and writes, kept states aside, which may be one more on one of the sides.
bool right_count(Mode mode, const qffc::Program& program, size_t read, size_t written) {
  const size_t tables = program.tables, rows = program.indexed ? program.reads.size() : 0;
  const auto either = [](size_t found, size_t least) { return found == least || found == least + 1; };
  switch (mode) {
    case Mode::moments: return read == tables + rows && either(written, 1);
    case Mode::gradient: return either(read, tables + rows + 1) && written == tables;
    case Mode::moments_along: return read == 2 * tables + rows && either(written, 2);
    case Mode::gradient_along: return either(read, 2 * tables + rows + 2) && either(written, 2 * tables);
  }
  return false;
}

ffi::Error simulate(Mode mode, ffi::ThreadPool pool, ffi::RemainingArgs in, ffi::RemainingRets out, Ints ints,
                    Reals reals, std::string_view instructions) {
  const std::shared_ptr<const qffc::Program> given =
      qffc::decode_once(ints.begin(), ints.size(), reals.begin(), reals.size());
  if (given == nullptr) return ffi::Error::InvalidArgument("qffc: not a program of this version");
  const qffc::Program& program = *given;
  if (!right_count(mode, program, in.size(), out.size()))
    return ffi::Error::InvalidArgument("qffc: wrong number of arrays");
  const Call call{mode, program, instructions, pool};
  const ffi::DataType type =
      mode == Mode::moments || mode == Mode::moments_along ? (*out.get<ffi::AnyBuffer>(0))->element_type()
      : in.get<ffi::AnyBuffer>(0)->element_type();
  switch (type) {
    case ffi::DataType::F64: return run_as<double>(call, in, out);
    case ffi::DataType::F32: return run_as<float>(call, in, out);
    default: return ffi::Error::InvalidArgument("qffc: numbers are neither float32 nor float64");
  }
}

template <Mode mode>
ffi::Error call(ffi::ThreadPool pool, ffi::RemainingArgs in, ffi::RemainingRets out, Ints ints, Reals reals,
                std::string_view instructions) {
  return simulate(mode, pool, in, out, ints, reals, instructions);
}

auto binding() {
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .RemainingArgs()
      .RemainingRets()
      .Attr<Ints>("ints")
      .Attr<Reals>("reals")
      .Attr<std::string_view>("instructions");
}

}  // namespace

#pragma GCC visibility push(default) // all else stays inside the library

XLA_FFI_DEFINE_HANDLER_SYMBOL(qffc_moments, call<Mode::moments>, binding());
XLA_FFI_DEFINE_HANDLER_SYMBOL(qffc_gradient, call<Mode::gradient>, binding());
XLA_FFI_DEFINE_HANDLER_SYMBOL(qffc_moments_along, call<Mode::moments_along>, binding());
XLA_FFI_DEFINE_HANDLER_SYMBOL(qffc_gradient_along, call<Mode::gradient_along>, binding());

// Which programs and arrays this library takes.
extern "C" int32_t qffc_format() { return qffc::program_format; }

// The name of the instruction set that is used when none is asked for.
extern "C" const char* qffc_instructions() { return qffc::find_engine<double>("")->name; }

#pragma GCC visibility pop
