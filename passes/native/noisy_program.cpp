#include "noisy_program.hpp"

#include <algorithm>

#include "program.hpp"
#include "remembered.hpp"

namespace qffc {
namespace {

int64_t size_of_state(int32_t tracks) { return int64_t{1} << (2 * tracks); }

// Whether the arguments of a step are there, and all numbers that it reads and writes.
class Checker {
 public:
  Checker(const NoisyProgram& program, const Step& step)
      : program_(program), step_(step), ints_(program.ints_of(step)) {}

  bool good() const {
    if (step_.int_count < 2) return false;
    switch (step_.kind) {
      case StepKind::linear: return linear();
      case StepKind::turn: return sizes({11, 3});
      case StepKind::sine: return sizes({2, 1});
      case StepKind::product: return product();
      case StepKind::direction:
      case StepKind::across: return sizes({3, 3});
      case StepKind::cross: return sizes({3, 3, 3});
      case StepKind::longest: return sizes(std::vector<int64_t>(step_.int_count, 3));
      case StepKind::frame: return sizes({9, 3});
      case StepKind::leg: return sizes({9, 9, 3, 3}, 4);
      case StepKind::start: return start();
      case StepKind::gate: return gate();
      case StepKind::contract: return contract();
      case StepKind::add: return add();
    }
    return false;
  }

 private:
  bool inside(int64_t place, int64_t size) const { return place >= 0 && size >= 0 && place + size <= program_.numbers; }
  bool writes(int64_t place, int64_t size) const { return place >= program_.slots && inside(place, size); }

  bool sizes(const std::vector<int64_t>& each, int32_t reals = 0) const {
    if (step_.int_count != static_cast<int64_t>(each.size()) || step_.real_count != reals) return false;
    for (size_t k = 0; k < each.size(); ++k)
      if (!inside(ints_[k], each[k])) return false;
    return writes(ints_[0], each[0]);
  }

  bool linear() const {
    const int32_t count = ints_[1];
    if (!writes(ints_[0], count)) return false;
    int32_t next = 2, reals = 0;
    for (int32_t k = 0; k < count; ++k) {
      if (next >= step_.int_count) return false;
      const int32_t terms = ints_[next++];
      if (terms < 0 || terms > step_.int_count - next) return false;
      for (int32_t term = 0; term < terms; ++term)
        if (!inside(ints_[next + term], 1)) return false;
      next += terms, reals += terms + 1;
    }
    return next == step_.int_count && reals == step_.real_count;
  }

  bool product() const {
    if (step_.int_count != 10 || step_.real_count != 0) return false;
    for (int k = 1; k <= 3; ++k)
      if (ints_[k] < 1 || ints_[k] > 16) return false;
    const auto factor = [&](int at, int32_t first, int32_t second) {
      for (int k = 1; k <= 2; ++k)
        if (ints_[at + k] < 0 || ints_[at + k] > 16) return false;
      return inside(ints_[at], 1 + int64_t{ints_[at + 1]} * (first - 1) + int64_t{ints_[at + 2]} * (second - 1));
    };
    const int32_t rows = ints_[1], inner = ints_[2], columns = ints_[3];
    return writes(ints_[0], rows * columns) && factor(4, rows, inner) && factor(7, inner, columns);
  }

  bool tracks(int32_t count) const { return count >= 1 && count <= program_.tracks; }

  // Parts of a state: no track is in two of them.
  bool parts(const int32_t* at, int32_t count, int32_t tracks, int32_t& found) const {
    int32_t seen = 0;
    found = 0;
    for (int32_t k = 0; k < count; ++k, at += 3) {
      for (int side = 0; side < 2; ++side) {
        if (side == 1 && at[side] == -1) continue;
        if (at[side] < 0 || at[side] >= tracks || (seen >> at[side] & 1)) return false;
        seen |= 1 << at[side];
        ++found;
      }
      if (!inside(at[2], at[1] == -1 ? 4 : 16)) return false;
    }
    return true;
  }

  bool start() const {
    int32_t found = 0;
    return step_.real_count == 0 && step_.int_count % 3 == 2 && tracks(ints_[1]) &&
           writes(ints_[0], size_of_state(ints_[1])) && parts(ints_ + 2, step_.int_count / 3, ints_[1], found) &&
           found == ints_[1];
  }

