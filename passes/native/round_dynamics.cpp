#include "round_dynamics.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <new>
#include <vector>

#include "helpers.hpp"
#include "round_run.hpp"

namespace qffc {
namespace {

// Some replicas that are computed as one molecule of atoms that do not see each other.
template <class T>
class Group {
 public:
  Group(const std::string& instructions, const RoundJob<T>& job, const Dynamics& given, int64_t first, int64_t count,
        int64_t threads)
      : instructions_(instructions), job_(job), given_(given), first_(first), count_(count), threads_(threads) {
    const int64_t atoms = count_ * given_.atoms;
    positions_.resize(3 * atoms), energies_.resize(atoms), grades_.resize(atoms), gradient_.resize(3 * atoms);
    job_.sizes.atoms = job_.sizes.places = atoms;
    job_.positions = positions_.data(), job_.energies = energies_.data();
    job_.grades = grades_.data(), job_.gradient = gradient_.data();
  }

  int32_t run() {
    list();
    if (given_.steps == 0) {
      if (!forces()) return 1;
      return record(0) ? 0 : 2;
    }
    for (int64_t step = 0; step < given_.steps; ++step) {
      each(step, &Group::begin);
      if (!forces()) return 1;
      each(step, &Group::end);
      if (!record(step)) return 2;
      bool stops = false;
      for (int64_t r = first_; r < first_ + count_; ++r) {
        given_.done[r] = step + 1;
        stops = stops || given_.grades[r * given_.steps + step] > given_.most;
      }
      if (stops) return 0;
    }
    return 0;
  }

 private:
  double* of(double* array, int64_t replica) const { return array + 3 * given_.atoms * replica; }
  void each(int64_t step, void (Group::*part)(int64_t, int64_t)) {
    for (int64_t r = first_; r < first_ + count_; ++r) (this->*part)(r, step);
  }

  void kick(int64_t replica, double time) {
    double* velocity = of(given_.velocities, replica);
    const double* force = of(given_.forces, replica);
    for (int64_t atom = 0; atom < given_.atoms; ++atom)
      for (int a = 0; a < 3; ++a) velocity[3 * atom + a] += time * force[3 * atom + a] / given_.masses[atom];
  }
  void drift(int64_t replica, double time) {
    double* position = of(given_.positions, replica);
    const double* velocity = of(given_.velocities, replica);
    for (int64_t k = 0; k < 3 * given_.atoms; ++k) position[k] += time * velocity[k];
  }
  double kinetic(int64_t replica) const {
    const double* velocity = of(given_.velocities, replica);
    double sum = 0;
    for (int64_t atom = 0; atom < given_.atoms; ++atom)
      for (int a = 0; a < 3; ++a) sum += given_.masses[atom] * velocity[3 * atom + a] * velocity[3 * atom + a];
    return 0.5 * sum;
  }

  // What comes before the forces of a step.
  void begin(int64_t replica, int64_t step) {
    if (given_.thermostat == static_cast<int64_t>(Thermostat::bussi)) rescale(replica, step);
    kick(replica, 0.5 * given_.step);
    if (given_.thermostat != static_cast<int64_t>(Thermostat::langevin)) return drift(replica, given_.step);
    drift(replica, 0.5 * given_.step);
    mix(replica, step);
    drift(replica, 0.5 * given_.step);
  }
  void end(int64_t replica, int64_t) { kick(replica, 0.5 * given_.step); }

  // Equation A7 of Bussi, Donadio and Parrinello.
  void rescale(int64_t replica, int64_t step) {
    const double* drawn = given_.noise + 2 * (replica * given_.steps + step);
    const double before = kinetic(replica);
    const double term = (1 - given_.kept) * given_.thermal / before / given_.freedoms;
    const double squared = given_.kept + term * (drawn[1] + drawn[0] * drawn[0]) +
                           2 * drawn[0] * std::sqrt(given_.kept * term);
    const double factor = std::sqrt(squared);
    double* velocity = of(given_.velocities, replica);
    for (int64_t k = 0; k < 3 * given_.atoms; ++k) velocity[k] *= factor;
    given_.heat[replica] += (squared - 1) * before;
  }

  // Friction and noise; the noise has no net momentum, so that the molecule stays where it is.
  void mix(int64_t replica, int64_t step) {
    const double* drawn = given_.noise + 3 * given_.atoms * (replica * given_.steps + step);
    double* velocity = of(given_.velocities, replica);
    const double before = kinetic(replica);
    double net[3] = {0, 0, 0}, mass = 0;
    for (int64_t atom = 0; atom < given_.atoms; ++atom) {
      const double root = std::sqrt(given_.masses[atom]);
      for (int a = 0; a < 3; ++a) net[a] += given_.spread * root * drawn[3 * atom + a];
      mass += given_.masses[atom];
    }
    for (int64_t atom = 0; atom < given_.atoms; ++atom) {
      const double root = std::sqrt(given_.masses[atom]);
      for (int a = 0; a < 3; ++a)
        velocity[3 * atom + a] =
            given_.kept * velocity[3 * atom + a] + given_.spread / root * drawn[3 * atom + a] - net[a] / mass;
    }
    given_.heat[replica] += kinetic(replica) - before;
  }

