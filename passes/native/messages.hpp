// Messages between atoms: what neighbours send, weighted by learned functions of the distance, and its derivatives.
// Included once for each instruction set, after layers.hpp. On dual numbers a sweep differentiates itself.
//
// With functions same, along, out and filter of an edge, sums over k of basis k times a row of its table, direction u
// and what the sender is heard to say, vectors v and numbers t and s:
//
//     vectors of the receiver += same v + (along (u.v) + out t) u
//     numbers of the receiver += filter s

namespace qffc {
namespace QFFC_ISA {

template <class T> QFFC_INLINE Dual<T> operator*(const Real<T>& a, const Dual<T>& b) { return {a.v * b.v, a.v * b.d}; }
template <class T> QFFC_INLINE Dual<T> operator*(const Dual<T>& a, const Real<T>& b) { return {a.v * b.v, a.d * b.v}; }

// Numbers with their derivatives beside them.
template <class T>
struct Source {
  const T* values;
  const T* along;
};

template <class T>
struct Sink {
  T* values;
  T* along;
};

// A register that may hold less than its lanes, zeros for the rest.
template <class T, bool Full>
QFFC_INLINE Vector<T> load_some(const T* from, int64_t count) {
  if constexpr (Full) return load<T>(from);
  Vector<T> value{};
  std::memcpy(&value, from, count * sizeof(T));
  return value;
}

template <class T, bool Full>
QFFC_INLINE void add_some(T* to, Vector<T> value, int64_t count) {
  if constexpr (Full) return store<T>(to, load<T>(to) + value);
  T parts[Real<T>::lanes];
  std::memcpy(parts, &value, sizeof(value));
  for (int64_t k = 0; k < count; ++k) to[k] += parts[k];
}

template <class R, bool Full, class T>
QFFC_INLINE R get(const Source<T>& from, int64_t place, int64_t count) {
  if constexpr (R::dual) return {load_some<T, Full>(from.values + place, count), load_some<T, Full>(from.along + place, count)};
  else return load_some<T, Full>(from.values + place, count);
}

template <class R, class T>
QFFC_INLINE R broadcast(const Source<T>& from, int64_t place) {
  if constexpr (R::dual) return {Vector<T>{} + from.values[place], Vector<T>{} + from.along[place]};
  else return R(from.values[place]);
}

// The gradient that goes with a number is beside its derivative: weights that meet derivatives differentiate to both.
template <bool Full, class T>
QFFC_INLINE void add(const Sink<T>& to, int64_t place, const Real<T>& value, int64_t count) {
  add_some<T, Full>(to.values + place, value.v, count);
}
template <bool Full, class T>
QFFC_INLINE void add(const Sink<T>& to, int64_t place, const Dual<T>& value, int64_t count) {
  add_some<T, Full>(to.values + place, value.d, count);
  if (to.along != nullptr) add_some<T, Full>(to.along + place, value.v, count);
}
template <class T>
QFFC_INLINE void add_sum(const Sink<T>& to, int64_t place, const Real<T>& value) {
  to.values[place] += sum_of<T>(value.v);
}
template <class T>
QFFC_INLINE void add_sum(const Sink<T>& to, int64_t place, const Dual<T>& value) {
  to.values[place] += sum_of<T>(value.d);
  if (to.along != nullptr) to.along[place] += sum_of<T>(value.v);
}

template <bool Full, class T>
QFFC_INLINE void put(T* to, int64_t place, const Real<T>& value, int64_t count) {
  add_some<T, Full>(to + place, value.v, count);
}
template <bool Full, class T>
QFFC_INLINE void put(T* to, int64_t place, const Dual<T>& value, int64_t count) {
  add_some<T, Full>(to + place, value.d, count);
}

// Calls work(whether all lanes are used, start, count) for registers side by side.
template <class T, class Work>
QFFC_INLINE void registers(int64_t width, const Work& work) {
  constexpr int64_t lanes = Real<T>::lanes;
  int64_t start = 0;
  for (; start + lanes <= width; start += lanes) work(std::true_type{}, start, lanes);
  if (start < width) work(std::false_type{}, start, width - start);
}

// One edge of one member of the batch. R are numbers that may have derivatives, Tables those of tables.
template <class R, class Tables>
struct MessageOfEdge {
  using T = typename R::Scalar;

