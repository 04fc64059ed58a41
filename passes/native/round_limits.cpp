// Where the data of a model end: energies of atoms that fade to those of free atoms, and the repulsion of atoms that are
// close. The formulas are those of qffc/models/validity, which says why; here they are with their slopes.
#include <algorithm>
#include <cmath>
#include <vector>

#include "round_run.hpp"

namespace qffc {
namespace {

constexpr double fade_of_seen = 1.2, trust_width = 0.8, soft = 0.02, yield_depth = 0.5, inner = 0.6, pi = 3.14159265358979323846;
constexpr int64_t radial = 6, harmonics = 10;
constexpr int ranges = 3;

struct Sloped {
  double value, slope;
};

Sloped product(Sloped a, Sloped b) { return {a.value * b.value, a.value * b.slope + a.slope * b.value}; }

// 1 up to x = 0 and 0 from 1 on; `slope` is that of x.
Sloped fading(double x, double slope) {
  if (x <= 0) return {1, 0};
  if (x >= 1) return {0, 0};
  return {1 - x * x * x * (10 - x * (15 - 6 * x)), -30 * x * x * (1 - x) * (1 - x) * slope};
}

template <class T>
Sloped seen_of(const T* bounds, double distance) {
  Sloped missed{1, 0};
  for (int k = 0; k < ranges; ++k) {
    const Sloped inside = product(fading((bounds[2 * k] - distance) / fade_of_seen, -1 / fade_of_seen),
                                  fading((distance - bounds[2 * k + 1]) / fade_of_seen, 1 / fade_of_seen));
    missed = product(missed, {1 - inside.value, -inside.slope});
  }
  return {1 - missed.value, -missed.slope};
}

Sloped repulsion_of(double one, double other, double distance, double nearest) {
  const Sloped inside = fading((distance / nearest - inner) / (1 - inner), 1 / (nearest * (1 - inner)));
  if (inside.value == 0) return {0, 0};
  constexpr double heights[] = {0.18175, 0.50986, 0.28022, 0.02817}, rates[] = {3.19980, 0.94229, 0.40290, 0.20162};
  const double length = 0.8854 * 0.529177 / (std::pow(one, 0.23) + std::pow(other, 0.23));
  const double softened = std::sqrt(distance * distance + soft * soft), by_distance = distance / softened;
  Sloped screening{0, 0};
  for (int k = 0; k < 4; ++k) {
    const double part = heights[k] * std::exp(-rates[k] * softened / length);
    screening.value += part, screening.slope -= part * rates[k] / length * by_distance;
  }
  const double charge = 14.399645 * one * other;
  return product(product({charge / softened, -charge / (softened * softened) * by_distance}, screening), inside);
}

// A neighbour of an atom.
struct Neighbour {
  double unit[3], distance;
  Sloped weight;  // whether its distance was seen
};

template <class T>
Neighbour neighbour_of(const RoundJob<T>& job, int64_t edge) {
  Neighbour found{};
  const int32_t from = job.receivers[edge], to = job.senders[edge], place = job.places[edge];
  double squared = 0;
  for (int a = 0; a < 3; ++a) {
    found.unit[a] = static_cast<double>(job.positions[3 * place + a]) - static_cast<double>(job.positions[3 * from + a]);
    squared += found.unit[a] * found.unit[a];
  }
  found.distance = squared < 1e-24 ? 1e-6 : std::sqrt(squared);  // atoms in one place
  for (double& each : found.unit) each /= found.distance;
  found.weight = seen_of(job.seen + (job.species[from] * job.sizes.species + job.species[to]) * 2 * ranges, found.distance);
  return found;
}

void harmonics_of(const double* u, double* h) {
  const double third = 1.0 / 3.0, twice = std::sqrt(2.0);
  const double all[harmonics] = {1, u[0], u[1], u[2], u[0] * u[0] - third, u[1] * u[1] - third, u[2] * u[2] - third,
                                 twice * u[0] * u[1], twice * u[1] * u[2], twice * u[2] * u[0]};
  std::copy(all, all + harmonics, h);
}

// The environment of an atom: sums over neighbours, their products, and how far those are from the data.
template <class T>
class Environment {
 public:
  Environment(const RoundJob<T>& job, int64_t atom) : job_(job), limits_(*job.limits), atom_(atom) {
    const int64_t width = job.sizes.species * radial;
    densities_.assign(width * harmonics, T(0));
    for (int64_t edge = job.starts[atom]; edge < job.starts[atom + 1]; ++edge) {
      const Neighbour near = neighbour_of(job, edge);
      double waves[radial], slopes[radial], h[harmonics];
      waves_of(near, waves, slopes);
      harmonics_of(near.unit, h);
      T* own = densities_.data() + job.species[job.senders[edge]] * radial * harmonics;
      for (int64_t k = 0; k < radial; ++k)
        for (int64_t m = 0; m < harmonics; ++m) own[k * harmonics + m] += static_cast<T>(waves[k] * h[m]);
    }
    off_.resize(limits_.width);
    T* next = off_.data();
    for (int64_t i = 0; i < width; ++i) *next++ = densities_[i * harmonics];
    for (const auto& [low, high] : degrees)
      for (int64_t i = 0; i < width; ++i)
        for (int64_t j = i; j < width; ++j) {
          T sum = 0;
          for (int64_t m = low; m < high; ++m) sum += densities_[i * harmonics + m] * densities_[j * harmonics + m];
          *next++ = sum;
        }
    const int64_t species = job.species[atom];
    const T* mean = limits_.mean + species * limits_.width;
    for (int64_t i = 0; i < limits_.width; ++i) off_[i] -= mean[i];
  }

