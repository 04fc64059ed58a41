// Layers as foreign functions of XLA.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "helpers.hpp"
#include "layer_run.hpp"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace {

using qffc::MessageArrays;
using qffc::MessageMode;
using qffc::Messages;
using qffc::Product;
using qffc::ProductMode;

const ffi::Error other_shape() { return ffi::Error::InvalidArgument("qffc: arrays of shapes that do not fit each other"); }
const ffi::Error no_instructions() {
  return ffi::Error::InvalidArgument("qffc: no such instruction set on this machine");
}

template <class T>
const T* numbers(const ffi::AnyBuffer& buffer) {
  return static_cast<const T*>(buffer.untyped_data());
}
template <class T>
T* numbers(ffi::RemainingRets& results, size_t place) {
  return static_cast<T*>((**results.get<ffi::AnyBuffer>(place)).untyped_data());
}

// Whether an array holds whole numbers from 0 on, below a limit: those that choose rows.
bool below(const ffi::AnyBuffer& buffer, int64_t limit) {
  if (buffer.element_type() != ffi::DataType::S32) return false;
  const int32_t* first = numbers<int32_t>(buffer);
  return std::all_of(first, first + buffer.element_count(), [&](int32_t each) { return each >= 0 && each < limit; });
}

bool has_shape(const ffi::AnyBuffer& buffer, std::initializer_list<int64_t> shape) {
  const auto found = buffer.dimensions();
  return found.size() == shape.size() && std::equal(found.begin(), found.end(), shape.begin());
}

auto sharing(ffi::ThreadPool& pool, int64_t& threads) {
  threads = std::max<int64_t>(1, pool.num_threads());
  return [threads](int64_t tasks, const std::function<void(int64_t)>& work) {
    qffc::Helpers::of_process().share(tasks, threads, work);
  };
}

// The last argument has the kind of each group of rows.
template <class T>
ffi::Error product_as(ProductMode mode, ffi::ThreadPool& pool, ffi::RemainingArgs& in, ffi::RemainingRets& out,
                      std::string_view instructions) {
  const qffc::Layers<T>* layers = qffc::find_layers<T>(std::string(instructions));
  if (layers == nullptr) return no_instructions();
  const ffi::AnyBuffer first = *in.get<ffi::AnyBuffer>(0), second = *in.get<ffi::AnyBuffer>(1);
  const ffi::AnyBuffer kinds = *in.get<ffi::AnyBuffer>(2), result = **out.get<ffi::AnyBuffer>(0);
  const ffi::AnyBuffer& weights = mode == ProductMode::outer ? result : second;
  const ffi::DataType type = first.element_type();
  if (second.element_type() != type || result.element_type() != type) return other_shape();
  if (first.dimensions().size() != 3 || weights.dimensions().size() != 3) return other_shape();
  const int64_t count = first.dimensions()[0], batch = first.dimensions()[1], kind_count = weights.dimensions()[0];
  Product<T> job{};
  job.mode = mode, job.in = weights.dimensions()[1], job.out = weights.dimensions()[2];
  const bool backward = mode == ProductMode::backward;
  if (!has_shape(first, {count, batch, backward ? job.out : job.in}) || !has_shape(kinds, {count})) return other_shape();
  const ffi::AnyBuffer& rows = mode == ProductMode::outer ? second : result;
  if (!has_shape(rows, {count, batch, backward ? job.in : job.out})) return other_shape();
  if (count * batch > std::numeric_limits<int32_t>::max()) return ffi::Error::InvalidArgument("qffc: too many rows");
  if (!below(kinds, kind_count)) return ffi::Error::InvalidArgument("qffc: a kind without weights");
  job.left = backward ? nullptr : numbers<T>(first);
  job.right = backward ? numbers<T>(first) : mode == ProductMode::outer ? numbers<T>(second) : nullptr;
  job.weights = mode == ProductMode::outer ? nullptr : numbers<T>(second);
  job.result = numbers<T>(out, 0);
  int64_t threads = 1;
  const auto parallel_for = sharing(pool, threads);
  if (!qffc::run_product<T>(*layers, std::move(job), numbers<int32_t>(kinds), count, batch, kind_count, threads,
                            parallel_for))
    return ffi::Error(ffi::ErrorCode::kResourceExhausted, "qffc: not enough memory for a product");
  return ffi::Error::Success();
}