  const Messages<T>& job;
  const MessageSums<T>& sums;
  int64_t edge;       // times batch, plus member
  int64_t receiver, sender;  // likewise
  int64_t table;      // where the table of its kind starts
  Source<T> tables, heard, sent;
  R basis[most_basis];
  R direction[3];

  QFFC_INLINE MessageOfEdge(const Messages<T>& given, const MessageSums<T>& to, int64_t place)
      : job(given), sums(to), edge(place) {
    const int64_t number = place / job.batch, member = place % job.batch;
    receiver = job.receivers[number] * job.batch + member;
    sender = job.senders[number] * job.batch + member;
    table = job.edge_kinds[number] * job.basis * job.functions();
    tables = {job.values.tables, job.along.tables};
    heard = {job.values.heard, job.along.heard};
    sent = {job.values.sent, job.along.sent};
    for (int64_t k = 0; k < job.basis; ++k)
      basis[k] = broadcast<R>(Source<T>{job.values.basis, job.along.basis}, edge * job.basis + k);
    for (int64_t a = 0; a < 3; ++a)
      direction[a] = broadcast<R>(Source<T>{job.values.directions, job.along.directions}, edge * 3 + a);
  }

  template <bool Full>
  QFFC_INLINE Tables row(int64_t k, int64_t function, int64_t count) const {
    return get<Tables, Full>(tables, table + k * job.functions() + function, count);
  }

  template <bool Full>
  QFFC_INLINE R function(int64_t number, int64_t count) const {
    R sum = basis[0] * row<Full>(0, number, count);
    for (int64_t k = 1; k < job.basis; ++k) sum += basis[k] * row<Full>(k, number, count);
    return sum;
  }

  QFFC_INLINE void forward() const {
    const int64_t width = job.vectors;
    registers<T>(width, [&](auto full, int64_t c, int64_t count) {
      constexpr bool all = decltype(full)::value;
      const R same = function<all>(c, count), along = function<all>(width + c, count);
      const R out = function<all>(2 * width + c, count);
      R v[3];
      for (int a = 0; a < 3; ++a) v[a] = get<R, all>(heard, (sender * 4 + a) * width + c, count);
      const R told = get<R, all>(heard, (sender * 4 + 3) * width + c, count);
      const R inner = direction[0] * v[0] + direction[1] * v[1] + direction[2] * v[2];
      const R part = along * inner + out * told;
      for (int a = 0; a < 3; ++a)
        put<all>(sums.vectors_out, (receiver * 3 + a) * width + c, same * v[a] + part * direction[a], count);
    });
    registers<T>(job.numbers, [&](auto full, int64_t c, int64_t count) {
      constexpr bool all = decltype(full)::value;
      const R said = get<R, all>(sent, sender * job.numbers + c, count);
      put<all>(sums.numbers_out, receiver * job.numbers + c, function<all>(3 * width + c, count) * said, count);
    });
  }

  // Adds to the gradient by a function: by its table, and by the basis.
  template <bool Full>
  QFFC_INLINE void function_gradient(const R& gradient, int64_t number, int64_t count, R* by_basis) const {
    const Sink<T> by_tables{sums.gradient.tables, sums.gradient_along.tables};
    for (int64_t k = 0; k < job.basis; ++k) {
      by_basis[k] += gradient * row<Full>(k, number, count);
      if (job.want_tables) add<Full>(by_tables, table + k * job.functions() + number, gradient * basis[k], count);
    }
  }

  // Of a derivative, with the weight of its value beside it where there is one.
  template <bool Full>
  QFFC_INLINE R weight_of(const T* weights, const T* along, int64_t place, int64_t count) const {
    const Vector<T> own = load_some<T, Full>(weights + place, count);
    if constexpr (R::dual) return {own, along == nullptr ? Vector<T>{} : load_some<T, Full>(along + place, count)};
    else return own;
  }

