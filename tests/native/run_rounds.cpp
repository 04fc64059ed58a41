// Runs rounds of circuits on every instruction set of this machine and with one thread and four, and says where they
// differ; holds gradients against slopes, and dynamics against the conserved energy. Reads the circuits from a file.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "helpers.hpp"
#include "round_dynamics.hpp"
#include "round_run.hpp"

namespace {

using namespace qffc;

template <class T>
using Numbers = std::vector<T>;

struct Circuits {
  Program program;
  int64_t turns = 0, angles = 0;
};

Circuits circuits_from(const char* path) {
  std::ifstream file(path);
  int64_t ints = 0, reals = 0;
  Circuits found;
  file >> ints >> reals >> found.turns >> found.angles;
  std::vector<int32_t> whole(ints);
  std::vector<double> broken(reals);
  for (int32_t& each : whole) file >> each;
  for (double& each : broken) file >> each;
  if (!decode(whole.data(), ints, broken.data(), reals, found.program)) std::abort();
  return found;
}

// A model with drawn arrays, seven atoms that see each other but for one, one of them in two places, and what a run of it
// writes.
template <class T>
struct Case {
  RoundJob<T> job{};
  Limits<T> limits{};
  std::vector<Numbers<T>> arrays;
  Numbers<T> positions, direction, energies, grades, gradient, by_energies, by_slopes;
  std::vector<int32_t> species, receivers, senders, places;
  std::vector<int64_t> starts;
  std::vector<Numbers<T>> written;
  std::mt19937 random{5};

  T* drawn(int64_t size, double low, double high) {
    std::uniform_real_distribution<double> spread(low, high);
    arrays.emplace_back(size);
    for (T& each : arrays.back()) each = static_cast<T>(spread(random));
    return arrays.back().data();
  }
  T* room(int64_t size) {
    written.emplace_back(size, T(7));
    return written.back().data();
  }

  template <class P>
  RoundWeights<P> round(int64_t number, int64_t angles, const std::function<P(int64_t)>& take) {
    const RoundSizes& s = job.sizes;
    RoundWeights<P> own{};
    own.first = take(s.species * s.first_rows(number) * 2 * s.all_turns());
    own.along = take(s.species * s.summed() * s.all_turns());
    own.angles = take(s.channels * angles);
    own.weight = take(s.species * s.layer_rows(number) * s.numbers), own.bias = take(s.species * s.numbers);
    if (number + 1 == s.rounds) return own;
    own.mix = take(s.species * s.all_turns() * s.vectors);
    own.tell = take(s.species * s.numbers * (s.numbers + s.vectors));
    own.tables = take(s.species * s.species * s.basis * (3 * s.vectors + s.numbers));
    return own;
  }

  Case(const Circuits& circuits, bool with_limits, bool along) {
    RoundSizes& s = job.sizes;
    s = {7, 0, 2, 3, 3, circuits.turns, 5, 6, 11, circuits.program.moments, 4.0, false};
    job.program = &circuits.program;
    std::uniform_real_distribution<double> spread(0, 1.3);
    for (int64_t atom = 0; atom < s.atoms; ++atom) {
      species.push_back(static_cast<int32_t>(atom % 2));
      for (int a = 0; a < 3; ++a) positions.push_back(static_cast<T>(spread(random) + (a == 0 ? 0.7 * atom : 0)));
      starts.push_back(static_cast<int64_t>(receivers.size()));
      for (int64_t other = 0; other + 1 < s.atoms; ++other)
        if (other != atom && atom + 1 < s.atoms) receivers.push_back(atom), senders.push_back(other);
    }
    starts.push_back(static_cast<int64_t>(receivers.size()));
    // The first atom is seen by others at an image of it.
    s.places = s.atoms + 1;
    for (int a = 0; a < 3; ++a) positions.push_back(positions[a] + static_cast<T>(a == 1 ? 1.1 : 0.2));
    for (const int32_t sender : senders) places.push_back(sender == 0 ? static_cast<int32_t>(s.atoms) : sender);
    s.edges = static_cast<int64_t>(receivers.size());
    job.species = species.data(), job.receivers = receivers.data(), job.senders = senders.data();
    job.places = places.data(), job.starts = starts.data(), job.positions = positions.data();
    const int64_t features = s.rounds * s.features();
    job.shift = drawn(s.species * features, -1, 1), job.scale = drawn(s.species * features, 0.5, 1);
    const std::function<const T*(int64_t)> take = [&](int64_t size) { return drawn(size, -0.3, 0.3); };
    for (int64_t number = 0; number < s.rounds; ++number)
      job.rounds.push_back(round<const T*>(number, circuits.angles, take));
    for (const auto& [in, out] : {std::pair<int64_t, int64_t>{s.numbers, 9}, {9, 1}}) {
      const T* weight = take(s.species * in * out);
      job.head.push_back({in, out, weight, take(s.species * out)});
    }
    if (with_limits) add_limits();
    if (along) {
      direction.resize(3 * s.places);
      for (T& each : direction) each = static_cast<T>(spread(random) - 0.6);
      by_energies.assign(s.atoms, T(0.7)), by_slopes.assign(s.atoms, T(-1.3));
      job.direction = direction.data(), job.by_energies = by_energies.data(), job.by_slopes = by_slopes.data();
      const std::function<T*(int64_t)> give = [&](int64_t size) { return room(size); };
      for (int64_t number = 0; number < s.rounds; ++number)
        job.round_gradients.push_back(round<T*>(number, circuits.angles, give));
      for (const auto& layer : job.head) {
        T* weight = room(s.species * layer.in * layer.out);
        job.head_gradients.push_back({layer.in, layer.out, weight, room(s.species * layer.out)});
      }
    }
    energies.resize(s.atoms), grades.resize(s.atoms), gradient.resize(3 * s.places);
    job.energies = energies.data(), job.grades = grades.data(), job.gradient = gradient.data();
  }

