#include "program.hpp"

#include <algorithm>
#include <cmath>

#include "remembered.hpp"

namespace qffc {
namespace {

void place_tiles(Tile& tile, int32_t mask, int32_t qubits) {
  std::vector<int32_t> inner, outer;
  for (int32_t bit = 0; bit < qubits; ++bit) ((mask >> bit) & 1 ? inner : outer).push_back(bit);
  const auto spread = [](int64_t index, const std::vector<int32_t>& bits) {
    int64_t place = 0;
    for (size_t k = 0; k < bits.size(); ++k) place |= ((index >> k) & 1) << bits[k];
    return place;
  };
  tile.bits = static_cast<int32_t>(inner.size());
  tile.whole = outer.empty();
  if (tile.whole) return;
  for (int64_t k = 0; k < int64_t{1} << inner.size(); ++k) tile.inside.push_back(spread(k, inner));
  for (int64_t k = 0; k < int64_t{1} << outer.size(); ++k) tile.outside.push_back(spread(k, outer));
}

// Whether a collective exchange has as many qubits as there is code for, and whether the terms of a gate are there: of a
// rotation three places in a row, and at most a length.
bool fits(const Gate& gate, const Program& program) {
  const int64_t terms = static_cast<int64_t>(program.terms.size());
  if (gate.kind == GateKind::collective && (gate.count < 3 || gate.count > most_qubits_of_a_gate)) return false;
  if (gate.first_term < 0 || gate.term_count < 0 || int64_t{gate.first_term} + gate.term_count > terms) return false;
  if (gate.kind != GateKind::rotate) return true;
  return gate.term_count >= 1 && gate.term_count <= 2 && program.terms[gate.first_term].slot + 3 <= program.slots;
}

bool place_reads(Program& program, Reader<int32_t>& ints, int32_t reads) {
  int32_t start = 0;
  std::vector<int32_t> widths(std::max(0, program.tables), -1);
  for (int32_t k = 0; k < reads && ints.good; ++k) {
    const int32_t table = ints.read(), width = ints.read();
    if (table < 0 || table >= program.tables || width < 0) return false;
    if (widths[table] >= 0 && widths[table] != width) return false;
    widths[table] = width;
    program.reads.push_back({table, start, width});
    start += width;
  }
  return start == program.slots && std::count(widths.begin(), widths.end(), -1) == 0;
}

void prepare(Program& program, Reader<int32_t>& ints, int32_t singlets) {
  program.initial.assign(program.size(), 0.0);
  program.initial[0] = 1.0;
  for (int32_t k = 0; k < singlets && ints.good; ++k) {
    const int64_t first = int64_t{1} << ints.read(), second = int64_t{1} << ints.read();
    if (first >= program.size() || second >= program.size()) ints.good = false;
    if (!ints.good) return;
    for (int64_t r = 0; r < program.size(); ++r) {
      const double amplitude = program.initial[r] * std::sqrt(0.5);
      if (amplitude == 0.0 || (r & (first | second))) continue;
      program.initial[r | second] = amplitude;
      program.initial[r | first] = -amplitude;
      program.initial[r] = 0.0;
    }
  }
}

}  // namespace

bool decode(const int32_t* int_data, int64_t int_count, const double* real_data, int64_t real_count, Program& program) {
  Reader<int32_t> ints{int_data, int_data + int_count};
  Reader<double> reals{real_data, real_data + real_count};
  if (ints.read() != program_format) return false;
  program.qubits = ints.read();
  program.slots = ints.read();
  program.moments = ints.read();
  program.tables = ints.read();
  program.indexed = ints.read() != 0;
  const int32_t reads = ints.read();
  const int32_t gates = ints.read(), terms = ints.read(), tiles = ints.read(), observables = ints.read();
  const int32_t singlets = ints.read();
  if (!ints.good || program.qubits < 1 || program.qubits > 30 || program.tables < 0 || program.tables > 64) return false;

  if (!place_reads(program, ints, reads)) return false;
  prepare(program, ints, singlets);
  for (int32_t k = 0; k < gates && ints.good; ++k) {
    Gate gate{};
    gate.kind = static_cast<GateKind>(ints.read());
    gate.count = ints.read();
    for (int32_t& bit : gate.bit) bit = ints.read();
    gate.x_mask = ints.read();
    gate.z_mask = ints.read();
    gate.y_count = ints.read();
    gate.first_term = ints.read();
    gate.term_count = ints.read();
    gate.undo = ints.read() != 0;
    gate.constant = reals.read();
    program.gates.push_back(gate);
  }
  for (int32_t k = 0; k < terms && ints.good; ++k) {
    const int32_t slot = ints.read();
    if (slot < 0 || slot >= program.slots) return false;
    program.terms.push_back({slot, reals.read()});
  }
  for (const Gate& gate : program.gates)
    if (!fits(gate, program)) return false;
  for (int32_t k = 0; k < tiles && ints.good; ++k) {
    Tile tile{};
    tile.first = ints.read();
    tile.last = ints.read();
    if (tile.first < 0 || tile.last > gates) return false;
    place_tiles(tile, ints.read(), program.qubits);
    program.tiles.push_back(std::move(tile));
  }
  for (int32_t k = 0; k < observables && ints.good; ++k) {
    ObservableTerm term{};
    term.kind = static_cast<ObservableKind>(ints.read());
    term.moment = ints.read();
    for (int32_t& place : term.place) place = ints.read();
    if (term.moment < 0 || term.moment >= program.moments) return false;
    term.weight = reals.read();
    program.observables.push_back(term);
  }
  for (int32_t k = 0; k < program.moments; ++k) program.constants.push_back(reals.read());
  return ints.good && reals.good && ints.next == ints.end && reals.next == reals.end;
}

std::shared_ptr<const Program> decode_once(
    const int32_t* ints, int64_t int_count, const double* reals, int64_t real_count) {
  // Never destroyed: threads of XLA may call while the process ends.
  static Remembered<Program>& remembered = *new Remembered<Program>;
  return remembered.find(ints, int_count, reals, real_count);
}

}  // namespace qffc
