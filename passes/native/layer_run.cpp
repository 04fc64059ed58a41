#include "layer_run.hpp"

#include <algorithm>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace qffc {

template <class T>
const Layers<T>* find_layers(const std::string& name) {
  const std::string own = isa_of<T>(name);
  return own.empty() ? nullptr : QFFC_TABLE(T, layers, own);
}

namespace {

template <class T>
void sort_rows(Product<T>& job, const int32_t* kinds, int64_t count, int64_t batch, int64_t kind_count) {
  job.starts.assign(kind_count + 1, 0);
  for (int64_t n = 0; n < count; ++n) job.starts[kinds[n] + 1] += batch;
  for (int64_t kind = 0; kind < kind_count; ++kind) job.starts[kind + 1] += job.starts[kind];
  job.rows.resize(count * batch);
  std::vector<int64_t> next(job.starts.begin(), job.starts.end() - 1);
  for (int64_t n = 0; n < count; ++n)
    for (int64_t b = 0; b < batch; ++b) job.rows[next[kinds[n]]++] = static_cast<int32_t>(n * batch + b);
  for (int64_t kind = 0; kind < kind_count; ++kind) {
    const bool forward = job.mode == ProductMode::forward;
    const int64_t first = forward ? job.starts[kind] : 0, last = forward ? job.starts[kind + 1] : job.in;
    const bool backward = job.mode == ProductMode::backward;
    const int64_t size = backward ? columns_of_block : rows_of_block;
    // A last block of few columns would not fill a register: it is left to the block before.
    const int64_t least = backward ? columns_of_block / 3 : 1;
    for (int64_t row = first; row < last;) {
      const int64_t left = last - row, taken = left < size + least ? left : size;
      job.blocks.push_back({kind, row, taken});
      row += taken;
    }
  }
}

}  // namespace

template <class T>
bool run_product(const Layers<T>& layers, Product<T> job, const int32_t* kinds, int64_t count, int64_t batch,
                 int64_t kind_count, int64_t threads, const ParallelFor& parallel_for) {
  try {
    sort_rows(job, kinds, count, batch, kind_count);
  } catch (const std::bad_alloc&) {
    return false;
  }
  const int64_t blocks = static_cast<int64_t>(job.blocks.size());
  // Work for another thread must be worth its waking.
  const int64_t work = count * batch * job.in * job.out;
  const int64_t parts = std::clamp<int64_t>(std::min(work / 65536, blocks), 1, 4 * threads);
  parallel_for(parts, [&](int64_t part) {
    for (int64_t block = blocks * part / parts; block < blocks * (part + 1) / parts; ++block)
      layers.product_task(job, block);
  });
  return true;
}

namespace {

constexpr int64_t edges_of_part = 64, most_parts = 4;

// An array that parts of a job add to, each to its own.
template <class T>
struct Shared {
  T* out;
  int64_t size;
  T* MessageSums<T>::*outputs;
  MessageArrays<T*> MessageSums<T>::*arrays;
  T* MessageArrays<T*>::*member;

  void place(MessageSums<T>& sums, T* where) const {
    if (outputs != nullptr) sums.*outputs = where;
    else sums.*arrays.*member = where;
  }
};

template <class T>
std::vector<Shared<T>> shared_of(const Messages<T>& job) {
  using Sums = MessageSums<T>;
  using Arrays = MessageArrays<T*>;
  std::vector<Shared<T>> all;
  const auto output = [&](T* out, int64_t size, T* Sums::*where) {
    if (out != nullptr) all.push_back({out, size, where, nullptr, nullptr});
  };
  const auto gradients = [&](const Arrays& out, Arrays Sums::*arrays) {
    const std::pair<T* Arrays::*, int64_t> members[] = {
        {&Arrays::tables, job.kinds * job.basis * job.functions()},
        {&Arrays::heard, job.rows() * 4 * job.vectors},
        {&Arrays::sent, job.rows() * job.numbers},
    };
    for (const auto& [member, size] : members)
      if (out.*member != nullptr) all.push_back({out.*member, size, nullptr, arrays, member});
  };
  output(job.vectors_out, job.rows() * 3 * job.vectors, &Sums::vectors_out);
  output(job.numbers_out, job.rows() * job.numbers, &Sums::numbers_out);
  gradients(job.gradient, &Sums::gradient);
  gradients(job.gradient_along, &Sums::gradient_along);
  return all;
}

}  // namespace

// Parts do not depend on threads and are added in order, so neither do results.
template <class T>
bool run_messages(const Layers<T>& layers, const Messages<T>& job, const ParallelFor& parallel_for) {
  const int64_t places = job.edges * job.batch;
  const int64_t parts = std::clamp<int64_t>(places / edges_of_part, 1, most_parts);
  const std::vector<Shared<T>> shared = shared_of(job);
  int64_t size = 0;
  for (const Shared<T>& each : shared) size += each.size, std::fill(each.out, each.out + each.size, T(0));
  // Those of edges are written by one part each.
  const auto clear = [](T* out, int64_t count) {
    if (out != nullptr) std::fill(out, out + count, T(0));
  };
  for (const MessageArrays<T*>* each : {&job.gradient, &job.gradient_along})
    clear(each->basis, places * job.basis), clear(each->directions, places * 3);
  std::vector<T> own;
  try {
    own.assign((parts - 1) * size, T(0));
  } catch (const std::bad_alloc&) {
    return false;
  }
  parallel_for(std::min(parts, places), [&](int64_t part) {
    MessageSums<T> sums{places * part / parts, places * (part + 1) / parts, job.vectors_out, job.numbers_out,
                        job.gradient, job.gradient_along};
    T* next = part == 0 ? nullptr : own.data() + (part - 1) * size;
    for (const Shared<T>& each : shared) {
      if (part == 0) break;
      each.place(sums, next);
      next += each.size;
    }
    layers.messages(job, sums);
  });
  const T* numbers = own.data();
  for (int64_t part = 1; part < parts; ++part)
    for (const Shared<T>& each : shared) {
      for (int64_t k = 0; k < each.size; ++k) each.out[k] += numbers[k];
      numbers += each.size;
    }
  return true;
}

#define QFFC_DEFINE(T)  \
  template const Layers<T>* find_layers<T>(const std::string&);  \
  template bool run_product<T>(const Layers<T>&, Product<T>, const int32_t*, int64_t, int64_t, int64_t, int64_t,  \
                               const ParallelFor&);  \
  template bool run_messages<T>(const Layers<T>&, const Messages<T>&, const ParallelFor&);
QFFC_DEFINE(double)
QFFC_DEFINE(float)
#undef QFFC_DEFINE

}  // namespace qffc
