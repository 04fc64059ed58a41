#include "helpers.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <thread>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace qffc {
namespace {

// Longer than what XLA computes between two calls of a step, and than Python takes between two steps.
constexpr auto lookout = std::chrono::microseconds(500);

// A moment of waiting; whoever else is ready to run on this core runs.
void rest() {
  for (int k = 0; k < 16; ++k) {
#if defined(__x86_64__) || defined(_M_X64)
    _mm_pause();
#endif
  }
  std::this_thread::yield();
}

}  // namespace

Helpers& Helpers::of_process() {
  static Helpers* const helpers = new Helpers;
  return *helpers;
}

void Helpers::share(int64_t tasks, int64_t threads, const std::function<void(int64_t)>& work) {
  std::unique_lock<std::mutex> taken(taken_, std::defer_lock);
  const int64_t wanted = std::min(tasks, threads) - 1;
  if (wanted < 1 || !taken.try_lock()) {
    for (int64_t task = 0; task < tasks; ++task) work(task);
    return;
  }
  begin(wanted);
  work_ = &work, tasks_ = tasks, next_ = 0;
  open_ = true;
  ++calls_;
  if (asleep_ > 0) {
    const std::lock_guard<std::mutex> lock(sleep_);
    woken_.notify_all();
  }
  work_on();
  open_ = false;
  while (inside_ > 0) rest();
}

// A machine that gives no more threads is one to do with those there are.
void Helpers::begin(int64_t helpers) {
  try {
    for (; begun_ < helpers; ++begun_) std::thread([this] { attend(); }).detach();
  } catch (const std::system_error&) {
  }
}

void Helpers::work_on() {
  for (int64_t task = next_++; task < tasks_; task = next_++) (*work_)(task);
}

void Helpers::attend() {
  for (int64_t seen = 0;;) {
    if (!look_out(seen)) {
      std::unique_lock<std::mutex> lock(sleep_);
      ++asleep_;
      woken_.wait(lock, [&] { return calls_ != seen; });
      --asleep_;
    }
    seen = calls_;
    ++inside_;
    if (open_) work_on();
    --inside_;
  }
}

// Whether there was another call before it was time to sleep.
bool Helpers::look_out(int64_t seen) const {
  const auto end = std::chrono::steady_clock::now() + lookout;
  do {
    if (calls_ != seen) return true;
    rest();
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

}  // namespace qffc