  void add_limits() {
    const int64_t kinds = job.sizes.species, densities = kinds * 6;
    limits.reach = job.sizes.cutoff, limits.axes = 10, limits.width = densities + densities * (densities + 1);
    T* ranges = drawn(kinds * kinds * 6, 0, 0.1);
    for (int64_t k = 0; k < kinds * kinds * 6; ++k) ranges[k] += static_cast<T>(k % 6 * 0.5);
    job.seen = ranges;
    limits.scale = drawn(1, 1, 2), limits.binding = drawn(kinds, -1, 1), limits.floor = drawn(kinds, -0.1, 0.1);
    limits.nearest = drawn(kinds * kinds, 1, 2), limits.mean = drawn(kinds * limits.width, -0.3, 0.3);
    limits.directions = drawn(kinds * limits.width * limits.axes, -0.1, 0.1);
    limits.widths = drawn(kinds * limits.axes, 4, 5), limits.rest = drawn(kinds, 2, 4), limits.charges = drawn(kinds, 1, 8);
    job.limits = &limits;
  }

  double total() const {
    double sum = 0;
    for (const T each : energies) sum += static_cast<double>(each);
    return sum;
  }

  bool run(const std::string& name, int64_t threads) {
    return run_rounds<T>(name, job, threads, [threads](int64_t tasks, const std::function<void(int64_t)>& work) {
      Helpers::of_process().share(tasks, threads, work);
    });
  }
  Numbers<T> found(const std::string& name, int64_t threads) {
    if (!run(name, threads)) std::abort();
    Numbers<T> all;
    for (const Numbers<T>* each : {&energies, &grades, &gradient}) all.insert(all.end(), each->begin(), each->end());
    for (const Numbers<T>& each : written) all.insert(all.end(), each.begin(), each.end());
    return all;
  }
};

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
int compare(const char* type, const Circuits& circuits, double bound) {
  int wrong = 0, runs = 0;
  for (const auto& [with_limits, along] : {std::pair<bool, bool>{false, false}, {true, false}, {false, true}}) {
    Case<T> own(circuits, with_limits, along);
    const Numbers<T> expected = own.found("portable", 1);
    double size = 1;
    for (const T each : expected) size = std::max(size, std::abs(static_cast<double>(each)));
    for (const char* name : {"portable", "avx2", "avx512"}) {
      if (find_rounds<T>(name) == nullptr) continue;
      const Numbers<T> found = own.found(name, 1);
      ++runs;
      const double apart = distance(found, expected) / size, threads = distance(found, own.found(name, 4));
      if (!(apart <= bound) || threads != 0)
        ++wrong, std::printf("%s %s limits %d along %d: %g, by threads %g\n", type, name, with_limits, along, apart, threads);
    }
  }
  std::printf("%s: %d runs, %d wrong\n", type, runs, wrong);
  return wrong;
}

// The gradient by positions against slopes of energies, with limits.
int slopes(const Circuits& circuits) {
  Case<double> own(circuits, true, false);
  if (!own.run("", 2)) return 1;
  const Numbers<double> gradient = own.gradient;
  int wrong = 0;
  for (size_t k = 0; k < own.positions.size(); ++k) {
    constexpr double step = 1e-5;
    const double here = own.positions[k];
    double energies[2];
    for (const int side : {0, 1}) {
      own.positions[k] = here + (side == 0 ? -step : step);
      own.run("", 1);
      energies[side] = own.total();
    }
    own.positions[k] = here;
    const double slope = (energies[1] - energies[0]) / (2 * step);
    if (!(std::abs(slope - gradient[k]) <= 1e-5 * std::max(1.0, std::abs(slope))))
      ++wrong, std::fprintf(stderr, "coordinate %zu: slope %g, gradient %g\n", k, slope, gradient[k]);
  }
  return wrong;
}

// Replicas in groups of two, one of which is alone: the same by any threads and in any number of calls, and the energy
// without the heat is kept.
template <class T>
int moves(const Circuits& circuits, double bound) {
  constexpr int64_t replicas = 3, group = 2, steps = 12;
  int wrong = 0;
  for (const Thermostat thermostat : {Thermostat::none, Thermostat::langevin, Thermostat::bussi}) {
    Numbers<double> first;
    for (const auto& [threads, calls] : {std::pair<int64_t, int64_t>{1, 1}, {4, 1}, {2, 3}}) {
      Case<T> own(circuits, true, false);
      const int64_t atoms = own.job.sizes.atoms, size = 3 * atoms;
      std::vector<int32_t> species = own.species;
      species.insert(species.end(), own.species.begin(), own.species.end());
      own.job.species = species.data();
      std::mt19937 random(3);
      std::normal_distribution<double> normal;
      Numbers<double> positions, velocities(replicas * size), forces(replicas * size), masses(atoms, 5.0);
      Numbers<double> listed(replicas * size, std::nan("")), heat(replicas), noise(replicas * steps * size);
      for (int64_t r = 0; r < replicas; ++r) positions.insert(positions.end(), own.positions.begin(), own.positions.end());
      for (double& each : velocities) each = 0.1 * normal(random);
      for (double& each : noise) each = thermostat == Thermostat::bussi ? 3.0 : normal(random);
      std::vector<int64_t> done(replicas), lists(replicas);
      Numbers<double> energies(replicas * steps), kinetic(energies), grades(energies);
      Dynamics given{replicas, atoms, group, 0, static_cast<int64_t>(thermostat), 0.005, 4.5, 0.5, 0.95, 0.05, 1.0,
                     static_cast<double>(size - 3), 1.0, 1e300, positions.data(), velocities.data(), forces.data(),
                     listed.data(), masses.data(), noise.data(), heat.data(), energies.data(), kinetic.data(),
                     grades.data(), done.data(), lists.data()};
      if (run_dynamics<T>("", own.job, given, threads) != 0) return 100;
      Numbers<double> kept;
      for (int64_t r = 0; r < replicas; ++r) kept.push_back(energies[r] + kinetic[r]);
      Numbers<double> noises(noise);
      const int64_t each_step = thermostat == Thermostat::bussi ? 2 : size, part = steps / calls;
      for (int64_t call = 0; call < calls; ++call) {
        given.steps = part;
        for (int64_t r = 0; r < replicas; ++r)
          std::copy_n(noises.begin() + (r * steps + call * part) * each_step, part * each_step,
                      noise.begin() + r * part * each_step);
        if (run_dynamics<T>("", own.job, given, threads) != 0) return 100;
      }
      for (int64_t r = 0; r < replicas; ++r) {
        const int64_t last = r * part + part - 1;
        const double apart = std::abs(energies[last] + kinetic[last] - heat[r] - kept[r]);
        if (!(apart < bound) || done[r] != part || lists[r] < 1)
          ++wrong, std::fprintf(stderr, "replica %d: %g of energy\n", static_cast<int>(r), apart);
      }
      if (first.empty()) first = positions;
      else if (distance(first, positions) != 0) ++wrong, std::fprintf(stderr, "other positions\n");
    }
  }
  return wrong;
}

}  // namespace

int main(int, char** arguments) {
  const Circuits circuits = circuits_from(arguments[1]);
  return compare<double>("float64", circuits, 1e-11) + compare<float>("float32", circuits, 1e-3) + slopes(circuits) +
         moves<double>(circuits, 0.02) + moves<float>(circuits, 0.02);
}
