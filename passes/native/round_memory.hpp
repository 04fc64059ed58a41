// The memory of a run: one array behind the other, kept for the next run of the thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "job.hpp"

namespace qffc {

struct Missing {};  // memory

// All numbers of a run, one array behind the other; taken once, for it takes long to get much memory anew.
template <class T>
class Memory {
 public:
  T* take(int64_t size) {
    const int64_t whole = (size + unit - 1) / unit * unit;
    if (blocks_.empty() || used_ + whole > sizes_.back()) {
      sizes_.push_back(std::max(whole, least));
      blocks_.emplace_back(new (std::nothrow) T[sizes_.back() + unit]);
      if (blocks_.back() == nullptr) throw Missing();
      used_ = 0;
    }
    T* found = blocks_.back().get() + used_;
    used_ += whole, all_ += whole;
    return found;
  }

  // Forgets what was taken; the next run finds one block that is large enough for as much.
  void reset() {
    if (blocks_.size() > 1 || all_ > most) {
      blocks_.clear(), sizes_.clear();
      if (all_ <= most) {
        sizes_.push_back(all_);
        blocks_.emplace_back(new (std::nothrow) T[all_ + unit]);
        if (blocks_.back() == nullptr) blocks_.clear(), sizes_.clear();
      }
    }
    used_ = all_ = 0;
  }

 private:
  static constexpr int64_t unit = alignment / sizeof(T), least = int64_t{1} << 14;
  static constexpr int64_t most = (int64_t{64} << 20) / static_cast<int64_t>(sizeof(T));  // kept between runs
  std::vector<std::unique_ptr<T[]>> blocks_;
  std::vector<int64_t> sizes_;
  int64_t used_ = 0, all_ = 0;
};

template <class T>
Memory<T>& memory_of_thread() {
  static thread_local Memory<T> memory;
  return memory;
}

}  // namespace qffc