template <class Call>
ffi::Error by_type(ffi::RemainingArgs& in, const Call& call) {
  const ffi::DataType type = in.get<ffi::AnyBuffer>(0)->element_type();
  if (type == ffi::DataType::F64) return call(double{});
  if (type == ffi::DataType::F32) return call(float{});
  return ffi::Error::InvalidArgument("qffc: numbers are neither float32 nor float64");
}

ffi::Error product(ffi::ThreadPool pool, ffi::RemainingArgs in, ffi::RemainingRets out, int64_t mode,
                   std::string_view instructions) {
  if (in.size() != 3 || out.size() != 1 || mode < 0 || mode > 2)
    return ffi::Error::InvalidArgument("qffc: wrong number of arrays");
  return by_type(in, [&](auto kind) {
    return product_as<decltype(kind)>(static_cast<ProductMode>(mode), pool, in, out, instructions);
  });
}

template <class T>
bool is_of(const ffi::AnyBuffer& buffer) {
  return buffer.element_type() == (sizeof(T) == 8 ? ffi::DataType::F64 : ffi::DataType::F32);
}

// Takes arrays one after another, and notes whether all were of the type and shape that they must have.
template <class T>
class Taker {
 public:
  Taker(ffi::RemainingArgs& in, ffi::RemainingRets& out) : in_(in), out_(out) {}

  ffi::AnyBuffer read() { return *in_.get<ffi::AnyBuffer>(read_++); }
  const T* input(std::initializer_list<int64_t> shape) { return checked(read(), shape); }
  T* output(std::initializer_list<int64_t> shape) { return checked(**out_.get<ffi::AnyBuffer>(written_++), shape); }
  bool good() const { return good_; }

  MessageArrays<const T*> inputs(const Messages<T>& job, bool tables) {
    return all<const T*>(job, tables, [this](std::initializer_list<int64_t> shape) { return input(shape); });
  }
  MessageArrays<T*> outputs(const Messages<T>& job, bool tables) {
    return all<T*>(job, tables, [this](std::initializer_list<int64_t> shape) { return output(shape); });
  }

 private:
  T* checked(const ffi::AnyBuffer& buffer, std::initializer_list<int64_t> shape) {
    good_ = good_ && is_of<T>(buffer) && has_shape(buffer, shape);
    return static_cast<T*>(buffer.untyped_data());
  }

  template <class P, class Take>
  static MessageArrays<P> all(const Messages<T>& job, bool tables, const Take& take) {
    MessageArrays<P> found{};
    found.basis = take({job.edges, job.batch, job.basis});
    found.directions = take({job.edges, job.batch, 3});
    found.heard = take({job.atoms, job.batch, 4, job.vectors});
    found.sent = take({job.atoms, job.batch, job.numbers});
    if (tables) found.tables = take({job.kinds, job.basis, job.functions()});
    return found;
  }

  ffi::RemainingArgs& in_;
  ffi::RemainingRets& out_;
  size_t read_ = 0, written_ = 0;
  bool good_ = true;
};