  QFFC_INLINE void reverse() const {
    const int64_t width = job.vectors;
    const Sink<T> by_heard{sums.gradient.heard, sums.gradient_along.heard};
    const Sink<T> by_sent{sums.gradient.sent, sums.gradient_along.sent};
    R by_basis[most_basis], by_direction[3];
    for (int64_t k = 0; k < job.basis; ++k) by_basis[k] = R(T(0));
    for (R& each : by_direction) each = R(T(0));
    registers<T>(width, [&](auto full, int64_t c, int64_t count) {
      constexpr bool all = decltype(full)::value;
      const R same = function<all>(c, count), along = function<all>(width + c, count);
      const R out = function<all>(2 * width + c, count);
      R v[3];
      R weight[3];
      for (int a = 0; a < 3; ++a) {
        v[a] = get<R, all>(heard, (sender * 4 + a) * width + c, count);
        weight[a] = weight_of<all>(job.vector_weights, job.vector_weights_along, (receiver * 3 + a) * width + c, count);
      }
      const R told = get<R, all>(heard, (sender * 4 + 3) * width + c, count);
      const R inner = direction[0] * v[0] + direction[1] * v[1] + direction[2] * v[2];
      const R part = along * inner + out * told;
      const R by_part = direction[0] * weight[0] + direction[1] * weight[1] + direction[2] * weight[2];
      const R by_inner = by_part * along;
      for (int a = 0; a < 3; ++a) {
        by_direction[a] += part * weight[a] + by_inner * v[a];
        add<all>(by_heard, (sender * 4 + a) * width + c, same * weight[a] + by_inner * direction[a], count);
      }
      add<all>(by_heard, (sender * 4 + 3) * width + c, by_part * out, count);
      function_gradient<all>(v[0] * weight[0] + v[1] * weight[1] + v[2] * weight[2], c, count, by_basis);
      function_gradient<all>(by_part * inner, width + c, count, by_basis);
      function_gradient<all>(by_part * told, 2 * width + c, count, by_basis);
    });
    registers<T>(job.numbers, [&](auto full, int64_t c, int64_t count) {
      constexpr bool all = decltype(full)::value;
      const R said = get<R, all>(sent, sender * job.numbers + c, count);
      const R weight = weight_of<all>(job.number_weights, job.number_weights_along, receiver * job.numbers + c, count);
      add<all>(by_sent, sender * job.numbers + c, function<all>(3 * width + c, count) * weight, count);
      function_gradient<all>(said * weight, 3 * width + c, count, by_basis);
    });
    for (int64_t k = 0; k < job.basis; ++k)
      add_sum(Sink<T>{sums.gradient.basis, sums.gradient_along.basis}, edge * job.basis + k, by_basis[k]);
    for (int64_t a = 0; a < 3; ++a)
      add_sum(Sink<T>{sums.gradient.directions, sums.gradient_along.directions}, edge * 3 + a, by_direction[a]);
  }
};

template <class T>
void messages(const Messages<T>& job, const MessageSums<T>& sums) {
  const auto each = [&](const auto& work) {
    for (int64_t edge = sums.first; edge < sums.last; ++edge) work(edge);
  };
  switch (job.mode) {
    case MessageMode::forward:
      return each([&](int64_t edge) { MessageOfEdge<Real<T>, Real<T>>(job, sums, edge).forward(); });
    case MessageMode::reverse:
      return each([&](int64_t edge) { MessageOfEdge<Real<T>, Real<T>>(job, sums, edge).reverse(); });
    case MessageMode::along:
      if (job.tables_move)
        return each([&](int64_t edge) { MessageOfEdge<Dual<T>, Dual<T>>(job, sums, edge).forward(); });
      return each([&](int64_t edge) { MessageOfEdge<Dual<T>, Real<T>>(job, sums, edge).forward(); });
    case MessageMode::twice:
      if (job.tables_move)
        return each([&](int64_t edge) { MessageOfEdge<Dual<T>, Dual<T>>(job, sums, edge).reverse(); });
      return each([&](int64_t edge) { MessageOfEdge<Dual<T>, Real<T>>(job, sums, edge).reverse(); });
  }
}

}  // namespace QFFC_ISA
}  // namespace qffc
