// The noisy kernel as a foreign function of XLA.
#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include "helpers.hpp"
#include "noisy_run.hpp"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace {

using qffc::Mode;
using qffc::NoisyJob;
using qffc::NoisyProgram;

// Takes arrays one after another, and notes whether all of them are rows of the numbers that they must have.
template <class T>
class Rows {
 public:
  Rows(ffi::RemainingArgs& in, ffi::RemainingRets& out) : in_(in), out_(out) {}

  const T* read(int64_t width) { return checked(*in_.get<ffi::AnyBuffer>(read_++), width); }
  T* write(int64_t width) { return checked(**out_.get<ffi::AnyBuffer>(written_++), width); }
  int64_t count() const { return count_; }
  bool good() const { return good_; }

 private:
  T* checked(const ffi::AnyBuffer& buffer, int64_t width) {
    const auto shape = buffer.dimensions();
    const ffi::DataType type = sizeof(T) == 8 ? ffi::DataType::F64 : ffi::DataType::F32;
    if (shape.size() != 2 || shape[1] != width || buffer.element_type() != type) {
      good_ = false;
    } else {
      good_ = good_ && (count_ < 0 || count_ == shape[0]);
      count_ = shape[0];
    }
    return static_cast<T*>(buffer.untyped_data());
  }

  ffi::RemainingArgs& in_;
  ffi::RemainingRets& out_;
  size_t read_ = 0, written_ = 0;
  int64_t count_ = -1;
  bool good_ = true;
};

template <class T>
ffi::Error noisy_as(const NoisyProgram& program, Mode mode, ffi::ThreadPool& pool, ffi::RemainingArgs& in,
                    ffi::RemainingRets& out, std::string_view instructions) {
  const qffc::NoisySweeps<T>* sweeps = qffc::find_noisy<T>(std::string(instructions));
  if (sweeps == nullptr) return ffi::Error::InvalidArgument("qffc: no such instruction set on this machine");
  NoisyJob<T> job{};
  job.program = &program, job.mode = mode;
  Rows<T> rows(in, out);
  job.slots = rows.read(program.slots);
  if (job.dual()) job.slots_along = rows.read(program.slots);
  if (job.wants_gradient()) {
    job.weights = rows.read(program.moments);
    if (job.dual()) job.weights_along = rows.read(program.moments);
    job.gradient = rows.write(program.slots);
    if (job.dual()) job.gradient_along = rows.write(program.slots);
  } else {
    job.moments = rows.write(program.moments);
  }
  if (job.dual()) job.moments_along = rows.write(program.moments);
  if (!rows.good()) return ffi::Error::InvalidArgument("qffc: arrays of shapes that do not fit each other");
  job.circuits = rows.count();
  const int64_t threads = std::max<int64_t>(1, pool.num_threads());
  const auto parallel_for = [threads](int64_t tasks, const std::function<void(int64_t)>& work) {
    qffc::Helpers::of_process().share(tasks, threads, work);
  };
  if (job.circuits > 0 && !qffc::run_noisy<T>(*sweeps, job, threads, parallel_for))
    return ffi::Error(ffi::ErrorCode::kResourceExhausted, "qffc: not enough memory for the states of a circuit");
  return ffi::Error::Success();
}

ffi::Error noisy(ffi::ThreadPool pool, ffi::RemainingArgs in, ffi::RemainingRets out, ffi::Span<const int32_t> ints,
                 ffi::Span<const double> reals, int64_t mode, std::string_view instructions) {
  if (mode < 0 || mode > 3) return ffi::Error::InvalidArgument("qffc: no such mode");
  constexpr size_t read[] = {1, 2, 2, 4}, written[] = {1, 1, 2, 3};
  if (in.size() != read[mode] || out.size() != written[mode])
    return ffi::Error::InvalidArgument("qffc: wrong number of arrays");
  const auto program = qffc::decode_noisy_once(ints.begin(), ints.size(), reals.begin(), reals.size());
  if (program == nullptr) return ffi::Error::InvalidArgument("qffc: not a program of this version");
  switch (in.get<ffi::AnyBuffer>(0)->element_type()) {
    case ffi::DataType::F64: return noisy_as<double>(*program, static_cast<Mode>(mode), pool, in, out, instructions);
    case ffi::DataType::F32: return noisy_as<float>(*program, static_cast<Mode>(mode), pool, in, out, instructions);
    default: return ffi::Error::InvalidArgument("qffc: numbers are neither float32 nor float64");
  }
}

}  // namespace

#pragma GCC visibility push(default)

XLA_FFI_DEFINE_HANDLER_SYMBOL(qffc_noisy, noisy,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .RemainingArgs()
                                  .RemainingRets()
                                  .Attr<ffi::Span<const int32_t>>("ints")
                                  .Attr<ffi::Span<const double>>("reals")
                                  .Attr<int64_t>("mode")
                                  .Attr<std::string_view>("instructions"));

#pragma GCC visibility pop
