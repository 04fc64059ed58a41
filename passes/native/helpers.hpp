// Threads that share the work of a call. XLA's own threads sleep between calls, and on a virtual machine it takes one
// as long to wake as a small call takes in all. These look out for the next call for a while before they sleep.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace qffc {

class Helpers {
 public:
  // Those of this process. They are never destroyed: threads end with the process.
  static Helpers& of_process();

  // Calls work(task) once for each of `tasks`, and returns when all calls have. The calling thread works too, and alone
  // where another call has the helpers; there are as many as the most `threads` of any call, less one.
  void share(int64_t tasks, int64_t threads, const std::function<void(int64_t)>& work);

 private:
  void begin(int64_t helpers);
  void attend();
  void work_on();
  bool look_out(int64_t seen) const;

  std::mutex taken_;  // by the call that is shared
  int64_t begun_ = 0;

  // A helper enters before it looks whether there is a call, and a call ends before it looks whether helpers are in: so
  // none is in when the next call replaces what follows.
  std::atomic<bool> open_{false};
  std::atomic<int64_t> inside_{0};
  const std::function<void(int64_t)>* work_ = nullptr;
  int64_t tasks_ = 0;
  std::atomic<int64_t> next_{0};

  std::atomic<int64_t> calls_{0}, asleep_{0};
  std::mutex sleep_;
  std::condition_variable woken_;
};

}  // namespace qffc
