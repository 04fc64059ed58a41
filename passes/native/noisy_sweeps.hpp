// The schedule of a noisy program for one block of circuits: from rows of slots to lanes, through all steps, and back.

namespace qffc {
namespace QFFC_ISA {

// The memory of a block, laid out one after another.
template <class R>
struct NoisySpace {
  R *values, *gradients, *moments, *weights, *tables;

  static int64_t bytes(const NoisyProgram& program, bool wants_gradient) {
    const int64_t kinds = wants_gradient ? 2 : 1;
    return sizeof(R) * (kinds * program.numbers + 2 * program.moments + memory_for_tables(program.tracks));
  }

  NoisySpace(const NoisyProgram& program, bool wants_gradient, void* memory) {
    values = static_cast<R*>(memory);
    moments = values + program.numbers;
    weights = moments + program.moments;
    tables = weights + program.moments;
    gradients = wants_gradient ? tables + memory_for_tables(program.tracks) : nullptr;
  }
};

template <class R>
void run_step(const NoisyProgram& program, const Step& step, bool back, const NoisySpace<R>& space) {
  using T = typename R::Scalar;
  const int32_t* ints = program.ints_of(step);
  const double* reals = program.reals_of(step);
  if (space.gradients != nullptr && !back)
    std::fill_n(space.gradients + ints[0], written_by(program, step), number<R>(0));
  switch (step.kind) {
    case StepKind::start: {
      const Parts parts{ints + 2, step.int_count / 3, ints[1]};
      const ProductState<R> state{ints, parts, space.values, space.gradients, space.tables};
      return back ? state.back() : state.forward();
    }
    case StepKind::gate: {
      const PairGate<R> gate{ints, reals, space.values, space.gradients};
      return back ? gate.back() : gate.forward();
    }
    case StepKind::contract: {
      const Contraction<R> contraction{ints, space.values, space.gradients};
      return back ? contraction.back() : contraction.forward();
    }
    case StepKind::add:
      for (int32_t k = 0; k < step.real_count; ++k) {
        const T weight = static_cast<T>(reals[k]);
        if (back) space.gradients[ints[1]] += scaled(space.weights[ints[2 + k]], weight);
        else space.moments[ints[2 + k]] += scaled(space.values[ints[1]], weight);
      }
      return;
    default:
      small_step<R>(step.kind, {ints, step.int_count, reals, space.values, space.gradients}, back);
  }
}

template <class R>
void run_noisy(const NoisyJob<typename R::Scalar>& job, int64_t first, void* scratch) {
  using T = typename R::Scalar;
  using V = typename R::V;
  constexpr int lanes = Real<T>::lanes;
  constexpr int64_t stride = sizeof(R) / sizeof(V);
  const NoisyProgram& program = *job.program;
  const NoisySpace<R> space(program, job.wants_gradient(), scratch);
  const int used = static_cast<int>(std::min<int64_t>(lanes, job.circuits - first));
  int64_t rows[lanes];  // those past the last circuit repeat it
  for (int lane = 0; lane < lanes; ++lane) rows[lane] = first + std::min(lane, used - 1);
  const auto read = [&](const T* numbers, const T* along, int64_t width, R* to) {
    V* out = reinterpret_cast<V*>(to);
    read_at<T>(numbers, width, job.circuits, rows, out, stride);
    if constexpr (R::dual) read_at<T>(along, width, job.circuits, rows, out + 1, stride);
  };
  const auto write = [&](const R* from, int64_t width, T* numbers, T* along) {
    const V* in = reinterpret_cast<const V*>(from);
    if (numbers != nullptr) write_at<How::put, T>(numbers, width, rows, used, in, stride);
    if constexpr (R::dual)
      if (along != nullptr) write_at<How::put, T>(along, width, rows, used, in + 1, stride);
  };

  read(job.slots, job.slots_along, program.slots, space.values);
  for (int32_t m = 0; m < program.moments; ++m) space.moments[m] = number<R>(program.constants[m]);
  if (job.wants_gradient()) {
    read(job.weights, job.weights_along, program.moments, space.weights);
    std::fill_n(space.gradients, program.slots, number<R>(0));
  }
  for (const int32_t entry : program.schedule) {
    const bool back = entry < 0;
    if (back && !job.wants_gradient()) continue;
    run_step<R>(program, program.steps[(back ? -entry : entry) - 1], back, space);
  }
  write(space.moments, program.moments, job.moments, job.moments_along);
  if (job.wants_gradient()) write(space.gradients, program.slots, job.gradient, job.gradient_along);
}

template <class T>
void noisy_block(const NoisyJob<T>& job, int64_t first, void* scratch) {
  if (job.dual()) run_noisy<Dual<T>>(job, first, scratch);
  else run_noisy<Real<T>>(job, first, scratch);
}

template <class T>
int64_t noisy_bytes(const NoisyJob<T>& job) {
  return job.dual() ? NoisySpace<Dual<T>>::bytes(*job.program, job.wants_gradient())
                    : NoisySpace<Real<T>>::bytes(*job.program, job.wants_gradient());
}

template <class T>
constexpr NoisySweeps<T> noisy_sweeps() {
  return {Real<T>::lanes, noisy_bytes<T>, noisy_block<T>};
}

}  // namespace QFFC_ISA
}  // namespace qffc
