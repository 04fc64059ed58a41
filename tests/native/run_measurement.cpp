// States of random kernels, outcomes of settings, and weights of strings; says in how many cases states and outcomes are
// normalized, and the weights of each string add up to one.
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

extern "C" void qffc_kernel_states(std::int64_t qubits, std::int64_t points, std::int64_t count,
                                   const std::int64_t* operations, const std::int64_t* moves, const double* angles,
                                   double* states);
extern "C" void qffc_outcomes(std::int64_t qubits, std::int64_t points, std::int64_t turns, const std::int64_t* masks,
                              const std::int64_t* bases, const double* states, double* probabilities);
extern "C" std::int64_t qffc_setting_weights(std::int64_t settings, std::int64_t points, std::int64_t strings,
                                             std::int64_t steps, const std::int64_t* sizes,
                                             const double* const* quadratics, const std::int64_t* places,
                                             double* weights, double least, double still, double* noises);

namespace {

bool near(double number, double other) { return std::abs(number - other) < 1e-9; }

bool states_are_normalized(std::mt19937_64& random, std::int64_t qubits) {
  constexpr std::int64_t points = 2, count = 40;
  const std::int64_t size = std::int64_t{1} << qubits;
  std::uniform_int_distribution<std::int64_t> masks(0, size - 1), qubit(0, qubits - 1), kinds(0, 4);
  std::normal_distribution<double> normal;
  std::vector<std::int64_t> operations{3, 1, 2}, moves;  // a singlet on the first two, which are fresh
  for (std::int64_t k = 1; k < count; ++k) {
    std::int64_t kind = kinds(random), first = masks(random), second = masks(random);
    const std::int64_t a = qubit(random), b = (a + 1) % qubits;
    if (kind == 1) first = std::int64_t{1} << a, second = std::int64_t{1} << b;
    if (kind == 2 || kind == 3) kind = 2, first = std::int64_t{1} << a;
    if (kind == 4) {
      first = static_cast<std::int64_t>(moves.size()) / qubits;
      for (std::int64_t q = 0; q < qubits; ++q) moves.push_back((q + a) % qubits);
    }
    operations.insert(operations.end(), {kind, first, second});
  }
  std::vector<double> angles(static_cast<std::size_t>(3 * count * points));
  for (double& angle : angles) angle = normal(random);
  for (std::size_t k = 9; k < 12; ++k) angles[k] = 0.0;  // a turn about nothing among them
  std::vector<double> states(static_cast<std::size_t>(2 * size * points), 0.0), found(states.size() / 2);
  for (std::int64_t point = 0; point < points; ++point) states[static_cast<std::size_t>(2 * point * size)] = 1.0;
  qffc_kernel_states(qubits, points, count, operations.data(), moves.data(), angles.data(), states.data());
  double total = 0.0;
  for (const double part : states) total += part * part;
  const std::int64_t turn[2] = {2, 1};
  std::vector<std::int64_t> bases;
  for (std::int64_t q = 0; q < qubits; ++q) bases.push_back(q % 3);
  qffc_outcomes(qubits, points, 1, turn, bases.data(), states.data(), found.data());
  double chances = 0.0;
  for (const double chance : found) chances += chance;
  return near(total, points) && near(chances, points);
}

bool weights_add_up(std::mt19937_64& random) {
  constexpr std::size_t points = 3, strings = 6;
  const std::vector<std::vector<std::int64_t>> settings{{0, 1, 2, 3}, {2, 3, 4}, {5}, {0, 4, 5}};
  std::normal_distribution<double> normal;
  std::vector<std::int64_t> sizes, places;
  std::vector<double> uses(strings, 0.0), weights, noises(settings.size()), sums(strings, 0.0);
  std::vector<std::vector<double>> forms;
  std::vector<const double*> addresses;
  for (const auto& own : settings) {
    const std::size_t size = own.size();
    sizes.push_back(static_cast<std::int64_t>(size));
    places.insert(places.end(), own.begin(), own.end());
    for (const std::int64_t place : own) uses[static_cast<std::size_t>(place)] += 1.0;
    std::vector<double> form(points * size * size, 0.0), root(size);
    for (std::size_t point = 0; point < points; ++point) {
      for (std::size_t term = 0; term < 2 * size; ++term) {
        for (double& part : root) part = normal(random);
        for (std::size_t k = 0; k < size * size; ++k) form[point * size * size + k] += root[k / size] * root[k % size];
      }
    }
    forms.push_back(form);
  }
  for (const auto& form : forms) addresses.push_back(form.data());
  for (const std::int64_t place : places) weights.push_back(1.0 / uses[static_cast<std::size_t>(place)]);
  if (qffc_setting_weights(static_cast<std::int64_t>(settings.size()), points, strings, 30, sizes.data(),
                           addresses.data(), places.data(), weights.data(), 1e-6, 1e-12, noises.data())) {
    return false;
  }
  for (std::size_t k = 0; k < places.size(); ++k) sums[static_cast<std::size_t>(places[k])] += weights[k];
  for (const double sum : sums) {
    if (!near(sum, 1.0)) return false;
  }
  for (const double noise : noises) {
    if (!(noise > 0.0)) return false;
  }
  return true;
}

}  // namespace

int main() {
  std::mt19937_64 random(11);
  int good = 0;
  for (std::int64_t qubits = 2; qubits < 7; ++qubits) {
    for (int k = 0; k < 3; ++k) good += states_are_normalized(random, qubits);
  }
  for (int k = 0; k < 5; ++k) good += weights_add_up(random);
  std::printf("%d\n", good);
  return 0;
}
