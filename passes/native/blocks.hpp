// One block of circuits: from rows of tables to lanes, through the sweeps, and back.

namespace qffc {
namespace QFFC_ISA {

// Which rows the circuits of a block read: one in each lane, those past the last circuit repeat it.
template <class T>
struct Lanes {
  static constexpr int count = Real<T>::lanes;
  int64_t frame[count], instance[count], channel[count], circuit[count];
  int used;

  Lanes(const Job<T>& job, int64_t first) : used(static_cast<int>(std::min<int64_t>(count, job.circuits() - first))) {
    int64_t c = first % job.channels, i = first / job.channels % job.instances;
    int64_t f = first / job.channels / job.instances;
    for (int lane = 0; lane < count; ++lane) {
      circuit[lane] = lane < used ? first + lane : first + used - 1;
      frame[lane] = f, instance[lane] = i, channel[lane] = c;
      if (lane + 1 >= used || ++c < job.channels) continue;
      c = 0;
      if (++i < job.instances) continue;
      i = 0, ++f;
    }
  }

  // The row of each lane in a table.
  QFFC_INLINE void rows_of(const Job<T>& job, size_t read, int64_t* rows) const {
    const Table<T>& table = job.tables[job.program->reads[read].table];
    for (int lane = 0; lane < count; ++lane) {
      if (!job.program->indexed) {
        rows[lane] = circuit[lane];
        continue;
      }
      const int64_t row = (table.frames == 1 ? 0 : frame[lane]) * table.rows + job.rows[read][instance[lane]];
      rows[lane] = table.channels == 1 ? row : row * table.channels + channel[lane];
    }
  }
};

template <class T>
QFFC_INLINE void read_at(const T* numbers, int64_t width, int64_t row_count, const int64_t* places,
                         typename LanesOf<T>::V* out, int64_t stride) {
  const T* rows[Real<T>::lanes];
  for (int lane = 0; lane < Real<T>::lanes; ++lane) rows[lane] = numbers + places[lane] * width;
  read_rows<T>(rows, width, numbers + row_count * width, out, stride);
}

enum class How { put, add };

template <How how, class T>
QFFC_INLINE void write_at(T* numbers, int64_t width, const int64_t* places, int count,
                          const typename LanesOf<T>::V* in, int64_t stride) {
  T* rows[Real<T>::lanes];
  for (int lane = 0; lane < Real<T>::lanes; ++lane) rows[lane] = numbers + places[lane] * width;
  if constexpr (how == How::put) write_rows<T>(rows, count, width, in, stride);
  else add_rows<T>(rows, count, width, in, stride);
}

// `begun`: slots that are the same for all circuits have been read.
template <class R>
void read_slots(const Job<typename R::Scalar>& job, const Lanes<typename R::Scalar>& lanes, bool begun, R* slots) {
  using T = typename R::Scalar;
  using V = typename R::V;
  constexpr int64_t stride = sizeof(R) / sizeof(V);
  const Program& program = *job.program;
  for (size_t k = 0; k < program.reads.size(); ++k) {
    const Read& read = program.reads[k];
    const Table<T>& table = job.tables[read.table];
    V* out = reinterpret_cast<V*>(slots + read.start);
    if (job.is_common(read.table)) {
      if (begun) continue;
      for (int64_t c = 0; c < read.width; ++c) {
        out[c * stride] = V{} + table.values[c];
        if constexpr (R::dual) out[c * stride + 1] = V{} + table.along[c];
      }
      continue;
    }
    int64_t rows[Real<T>::lanes];
    lanes.rows_of(job, k, rows);
    read_at<T>(table.values, read.width, table.row_count(), rows, out, stride);
    if constexpr (R::dual) read_at<T>(table.along, read.width, table.row_count(), rows, out + 1, stride);
  }
}

template <class T>
QFFC_INLINE void add_lanes(T* sums, int64_t width, int used, const typename LanesOf<T>::V* in, int64_t stride) {
  using V = typename LanesOf<T>::V;
  typename LanesOf<T>::I lane;
  for (int k = 0; k < Real<T>::lanes; ++k) lane[k] = k;
  V* out = reinterpret_cast<V*>(sums);
  for (int64_t c = 0; c < width; ++c) out[c] += lane < used ? in[c * stride] : V{};
}

template <class R>
void write_gradient(const Job<typename R::Scalar>& job, const Lanes<typename R::Scalar>& lanes, R* gradient,
                    const Sums<typename R::Scalar>* sums) {
  using T = typename R::Scalar;
  using V = typename R::V;
  constexpr int64_t stride = sizeof(R) / sizeof(V);
  const Program& program = *job.program;
  for (size_t k = 0; k < program.reads.size(); ++k) {
    const Read& read = program.reads[k];
    const Sums<T>& to = sums[read.table];
    const V* in = reinterpret_cast<const V*>(gradient + read.start);
    if (job.is_common(read.table)) {
      add_lanes<T>(to.gradient, read.width, lanes.used, in, stride);
      if constexpr (R::dual) add_lanes<T>(to.gradient_along, read.width, lanes.used, in + 1, stride);
      continue;
    }
    int64_t rows[Real<T>::lanes];
    lanes.rows_of(job, k, rows);
    if (!program.indexed) {
      write_at<How::put, T>(to.gradient, read.width, rows, lanes.used, in, stride);
      if constexpr (R::dual) write_at<How::put, T>(to.gradient_along, read.width, rows, lanes.used, in + 1, stride);
      continue;
    }
    for (int64_t& row : rows) row -= to.first_row;
    write_at<How::add, T>(to.gradient, read.width, rows, lanes.used, in, stride);
    if constexpr (R::dual) write_at<How::add, T>(to.gradient_along, read.width, rows, lanes.used, in + 1, stride);
  }
}

template <class R>
void run_with(const Job<typename R::Scalar>& job, int64_t first, bool begun, void* scratch,
              const Sums<typename R::Scalar>* sums) {
  using T = typename R::Scalar;
  using V = typename R::V;
  const Program& program = *job.program;
  const Workspace<R> work(program, scratch);
  const Lanes<T> lanes(job, first);
  constexpr int64_t stride = sizeof(R) / sizeof(V);
  V* moments = reinterpret_cast<V*>(work.moments);
  V* weights = reinterpret_cast<V*>(work.weights);

  read_slots<R>(job, lanes, begun, work.slots);
  if (!begun) *work.common_near = prepare_gates(program, job.common_gates, work);
  const bool near = prepare_gates(program, job.own_gates, work) && *work.common_near;
  const size_t state_bytes = 2 * program.size() * sizeof(R);
  // A block has `lanes` circuits, so blocks follow each other.
  const int64_t state_place = 2 * program.size() * first * stride;
  if (job.kept_states != nullptr)
    std::memcpy(static_cast<void*>(work.psi), job.kept_states + state_place, state_bytes);
  else
    forward(program, work);
  if (job.states != nullptr) std::memcpy(job.states + state_place, static_cast<void*>(work.psi), state_bytes);

  if (job.moments != nullptr || job.moments_along != nullptr) {
    measure(program, work);
    if (job.moments != nullptr)
      write_at<How::put, T>(job.moments, program.moments, lanes.circuit, lanes.used, moments, stride);
    if constexpr (R::dual)
      if (job.moments_along != nullptr)
        write_at<How::put, T>(job.moments_along, program.moments, lanes.circuit, lanes.used, moments + 1, stride);
  }
  if (!job.wants_gradient()) return;

  read_at<T>(job.weights, program.moments, job.circuits(), lanes.circuit, weights, stride);
  if constexpr (R::dual)
    read_at<T>(job.weights_along, program.moments, job.circuits(), lanes.circuit, weights + 1, stride);
  weigh(program, work);
  backward(program, work);
  near ? gather<true>(program, work) : gather<false>(program, work);
  write_gradient<R>(job, lanes, work.gradient, sums);
}

template <class T>
void run_block(const Job<T>& job, int64_t first, bool begun, void* scratch, const Sums<T>* sums) {
  if (job.dual())
    run_with<Dual<T>>(job, first, begun, scratch, sums);
  else
    run_with<Real<T>>(job, first, begun, scratch, sums);
}

template <class T>
int64_t scratch_bytes(const Job<T>& job) {
  return job.dual() ? Workspace<Dual<T>>::bytes(*job.program) : Workspace<Real<T>>::bytes(*job.program);
}

}  // namespace QFFC_ISA
}  // namespace qffc