  // What is off from the mean, (width,), and along the axes, (axes,): from here on the grade is known.
  const T* off() const { return off_.data(); }
  void set_along(const T* along) {
    const int64_t species = job_.species[atom_];
    along_.assign(along, along + limits_.axes);
    T whole = 0, squared = 0;
    for (const T each : off_) whole += each * each;
    left_ = whole;
    for (int64_t k = 0; k < limits_.axes; ++k) {
      const T ratio = along_[k] / limits_.widths[species * limits_.axes + k];
      left_ -= along_[k] * along_[k], squared += ratio * ratio;
    }
    const T rest = limits_.rest[species];
    grade_ = std::sqrt(squared + std::max(left_, T(0)) / (rest * rest) + T(1e-12));
  }

  T grade() const { return grade_; }

  // Adds the gradient of `weight` times the grade.
  void back(double weight, T* gradient) const {
    const int64_t species = job_.species[atom_], width = job_.sizes.species * radial;
    const double by_squared = weight / (2 * grade_), rest = limits_.rest[species];
    const double by_left = left_ > 0 ? by_squared / (rest * rest) : 0;
    const T* axes = limits_.directions + species * limits_.width * limits_.axes;
    std::vector<double> by_along(limits_.axes), by_densities(densities_.size(), 0.0);
    for (int64_t k = 0; k < limits_.axes; ++k) {
      const double own = limits_.widths[species * limits_.axes + k];
      by_along[k] = 2 * along_[k] * (by_squared / (own * own) - by_left);
    }
    const auto by_off = [&](int64_t i) {
      double sum = 2 * by_left * off_[i];
      for (int64_t k = 0; k < limits_.axes; ++k) sum += by_along[k] * axes[i * limits_.axes + k];
      return sum;
    };
    int64_t next = 0;
    for (int64_t i = 0; i < width; ++i) by_densities[i * harmonics] += by_off(next++);
    for (const auto& [low, high] : degrees)
      for (int64_t i = 0; i < width; ++i)
        for (int64_t j = i; j < width; ++j) {
          const double own = by_off(next++);
          for (int64_t m = low; m < high; ++m) {
            by_densities[i * harmonics + m] += own * densities_[j * harmonics + m];
            by_densities[j * harmonics + m] += own * densities_[i * harmonics + m];
          }
        }
    for (int64_t edge = job_.starts[atom_]; edge < job_.starts[atom_ + 1]; ++edge) {
      const Neighbour near = neighbour_of(job_, edge);
      double waves[radial], slopes[radial], h[harmonics];
      waves_of(near, waves, slopes);
      harmonics_of(near.unit, h);
      const double* own = by_densities.data() + job_.species[job_.senders[edge]] * radial * harmonics;
      double by_distance = 0, by_h[harmonics] = {};
      for (int64_t k = 0; k < radial; ++k)
        for (int64_t m = 0; m < harmonics; ++m) {
          by_distance += own[k * harmonics + m] * slopes[k] * h[m];
          by_h[m] += own[k * harmonics + m] * waves[k];
        }
      const double twice = std::sqrt(2.0), *u = near.unit;
      const double by_unit[3] = {by_h[1] + 2 * u[0] * by_h[4] + twice * (u[1] * by_h[7] + u[2] * by_h[9]),
                                 by_h[2] + 2 * u[1] * by_h[5] + twice * (u[0] * by_h[7] + u[2] * by_h[8]),
                                 by_h[3] + 2 * u[2] * by_h[6] + twice * (u[1] * by_h[8] + u[0] * by_h[9])};
      add_edge(job_, edge, near, by_distance, by_unit, gradient);
    }
  }

  static void add_edge(const RoundJob<T>& job, int64_t edge, const Neighbour& near, double by_distance,
                       const double* by_unit, T* gradient) {
    double along = 0;
    for (int a = 0; a < 3; ++a) along += by_unit[a] * near.unit[a];
    for (int a = 0; a < 3; ++a) {
      const double found = near.unit[a] * by_distance + (by_unit[a] - along * near.unit[a]) / near.distance;
      gradient[3 * job.places[edge] + a] += static_cast<T>(found);
      gradient[3 * job.receivers[edge] + a] -= static_cast<T>(found);
    }
  }