  bool gate() const {
    if (step_.int_count != 8 || step_.real_count != 1 || !tracks(ints_[2])) return false;
    for (int k = 3; k <= 4; ++k)
      if (ints_[k] < 0 || ints_[k] >= ints_[2]) return false;
    const bool bare = ints_[5] == -1 && ints_[6] == -1;
    const int64_t size = size_of_state(ints_[2]);
    return ints_[3] != ints_[4] && writes(ints_[0], size) && inside(ints_[1], size) && inside(ints_[7], 2) &&
           (bare || (inside(ints_[5], 9) && inside(ints_[6], 9)));
  }

  bool contract() const {
    if (step_.int_count < 7 || step_.real_count != 0 || !tracks(ints_[2])) return false;
    const int32_t kept = ints_[6];
    int32_t found = 0;
    if (kept < 0 || kept > ints_[2] || step_.int_count != 7 + kept || !parts(ints_ + 3, 1, ints_[2], found)) return false;
    for (int32_t k = 0; k < kept; ++k)
      if (ints_[7 + k] < 0 || ints_[7 + k] >= ints_[2] || ints_[7 + k] == ints_[3] || ints_[7 + k] == ints_[4])
        return false;
    for (int32_t k = 1; k < kept; ++k)
      if (ints_[7 + k] <= ints_[6 + k]) return false;
    return writes(ints_[0], size_of_state(kept)) && inside(ints_[1], size_of_state(ints_[2]));
  }

  bool add() const {
    if (step_.int_count != 2 + step_.real_count || !inside(ints_[0], 0) || !inside(ints_[1], 1)) return false;
    return std::all_of(ints_ + 2, ints_ + step_.int_count, [this](int32_t k) { return k >= 0 && k < program_.moments; });
  }

  const NoisyProgram& program_;
  const Step& step_;
  const int32_t* ints_;
};

// Takes the next numbers of an array, as many as it says itself.
template <class T>
bool take(Reader<T>& from, int32_t count, std::vector<T>& to) {
  if (count < 0 || from.end - from.next < count) return false;
  to.insert(to.end(), from.next, from.next + count);
  from.next += count;
  return true;
}

}  // namespace

int64_t written_by(const NoisyProgram& program, const Step& step) {
  const int32_t* ints = program.ints_of(step);
  switch (step.kind) {
    case StepKind::linear: return ints[1];
    case StepKind::turn: return 11;
    case StepKind::sine: return 2;
    case StepKind::product: return ints[1] * ints[3];
    case StepKind::frame:
    case StepKind::leg: return 9;
    case StepKind::start: return size_of_state(ints[1]);
    case StepKind::gate: return size_of_state(ints[2]);
    case StepKind::contract: return size_of_state(ints[6]);
    case StepKind::add: return 0;
    default: return 3;
  }
}

bool decode(
    const int32_t* int_data, int64_t int_count, const double* real_data, int64_t real_count, NoisyProgram& program) {
  Reader<int32_t> ints{int_data, int_data + int_count};
  Reader<double> reals{real_data, real_data + real_count};
  if (ints.read() != program_format) return false;
  program.slots = ints.read();
  program.numbers = ints.read();
  program.moments = ints.read();
  program.tracks = ints.read();
  const int32_t steps = ints.read(), scheduled = ints.read();
  if (!ints.good || program.slots < 0 || program.numbers < program.slots || program.numbers > most_numbers) return false;
  if (program.tracks < 1 || program.tracks > most_tracks || program.moments < 0 || steps < 0) return false;
  for (int32_t k = 0; k < steps; ++k) {
    Step step{};
    step.kind = static_cast<StepKind>(ints.read());
    step.int_count = ints.read();
    step.real_count = ints.read();
    step.first_int = static_cast<int32_t>(program.ints.size());
    step.first_real = static_cast<int32_t>(program.reals.size());
    if (!take(ints, step.int_count, program.ints) || !take(reals, step.real_count, program.reals)) return false;
    if (!Checker(program, step).good()) return false;
    program.steps.push_back(step);
  }
  if (!take(ints, scheduled, program.schedule) || !take(reals, program.moments, program.constants)) return false;
  for (const int32_t number : program.schedule)
    if (number == 0 || number > steps || number < -steps) return false;
  return ints.good && ints.next == ints.end && reals.next == reals.end;
}

std::shared_ptr<const NoisyProgram> decode_noisy_once(
    const int32_t* ints, int64_t int_count, const double* reals, int64_t real_count) {
  // Never destroyed: threads of XLA may call while the process ends.
  static Remembered<NoisyProgram>& remembered = *new Remembered<NoisyProgram>;
  return remembered.find(ints, int_count, reals, real_count);
}

}  // namespace qffc
