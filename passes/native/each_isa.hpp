// Tables of functions that every instruction set has, and the choice of the one that an engine goes with.
#pragma once

#include <string>
#include <type_traits>

#include "dispatch.hpp"

// Declares `name_64` and `name_32`, tables of a kind, in the namespace of each instruction set.
#define QFFC_DECLARE_FOR(isa, Table, name)  \
  namespace isa {                           \
  extern const Table<double> name##_64;     \
  extern const Table<float> name##_32;      \
  }
#ifdef QFFC_X86
#define QFFC_DECLARE_TABLES(Table, name)    \
  QFFC_DECLARE_FOR(portable, Table, name)   \
  QFFC_DECLARE_FOR(avx2, Table, name)       \
  QFFC_DECLARE_FOR(avx512, Table, name)
// The table for the type T and the instruction set that is called `own`.
#define QFFC_TABLE(T, name, own)                                                            \
  ((own) == "avx512" ? table_of<T>(avx512::name##_64, avx512::name##_32)                    \
   : (own) == "avx2" ? table_of<T>(avx2::name##_64, avx2::name##_32)                        \
                     : table_of<T>(portable::name##_64, portable::name##_32))
#else
#define QFFC_DECLARE_TABLES(Table, name) QFFC_DECLARE_FOR(portable, Table, name)
#define QFFC_TABLE(T, name, own) ((void)(own), table_of<T>(portable::name##_64, portable::name##_32))
#endif

namespace qffc {

template <class T, class Wide, class Narrow>
auto table_of(const Wide& wide, const Narrow& narrow) {
  if constexpr (std::is_same_v<T, double>) return (void)narrow, &wide;
  else return (void)wide, &narrow;
}

// The name of the instruction set of the engine that is asked for; empty when this machine can't run it.
template <class T>
std::string isa_of(const std::string& engine) {
  const Engine<T>* found = find_engine<T>(engine);
  return found == nullptr ? std::string() : std::string(found->name);
}

}  // namespace qffc
