// Random numbers as NumPy draws them, so that a search in Python and one here draw the same.
#pragma once

#include <cstdint>

namespace qffc {

// The generator of NumPy's default_rng (PCG XSL RR 128/64, O'Neill 2014), from a state that NumPy made of a seed.
class Random {
 public:
  explicit Random(const std::uint64_t* numbers)
      : state_((static_cast<Wide>(numbers[0]) << 64) | numbers[1]),
        step_((static_cast<Wide>(numbers[2]) << 64) | numbers[3]) {}

  double operator()() {
    state_ = state_ * kFactor + step_;
    const auto mixed = static_cast<std::uint64_t>(state_ >> 64) ^ static_cast<std::uint64_t>(state_);
    const auto turn = static_cast<unsigned>(state_ >> 122);
    const std::uint64_t number = mixed >> turn | mixed << (64 - turn) % 64;
    return static_cast<double>(number >> 11) * (1.0 / 9007199254740992.0);
  }

 private:
  using Wide = unsigned __int128;
  static constexpr Wide kFactor = (static_cast<Wide>(2549297995355413924ULL) << 64) | 4865540595714422341ULL;
  Wide state_, step_;
};

}  // namespace qffc
