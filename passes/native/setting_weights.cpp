// The weights of strings in measurement settings: passes/measurement/weights.py, which says what is minimized and why,
// step by step. Matrices are inverted one by one, by Gauss and Jordan with pivots: they have a few dozen rows at most.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using Size = std::size_t;

// One setting: the places of its strings among all, its matrices at all points, and their weights.
struct Setting {
  Size strings;
  const std::int64_t* places;
  const double* quadratic;
  double* weights;
};

// Solves matrix * unknown = right for `columns` right sides, in place; false where the matrix has no inverse.
bool solve(Size size, std::vector<double>& matrix, std::vector<double>& right, Size columns) {
  for (Size step = 0; step < size; ++step) {
    Size pivot = step;
    for (Size row = step + 1; row < size; ++row) {
      if (std::abs(matrix[row * size + step]) > std::abs(matrix[pivot * size + step])) pivot = row;
    }
    if (!(std::abs(matrix[pivot * size + step]) > 0.0)) return false;
    if (pivot != step) {
      std::swap_ranges(&matrix[pivot * size], &matrix[pivot * size] + size, &matrix[step * size]);
      std::swap_ranges(&right[pivot * columns], &right[pivot * columns] + columns, &right[step * columns]);
    }
    const double scale = 1.0 / matrix[step * size + step];
    for (Size k = step; k < size; ++k) matrix[step * size + k] *= scale;
    for (Size k = 0; k < columns; ++k) right[step * columns + k] *= scale;
    for (Size row = 0; row < size; ++row) {
      const double factor = matrix[row * size + step];
      if (row == step || factor == 0.0) continue;
      for (Size k = step; k < size; ++k) matrix[row * size + k] -= factor * matrix[step * size + k];
      for (Size k = 0; k < columns; ++k) right[row * columns + k] -= factor * right[step * columns + k];
    }
  }
  return true;
}

// The standard deviation of one shot of a setting at a point.
double spread(const Setting& setting, Size point) {
  const double* form = setting.quadratic + point * setting.strings * setting.strings;
  double total = 0.0;
  for (Size a = 0; a < setting.strings; ++a) {
    double row = 0.0;
    for (Size b = 0; b < setting.strings; ++b) row += form[a * setting.strings + b] * setting.weights[b];
    total += row * setting.weights[a];
  }
  return std::sqrt(std::max(total, 0.0));
}

}  // namespace

// Changes weights in place, at most `steps` times, until none changes by more than `still`, and says how noisy a shot of
// each setting then is, added up over the points. Strings and weights of the settings are one after the other. Returns 0,
// or -1 where a matrix has no inverse.
extern "C" __attribute__((visibility("default"))) std::int64_t qffc_setting_weights(
    std::int64_t settings, std::int64_t points, std::int64_t strings, std::int64_t steps, const std::int64_t* sizes,
    const double* const* quadratics, const std::int64_t* places, double* weights, double least, double still,
    double* noises) {
  const auto count = static_cast<Size>(strings), at = static_cast<Size>(points);
  std::vector<Setting> all;
  for (std::int64_t number = 0; number < settings; ++number) {
    const auto size = static_cast<Size>(sizes[number]);
    all.push_back({size, places, quadratics[number], weights});
    places += size, weights += size;
  }
  std::vector<std::vector<double>> inverses(all.size());
  std::vector<double> spreads(all.size() * at), gram, multipliers, weighed;
  for (std::int64_t step = 0; step < steps; ++step) {
    double largest = 1e-300;
    for (Size number = 0; number < all.size(); ++number) {
      for (Size point = 0; point < at; ++point) {
        const double own = spreads[number * at + point] = spread(all[number], point);
        largest = std::max(largest, own);
      }
    }
    gram.assign(count * count, 0.0);
    for (Size number = 0; number < all.size(); ++number) {
      const Setting& setting = all[number];
      const Size size = setting.strings, area = size * size;
      weighed.assign(area, 0.0);
      for (Size point = 0; point < at; ++point) {
        const double factor = 1.0 / std::max(spreads[number * at + point], least * largest);
        for (Size k = 0; k < area; ++k) weighed[k] += setting.quadratic[point * area + k] * factor;
      }
      std::vector<double>& inverse = inverses[number];
      inverse.assign(area, 0.0);
      for (Size k = 0; k < size; ++k) inverse[k * size + k] = 1.0;
      if (!solve(size, weighed, inverse, size)) return -1;
      for (Size a = 0; a < size; ++a) {
        double* row = &gram[static_cast<Size>(setting.places[a]) * count];
        for (Size b = 0; b < size; ++b) row[setting.places[b]] += inverse[a * size + b];
      }
    }
    multipliers.assign(count, 1.0);
    if (!solve(count, gram, multipliers, 1)) return -1;
    double moved = 0.0;
    for (Size number = 0; number < all.size(); ++number) {
      const Setting& setting = all[number];
      for (Size a = 0; a < setting.strings; ++a) {
        double weight = 0.0;
        for (Size b = 0; b < setting.strings; ++b) {
          weight += inverses[number][a * setting.strings + b] * multipliers[static_cast<Size>(setting.places[b])];
        }
        moved = std::max(moved, std::abs(weight - setting.weights[a]));
        setting.weights[a] = weight;
      }
    }
    if (moved <= still) break;
  }
  for (Size number = 0; number < all.size(); ++number) {
    noises[number] = 0.0;
    for (Size point = 0; point < at; ++point) noises[number] += spread(all[number], point);
  }
  return 0;
}