  bool moved_too_far() const {
    const double most = 0.25 * given_.skin * given_.skin;
    for (int64_t r = first_; r < first_ + count_; ++r) {
      const double *here = of(given_.positions, r), *there = of(given_.listed, r);
      for (int64_t atom = 0; atom < given_.atoms; ++atom) {
        double squared = 0;
        for (int a = 0; a < 3; ++a) {
          const double way = here[3 * atom + a] - there[3 * atom + a];
          squared += way * way;
        }
        if (!(squared <= most)) return true;
      }
    }
    return false;
  }

  // The list is that of where it was made, so that it is the same in the next call.
  void list() {
    if (moved_too_far()) {
      const int64_t size = 3 * given_.atoms * count_;
      std::copy_n(of(given_.positions, first_), size, of(given_.listed, first_));
      for (int64_t r = first_; r < first_ + count_; ++r) ++given_.lists[r];
    }
    receivers_.clear(), senders_.clear(), starts_.clear();
    const double near = given_.radius * given_.radius;
    for (int64_t r = 0; r < count_; ++r) {
      const double* place = of(given_.listed, first_ + r);
      for (int64_t atom = 0; atom < given_.atoms; ++atom) {
        starts_.push_back(static_cast<int64_t>(receivers_.size()));
        for (int64_t other = 0; other < given_.atoms; ++other) {
          double squared = 0;
          for (int a = 0; a < 3; ++a) {
            const double way = place[3 * atom + a] - place[3 * other + a];
            squared += way * way;
          }
          if (other == atom || !(squared < near)) continue;
          receivers_.push_back(static_cast<int32_t>(r * given_.atoms + atom));
          senders_.push_back(static_cast<int32_t>(r * given_.atoms + other));
        }
      }
    }
    starts_.push_back(static_cast<int64_t>(receivers_.size()));
    job_.sizes.edges = static_cast<int64_t>(receivers_.size());
    job_.receivers = receivers_.data(), job_.senders = senders_.data();
    job_.places = senders_.data(), job_.starts = starts_.data();
  }

  bool forces() {
    if (moved_too_far()) list();
    // About the middle of each, so that few digits go into where it is.
    for (int64_t r = 0; r < count_; ++r) {
      const double* place = of(given_.positions, first_ + r);
      double middle[3] = {0, 0, 0};
      for (int64_t k = 0; k < 3 * given_.atoms; ++k) middle[k % 3] += place[k] / static_cast<double>(given_.atoms);
      for (int64_t k = 0; k < 3 * given_.atoms; ++k)
        positions_[3 * given_.atoms * r + k] = static_cast<T>(place[k] - middle[k % 3]);
    }
    const auto parallel_for = [this](int64_t tasks, const std::function<void(int64_t)>& work) {
      if (threads_ > 1) return Helpers::of_process().share(tasks, threads_, work);
      for (int64_t task = 0; task < tasks; ++task) work(task);
    };
    if (!run_rounds<T>(instructions_, job_, threads_, parallel_for)) return false;
    double* force = of(given_.forces, first_);
    for (size_t k = 0; k < gradient_.size(); ++k) force[k] = -given_.scale * static_cast<double>(gradient_[k]);
    return true;
  }

  // False where a number is not finite.
  bool record(int64_t step) {
    bool good = true;
    for (int64_t r = 0; r < count_; ++r) {
      const int64_t own = (first_ + r) * std::max<int64_t>(given_.steps, 1) + step, atoms = given_.atoms;
      double energy = 0, grade = 0;
      for (int64_t atom = r * atoms; atom < (r + 1) * atoms; ++atom) {
        energy += static_cast<double>(energies_[atom]);
        grade = std::max(grade, static_cast<double>(grades_[atom]));
      }
      given_.energies[own] = given_.scale * energy, given_.grades[own] = grade;
      given_.kinetic[own] = kinetic(first_ + r);
      good = good && std::isfinite(given_.energies[own]) && std::isfinite(given_.kinetic[own]);
      const double* force = of(given_.forces, first_ + r);
      for (int64_t k = 0; k < 3 * atoms; ++k) good = good && std::isfinite(force[k]);
    }
    return good;
  }

  const std::string& instructions_;
  RoundJob<T> job_;
  const Dynamics& given_;
  int64_t first_, count_, threads_;
  std::vector<T> positions_, energies_, grades_, gradient_;
  std::vector<int32_t> receivers_, senders_;
  std::vector<int64_t> starts_;
};

}  // namespace

template <class T>
int32_t run_dynamics(const std::string& instructions, const RoundJob<T>& job, const Dynamics& given, int64_t threads) {
  const int64_t groups = (given.replicas + given.group - 1) / given.group;
  std::vector<int32_t> found(groups, 0);
  const auto run = [&](int64_t group) {
    const int64_t first = group * given.group, count = std::min(given.group, given.replicas - first);
    try {
      found[group] = Group<T>(instructions, job, given, first, count, groups == 1 ? threads : 1).run();
    } catch (const std::bad_alloc&) {
      found[group] = 1;
    }
  };
  if (groups == 1) run(0);
  else Helpers::of_process().share(groups, threads, run);
  return *std::max_element(found.begin(), found.end());
}

template int32_t run_dynamics<double>(const std::string&, const RoundJob<double>&, const Dynamics&, int64_t);
template int32_t run_dynamics<float>(const std::string&, const RoundJob<float>&, const Dynamics&, int64_t);

}  // namespace qffc
