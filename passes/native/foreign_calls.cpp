// The kernel as foreign functions of XLA. Rows are the product of all dimensions but the last.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "dispatch.hpp"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace {

using qffc::Job;
using qffc::Mode;
using Ints = ffi::Span<const int32_t>;
using Reals = ffi::Span<const double>;

// Tasks on XLA's own threads, so that nothing competes with them. The calling thread works too: it takes every task that
// no other thread has begun, and waits only for those that run.
class Tasks : public std::enable_shared_from_this<Tasks> {
 public:
  Tasks(int64_t count, const std::function<void(int64_t)>& work) : count_(count), work_(&work) {}

  void help() {
    for (int64_t task = next_++; task < count_; task = next_++) {
      (*work_)(task);
      const std::lock_guard<std::mutex> lock(mutex_);
      if (++done_ == count_) all_done_.notify_all();
    }
  }

  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    all_done_.wait(lock, [this] { return done_ == count_; });
  }

 private:
  const int64_t count_;
  const std::function<void(int64_t)>* work_;
  std::atomic<int64_t> next_{0};
  int64_t done_ = 0;
  std::mutex mutex_;
  std::condition_variable all_done_;
};

qffc::ParallelFor on_threads_of(ffi::ThreadPool& pool) {
  return [&pool](int64_t count, const std::function<void(int64_t)>& work) {
    if (count == 1) return work(0);
    const auto tasks = std::make_shared<Tasks>(count, work);
    for (int64_t k = 1; k < count; ++k) pool.Schedule([tasks] { tasks->help(); });
    tasks->help();
    tasks->wait();
  };
}

int64_t rows_of(const ffi::AnyBuffer& buffer) {
  int64_t rows = 1;
  const auto shape = buffer.dimensions();
  for (size_t k = 0; k + 1 < shape.size(); ++k) rows *= shape[k];
  return rows;
}

template <class T>
const T* input(ffi::RemainingArgs& arguments, size_t place) {
  return static_cast<const T*>(arguments.get<ffi::AnyBuffer>(place)->untyped_data());
}

template <class T>
T* output(ffi::RemainingRets& results, size_t place) {
  return static_cast<T*>((*results.get<ffi::AnyBuffer>(place))->untyped_data());
}

template <class T>
Job<T> job_of(Mode mode, ffi::RemainingArgs& in, ffi::RemainingRets& out) {
  Job<T> job{};
  job.mode = mode;
  job.slots = input<T>(in, 0);
  switch (mode) {
    case Mode::moments:
      job.moments = output<T>(out, 0);
      if (out.size() == 2) job.states = output<T>(out, 1);
      break;
    case Mode::gradient:
      job.weights = input<T>(in, 1);
      if (in.size() == 3) job.kept_states = input<T>(in, 2);
      job.gradient = output<T>(out, 0);
      break;
    case Mode::moments_along:
      job.slots_along = input<T>(in, 1);
      job.moments = output<T>(out, 0);
      job.moments_along = output<T>(out, 1);
      break;
    case Mode::gradient_along:
      job.weights = input<T>(in, 1);
      job.slots_along = input<T>(in, 2);
      job.weights_along = input<T>(in, 3);
      job.gradient = output<T>(out, 0);
      job.gradient_along = output<T>(out, 1);
      job.moments_along = output<T>(out, 2);
      break;
  }
  return job;
}

template <class T>
ffi::Error run_as(Mode mode, ffi::ThreadPool& pool, const qffc::Program& program, std::string_view name, int64_t circuits,
                  ffi::RemainingArgs& in, ffi::RemainingRets& out) {
  const qffc::Engine<T>* engine = qffc::find_engine<T>(std::string(name));
  if (engine == nullptr) return ffi::Error::InvalidArgument("qffc: no such instruction set on this machine");
  Job<T> job = job_of<T>(mode, in, out);
  job.program = &program;
  job.circuits = circuits;
  if (job.states != nullptr) {
    // The array has room for the widest registers; what is left over must be numbers all the same.
    const int64_t blocks = (circuits + engine->lanes - 1) / engine->lanes;
    const int64_t written = blocks * engine->lanes * 2 * program.size();
    const int64_t room = static_cast<int64_t>((*out.get<ffi::AnyBuffer>(1))->element_count());
    if (room < written) return ffi::Error::InvalidArgument("qffc: no room for the states");
    std::fill(job.states + written, job.states + room, T(0));
  }
  const int64_t threads = std::max<int64_t>(1, pool.num_threads());
  if (!qffc::run<T>(*engine, job, threads, on_threads_of(pool)))
    return ffi::Error(ffi::ErrorCode::kResourceExhausted, "qffc: not enough memory for the states of a circuit");
  return ffi::Error::Success();
}

ffi::Error simulate(Mode mode, ffi::ThreadPool pool, ffi::RemainingArgs in, ffi::RemainingRets out, Ints ints,
                    Reals reals, std::string_view instructions) {
  // Arrays read and written, and how many more may be: kept states.
  constexpr size_t counts[4][4] = {{1, 1, 0, 1}, {2, 1, 1, 0}, {2, 2, 0, 0}, {4, 3, 0, 0}};
  const auto& [read, written, more_read, more_written] = counts[static_cast<int>(mode)];
  if (in.size() < read || in.size() > read + more_read || out.size() < written || out.size() > written + more_written)
    return ffi::Error::InvalidArgument("qffc: wrong number of arrays");
  qffc::Program program;
  if (!qffc::decode(ints.begin(), ints.size(), reals.begin(), reals.size(), program))
    return ffi::Error::InvalidArgument("qffc: not a program of this version");
  const auto slots = in.get<ffi::AnyBuffer>(0);
  if (slots->dimensions().size() == 0 || slots->dimensions().back() != program.slots)
    return ffi::Error::InvalidArgument("qffc: slots of another length");
  const int64_t circuits = rows_of(*slots);
  if (circuits == 0) return ffi::Error::Success();
  switch (slots->element_type()) {
    case ffi::DataType::F64: return run_as<double>(mode, pool, program, instructions, circuits, in, out);
    case ffi::DataType::F32: return run_as<float>(mode, pool, program, instructions, circuits, in, out);
    default: return ffi::Error::InvalidArgument("qffc: slots are neither float32 nor float64");
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

// The name of the instruction set that is used when none is asked for.
extern "C" const char* qffc_instructions() { return qffc::find_engine<double>("")->name; }

#pragma GCC visibility pop