 private:
  static constexpr std::pair<int64_t, int64_t> degrees[2] = {{1, 4}, {4, 10}};

  void waves_of(const Neighbour& near, double* waves, double* slopes) const {
    const Sloped factor = product(near.weight, fading(near.distance / limits_.reach, 1 / limits_.reach));
    const double angle = pi * near.distance / limits_.reach, s1 = std::sin(angle), c1 = std::cos(angle);
    double s = s1, c = c1;
    for (int64_t k = 0; k < radial; ++k) {
      const double order = static_cast<double>(k + 1) * pi / limits_.reach, wave = s / near.distance;
      waves[k] = factor.value * wave;
      slopes[k] = factor.slope * wave + factor.value * (order * c - wave) / near.distance;
      const double next = s * c1 + c * s1;
      c = c * c1 - s * s1, s = next;
    }
  }

  const RoundJob<T>& job_;
  const Limits<T>& limits_;
  int64_t atom_;
  std::vector<T> densities_, off_, along_;
  T left_ = 0, grade_ = 0;
};

// Energies as they are above the floor, and at most `yield_depth` below it.
Sloped held_up(double energy, double floor) {
  const double below = std::max(floor - energy, 0.0) / yield_depth, root = std::sqrt(1 + below * below);
  const double slope = below > 0 ? 1 / (root * root * root) : 1;
  return {std::max(energy, floor) - yield_depth * below / root, slope};
}

}  // namespace

template <class T>
void apply_limits(const RoundJob<T>& job, const std::function<void(const T*, T*)>& along_of, T* by_last, T* gradient) {
  const Limits<T>& limits = *job.limits;
  const double scale = *limits.scale;
  std::vector<Environment<T>> environments;
  std::vector<T> off(job.sizes.atoms * limits.width), along(job.sizes.atoms * limits.axes);
  for (int64_t atom = 0; atom < job.sizes.atoms; ++atom) {
    environments.emplace_back(job, atom);
    std::copy_n(environments.back().off(), limits.width, off.data() + atom * limits.width);
  }
  along_of(off.data(), along.data());
  for (int64_t atom = 0; atom < job.sizes.atoms; ++atom) {
    const int64_t species = job.species[atom];
    const double weight = job.by_energies == nullptr ? 1.0 : job.by_energies[atom];
    Environment<T>& environment = environments[atom];
    environment.set_along(along.data() + atom * limits.axes);
    const double grade = environment.grade();
    job.grades[atom] = environment.grade();
    double bound = 0, repulsion = 0;
    const auto nearest = [&](int64_t edge) {
      return static_cast<double>(limits.nearest[species * job.sizes.species + job.species[job.senders[edge]]]);
    };
    const auto repulsion_at = [&](int64_t edge, double distance) {
      return repulsion_of(limits.charges[species], limits.charges[job.species[job.senders[edge]]], distance, nearest(edge));
    };
    const auto near_of = [&](const Neighbour& near) {
      const double width = 0.1 * limits.reach;
      return product(near.weight, fading((near.distance - 0.9 * limits.reach) / width, 1 / width));
    };
    for (int64_t edge = job.starts[atom]; edge < job.starts[atom + 1]; ++edge) {
      const Neighbour near = neighbour_of(job, edge);
      bound += near_of(near).value;
      repulsion += 0.5 * repulsion_at(edge, near.distance).value;
    }
    const Sloped loose = fading(bound, 1);
    const double outside = std::log(std::max(grade, 1.0)) / trust_width, doubt = 1 / (1 + outside * outside * outside);
    const double trust = (1 - loose.value) * doubt;
    const Sloped held = held_up(scale * job.energies[atom] + limits.binding[species], limits.floor[species]);
    job.energies[atom] = static_cast<T>(trust * held.value + repulsion);
    by_last[atom] = static_cast<T>(weight * trust * held.slope * scale);
    const double by_trust = weight * held.value;
    if (grade > 1) {
      const double by_outside = -by_trust * (1 - loose.value) * doubt * doubt * 3 * outside * outside;
      environment.back(by_outside / (trust_width * grade), gradient);
    }
    const double by_bound = -by_trust * doubt * loose.slope;
    for (int64_t edge = job.starts[atom]; edge < job.starts[atom + 1]; ++edge) {
      const Neighbour near = neighbour_of(job, edge);
      if (by_bound == 0 && near.distance >= nearest(edge)) continue;
      const double slope = by_bound * near_of(near).slope + 0.5 * weight * repulsion_at(edge, near.distance).slope;
      const double none[3] = {0, 0, 0};
      Environment<T>::add_edge(job, edge, near, slope, none, gradient);
    }
  }
}

template void apply_limits<double>(const RoundJob<double>&, const std::function<void(const double*, double*)>&, double*,
                                   double*);
template void apply_limits<float>(const RoundJob<float>&, const std::function<void(const float*, float*)>&, float*, float*);

}  // namespace qffc
