// Any gate on a tile of amplitudes, by its kind.

namespace qffc {
namespace QFFC_ISA {

template <bool Near, class R>
QFFC_INLINE void gate_numbers(const Program& program, const Gate& gate, const R* slots, R* out) {
  if (gate.kind == GateKind::rotate) {
    R v[3];
    vector_of(program, gate, slots, v);
    return rotation_numbers<Near>(v, out);
  }
  const R angle = angle_of(program, gate, slots);
  switch (gate.kind) {
    case GateKind::exchange: return exchange_numbers<Near>(angle, out);
    case GateKind::chirality: return chirality_numbers<Near>(angle, out);
    case GateKind::collective: return collective_numbers<Near>(gate, angle, out);
    default: return sine_cosine<Near>(scaled(angle, typename R::Scalar(0.5)), out[1], out[0]);
  }
}

template <class R>
QFFC_INLINE void apply(const Gate& gate, const R* numbers, Complex<R>* psi, int64_t size) {
  switch (gate.kind) {
    case GateKind::rotate: return rotate(gate, numbers, psi, size);
    case GateKind::exchange: return exchange(gate, numbers, psi, size);
    case GateKind::chirality: return chirality(gate, numbers, psi, size);
    case GateKind::pauli: return turn_string(gate, numbers[0], numbers[1], psi, size);
    case GateKind::collective: return collective(gate, numbers, 1, psi, size);
  }
}

template <class R>
QFFC_INLINE void apply_back(
    const Gate& gate, const R* numbers, Complex<R>* psi, Complex<R>* lambda, int64_t size, R* sums) {
  switch (gate.kind) {
    case GateKind::rotate: return rotate_back(gate, numbers, psi, lambda, size, sums);
    case GateKind::exchange: return exchange_back(gate, numbers, psi, lambda, size, sums);
    case GateKind::chirality: return chirality_back(gate, numbers, psi, lambda, size, sums);
    case GateKind::pauli: return string_back(gate, numbers, psi, lambda, size, sums);
    case GateKind::collective: return collective_back(gate, numbers, psi, lambda, size, sums);
  }
}

}  // namespace QFFC_ISA
}  // namespace qffc
