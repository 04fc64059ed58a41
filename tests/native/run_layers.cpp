// Runs layers on every instruction set of this machine and with one thread and four, and says where they differ.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "helpers.hpp"
#include "layer_run.hpp"

namespace {

using qffc::MessageArrays;
using qffc::MessageMode;
using qffc::Messages;
using qffc::Product;
using qffc::ProductMode;

template <class T>
using Numbers = std::vector<T>;

template <class T>
Numbers<T> drawn(std::mt19937& random, int64_t size) {
  std::uniform_real_distribution<double> spread(-1, 1);
  Numbers<T> numbers(size);
  for (T& each : numbers) each = static_cast<T>(spread(random));
  return numbers;
}

std::vector<int32_t> chosen(std::mt19937& random, int64_t size, int64_t limit) {
  std::uniform_int_distribution<int32_t> spread(0, static_cast<int32_t>(limit) - 1);
  std::vector<int32_t> numbers(size);
  for (int32_t& each : numbers) each = spread(random);
  return numbers;
}

qffc::ParallelFor threads_of(int64_t threads) {
  return [threads](int64_t tasks, const std::function<void(int64_t)>& work) {
    qffc::Helpers::of_process().share(tasks, threads, work);
  };
}

template <class T>
Numbers<T> product(const qffc::Layers<T>& layers, ProductMode mode, int64_t threads) {
  std::mt19937 random(7);
  const int64_t count = 23, batch = 2, in = 37, out = 71, kinds = 3;
  const auto rows = drawn<T>(random, count * batch * in), others = drawn<T>(random, count * batch * out);
  const auto weights = drawn<T>(random, kinds * in * out);
  const auto own = chosen(random, count, kinds);
  Product<T> job{};
  job.mode = mode, job.in = in, job.out = out;
  job.left = rows.data(), job.right = others.data(), job.weights = weights.data();
  const int64_t size = mode == ProductMode::forward ? count * batch * out
                       : mode == ProductMode::backward ? count * batch * in : kinds * in * out;
  Numbers<T> result(size);
  job.result = result.data();
  if (!qffc::run_product<T>(layers, job, own.data(), count, batch, kinds, threads, threads_of(threads))) std::abort();
  return result;
}

template <class T>
struct Arrays {
  Numbers<T> basis, directions, tables, heard, sent;

  Arrays(std::mt19937& random, const Messages<T>& job) {
    basis = drawn<T>(random, job.edges * job.batch * job.basis);
    directions = drawn<T>(random, job.edges * job.batch * 3);
    tables = drawn<T>(random, job.kinds * job.basis * job.functions());
    heard = drawn<T>(random, job.rows() * 4 * job.vectors);
    sent = drawn<T>(random, job.rows() * job.numbers);
  }

  MessageArrays<const T*> read() const { return {basis.data(), directions.data(), tables.data(), heard.data(), sent.data()}; }
  MessageArrays<T*> written() { return {basis.data(), directions.data(), tables.data(), heard.data(), sent.data()}; }
  void collect(Numbers<T>& all) const {
    for (const Numbers<T>* each : {&basis, &directions, &tables, &heard, &sent}) all.insert(all.end(), each->begin(), each->end());
  }
};

template <class T>
Numbers<T> messages(const qffc::Layers<T>& layers, MessageMode mode, bool tables_move, int64_t threads) {
  std::mt19937 random(11);
  Messages<T> job{};
  job.mode = mode, job.tables_move = tables_move, job.want_tables = true;
  job.edges = 300, job.batch = 2, job.basis = 5, job.kinds = 4, job.atoms = 13, job.vectors = 19, job.numbers = 21;
  const auto receivers = chosen(random, job.edges, job.atoms), senders = chosen(random, job.edges, job.atoms);
  const auto kinds = chosen(random, job.edges, job.kinds);
  job.receivers = receivers.data(), job.senders = senders.data(), job.edge_kinds = kinds.data();
  const Arrays<T> values(random, job), along(random, job);
  Arrays<T> gradient(random, job), gradient_along(random, job);
  const auto vector_weights = drawn<T>(random, job.rows() * 3 * job.vectors);
  const auto number_weights = drawn<T>(random, job.rows() * job.numbers);
  Numbers<T> vectors(vector_weights.size()), numbers(number_weights.size()), all;
  job.values = values.read(), job.along = along.read();
  job.vector_weights = vector_weights.data(), job.number_weights = number_weights.data();
  const bool reverse = mode == MessageMode::reverse || mode == MessageMode::twice;
  if (reverse) {
    job.gradient = gradient.written();
    if (mode == MessageMode::twice) job.gradient_along = gradient_along.written();
    if (!tables_move) job.gradient_along.tables = nullptr;
  } else {
    job.vectors_out = vectors.data(), job.numbers_out = numbers.data();
  }
  if (!qffc::run_messages<T>(layers, job, threads_of(threads))) std::abort();
  if (!reverse) {
    all = vectors;
    all.insert(all.end(), numbers.begin(), numbers.end());
    return all;
  }
  if (!tables_move) gradient_along.tables.clear();
  gradient.collect(all);
  if (mode == MessageMode::twice) gradient_along.collect(all);
  return all;
}

template <class T>
double distance(const Numbers<T>& one, const Numbers<T>& other) {
  double most = one.size() == other.size() ? 0 : 1e300;
  for (size_t k = 0; k < std::min(one.size(), other.size()); ++k) {
    const double apart = std::abs(static_cast<double>(one[k]) - static_cast<double>(other[k]));
    if (!(apart <= most)) most = apart;
  }
  return most;
}

template <class T>
int compare(const char* type, double bound) {
  int wrong = 0, runs = 0;
  const auto check = [&](const std::string& what, const std::function<Numbers<T>(const qffc::Layers<T>&, int64_t)>& run) {
    const Numbers<T> expected = run(*qffc::find_layers<T>("portable"), 1);
    for (const char* name : {"portable", "avx2", "avx512"}) {
      const qffc::Layers<T>* layers = qffc::find_layers<T>(name);
      if (layers == nullptr) continue;
      const Numbers<T> found = run(*layers, 1);
      ++runs;
      if (!(distance(found, expected) <= bound) || distance(found, run(*layers, 4)) != 0)
        ++wrong, std::printf("%s %s %s: %g\n", type, name, what.c_str(), distance(found, expected));
    }
  };
  for (int mode = 0; mode < 3; ++mode)
    check("product " + std::to_string(mode), [&](const qffc::Layers<T>& layers, int64_t threads) {
      return product<T>(layers, static_cast<ProductMode>(mode), threads);
    });
  for (int mode = 0; mode < 4; ++mode)
    for (const bool move : {false, true})
      check("messages " + std::to_string(mode), [&](const qffc::Layers<T>& layers, int64_t threads) {
        return messages<T>(layers, static_cast<MessageMode>(mode), move, threads);
      });
  std::printf("%s: %d runs, %d wrong\n", type, runs, wrong);
  return wrong;
}

}  // namespace

int main() { return compare<double>("float64", 1e-11) + compare<float>("float32", 1e-2) == 0 ? 0 : 1; }
