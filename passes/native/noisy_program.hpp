// The program of a noisy kernel: steps on numbers of a circuit, from its slots to the moments of all settings. Made by
// noisy/native_program.py.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace qffc {

constexpr int32_t most_tracks = 8;  // of a state
constexpr int64_t most_numbers = int64_t{1} << 28;

// All numbers of a circuit lie in one array, slots first. A step writes numbers at `to`, its first argument:
//
// kind       writes                                          arguments behind `to`, and its constants
// linear     affine combinations                             count; for each: terms, places; constant, weights
// turn       (3, 3), then cos(l/2) and sin(l/2)/l            vector
// sine       cosine, sine                                    angle
// product    (rows, columns)                                 rows, inner, columns, then place and two strides of each factor
// direction  unit vector, that of z for none                 vector
// cross      cross product                                   two vectors
// longest    the longest vector                              vectors
// frame      (3, 3): a turn that takes an axis, or what is
//            opposite to it, to z                            unit vector
// leg        (3, 3): a turn with its noise                   turn, axes before and after; what both dephasings keep, what
//                                                            a gate keeps, the sine of the smallest angle of one
// across     unit vector across a unit vector and z          unit vector
// start      a state (4, ..., 4)                             tracks; parts
// gate       a state                                         state, tracks, two tracks, two legs or -1, cosine and sine;
//                                                            what depolarizing noise keeps
// contract   a state of some of the tracks                   state, tracks, a part that is summed over, count of tracks that
//                                                            are left, and which; all others are at I
// add        nothing, adds to moments: `to` is not used      a number; moments; weights
//
// A part is one or two tracks, -1 in the place of a second, and the place of the numbers of their 4 or 16 letters.
enum class StepKind : int32_t {
  linear, turn, sine, product, direction, cross, longest, frame, leg, across, start, gate, contract, add
};

struct Step {
  StepKind kind;
  int32_t first_int, int_count, first_real, real_count;
};

struct NoisyProgram {
  int32_t slots, numbers, moments;
  int32_t tracks;  // of the largest state
  std::vector<Step> steps;
  std::vector<int32_t> ints;
  std::vector<double> reals;
  // Steps in order: k + 1 is step k, -k - 1 the way back through it. What a step reads is still there on its way back.
  std::vector<int32_t> schedule;
  std::vector<double> constants;  // of the moments

  const int32_t* ints_of(const Step& step) const { return ints.data() + step.first_int; }
  const double* reals_of(const Step& step) const { return reals.data() + step.first_real; }
};

// How many numbers a step writes.
int64_t written_by(const NoisyProgram& program, const Step& step);

// Returns false when the arrays are not a program of this version.
bool decode(const int32_t* ints, int64_t int_count, const double* reals, int64_t real_count, NoisyProgram& program);

// The same for calls that come again and again; null in the place of false.
std::shared_ptr<const NoisyProgram> decode_noisy_once(
    const int32_t* ints, int64_t int_count, const double* reals, int64_t real_count);

}  // namespace qffc