// Arrays in this order: inputs, receivers, senders, kinds of edges; directions; weights of vectors and numbers.
template <class T>
ffi::Error messages_as(Messages<T> job, ffi::ThreadPool& pool, ffi::RemainingArgs& in, ffi::RemainingRets& out,
                       std::string_view instructions) {
  const qffc::Layers<T>* layers = qffc::find_layers<T>(std::string(instructions));
  if (layers == nullptr) return no_instructions();
  const bool dual = job.mode == MessageMode::along || job.mode == MessageMode::twice;
  const bool reverse = job.mode == MessageMode::reverse || job.mode == MessageMode::twice;
  const size_t read = 8 + (dual ? 4 + job.tables_move : 0) + (reverse ? 2 : 0);
  const size_t written = reverse ? 4 + job.want_tables + (dual ? 4 + job.tables_move : 0) : 2;
  if (in.size() != read || out.size() != written) return ffi::Error::InvalidArgument("qffc: wrong number of arrays");
  const auto axes = [&](size_t place) { return in.get<ffi::AnyBuffer>(place)->dimensions(); };
  for (const auto& [place, count] : {std::pair<size_t, size_t>{0, 3}, {2, 4}, {3, 3}, {4, 3}})
    if (axes(place).size() != count) return other_shape();
  job.edges = axes(0)[0], job.batch = axes(0)[1], job.basis = axes(0)[2];
  job.atoms = axes(2)[0], job.vectors = axes(2)[3], job.numbers = axes(3)[2], job.kinds = axes(4)[0];
  if (job.basis < 1 || job.basis > qffc::most_basis)
    return ffi::Error::InvalidArgument("qffc: no radial functions, or too many");
  Taker<T> take(in, out);
  job.values = take.inputs(job, true);
  for (const int32_t** index : {&job.receivers, &job.senders, &job.edge_kinds}) {
    const ffi::AnyBuffer found = take.read();
    if (!has_shape(found, {job.edges}) || !below(found, index == &job.edge_kinds ? job.kinds : job.atoms))
      return ffi::Error::InvalidArgument("qffc: edges between atoms that are not there");
    *index = numbers<int32_t>(found);
  }
  if (dual) job.along = take.inputs(job, job.tables_move);
  if (reverse) {
    job.vector_weights = take.input({job.atoms, job.batch, 3, job.vectors});
    job.number_weights = take.input({job.atoms, job.batch, job.numbers});
    job.gradient = take.outputs(job, job.want_tables);
    if (dual) job.gradient_along = take.outputs(job, job.tables_move);
  } else {
    job.vectors_out = take.output({job.atoms, job.batch, 3, job.vectors});
    job.numbers_out = take.output({job.atoms, job.batch, job.numbers});
  }
  if (!take.good()) return other_shape();
  int64_t threads = 1;
  const auto parallel_for = sharing(pool, threads);
  if (!qffc::run_messages<T>(*layers, job, parallel_for))
    return ffi::Error(ffi::ErrorCode::kResourceExhausted, "qffc: not enough memory for messages");
  return ffi::Error::Success();
}

ffi::Error messages(ffi::ThreadPool pool, ffi::RemainingArgs in, ffi::RemainingRets out, int64_t mode, bool tables_move,
                    bool want_tables, std::string_view instructions) {
  if (in.size() < 8 || mode < 0 || mode > 3) return ffi::Error::InvalidArgument("qffc: wrong number of arrays");
  return by_type(in, [&](auto kind) {
    Messages<decltype(kind)> job{};
    job.mode = static_cast<MessageMode>(mode), job.tables_move = tables_move;
    job.want_tables = want_tables;
    return messages_as<decltype(kind)>(job, pool, in, out, instructions);
  });
}

}  // namespace

#pragma GCC visibility push(default)

XLA_FFI_DEFINE_HANDLER_SYMBOL(qffc_product, product,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .RemainingArgs()
                                  .RemainingRets()
                                  .Attr<int64_t>("mode")
                                  .Attr<std::string_view>("instructions"));
XLA_FFI_DEFINE_HANDLER_SYMBOL(qffc_messages, messages,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .RemainingArgs()
                                  .RemainingRets()
                                  .Attr<int64_t>("mode")
                                  .Attr<bool>("tables_move")
                                  .Attr<bool>("want_tables")
                                  .Attr<std::string_view>("instructions"));

#pragma GCC visibility pop
