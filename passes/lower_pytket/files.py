"""Circuits that leave as files: measurements in the order of their bits, and registers that a format can hold."""

from __future__ import annotations

from pytket.circuit import Bit, Circuit, OpType, Qubit


def measured_in_order(circuit: Circuit, *, apart: bool = False) -> Circuit:
    """Return the circuit with its measurements after all its gates, in the order of their bits.

    A circuit of pytket is a graph. Listed as commands, what its formats write, a measurement comes as soon as its qubit
    is ready, and readers that go by the order of outcomes instead of the names of bits take one bit for another: QIR
    records outcomes in that order. A barrier makes the measurements one layer, which pytket lists by bits. It changes
    nothing else: nothing comes after a measurement.

    Args:
        circuit: every measurement is the last thing that happens to its qubit.
        apart: a barrier before each measurement, not one before all: for what takes those of a layer in any order.

    Example:
        >>> circuit = Circuit(2, 2).PhasedX(0.5, 0.1, 0).ZZPhase(0.5, 0, 1).PhasedX(0.5, 0.1, 0)
        >>> circuit = circuit.Measure(0, 0).Measure(1, 1)
        >>> [str(command.bits[0]) for command in circuit if command.bits]
        ['c[1]', 'c[0]']
        >>> [str(command.bits[0]) for command in measured_in_order(circuit) if command.bits]
        ['c[0]', 'c[1]']
    """
    made = Circuit()
    for qubit in circuit.qubits:
        made.add_qubit(qubit)
    for bit in circuit.bits:
        made.add_bit(bit)
    commands = circuit.get_commands()
    measurements = [command for command in commands if command.op.type == OpType.Measure]
    for command in commands:
        if command.op.type == OpType.Barrier:
            made.add_barrier(command.args)
        elif command.op.type != OpType.Measure:
            made.add_gate(command.op, command.args)
    for number, command in enumerate(sorted(measurements, key=lambda command: command.bits[0])):
        if apart or number == 0:
            made.add_barrier(made.qubits)
        made.add_gate(command.op, command.args)
    return made


def narrow_registers(circuit: Circuit, widest: int) -> Circuit:
    """Return the circuit with its bits in registers of at most that many; the order of all bits stays.

    Registers that are narrow enough stay as they are. A wider one ``c`` becomes ``c0``, ``c1``, ...: bit k of it is bit
    ``k % widest`` of register ``k // widest``.

    Args:
        circuit: with bits of the default register.
        widest: bits of a register, at most.

    Example:
        >>> narrow_registers(Circuit(5, 5), 2).bits
        [c0[0], c0[1], c1[0], c1[1], c2[0]]
        >>> narrow_registers(Circuit(5, 5), 5).bits
        [c[0], c[1], c[2], c[3], c[4]]
    """
    if circuit.n_bits <= widest:
        return circuit
    digits = len(str((circuit.n_bits - 1) // widest))  # pytket sorts registers as text
    made = circuit.copy()
    made.rename_units({bit: Bit(f"c{k // widest:0{digits}}", k % widest) for k, bit in enumerate(circuit.bits)})
    return made


def numbered_through(circuit: Circuit) -> Circuit:
    """Return the circuit with its qubits as ``q[0]``, ``q[1]``, ..., in their order; bits stay.

    For what takes registers without gaps: a circuit on a device has the qubits that it uses.

    Example:
        >>> from pytket.circuit import Qubit
        >>> circuit = Circuit()
        >>> for number in (1, 4):
        ...     circuit.add_qubit(Qubit("q", number))
        >>> numbered_through(circuit).qubits
        [q[0], q[1]]
    """
    if all(qubit.index == [number] for number, qubit in enumerate(circuit.qubits)):
        return circuit
    made = circuit.copy()
    made.rename_units({qubit: Qubit("q", number) for number, qubit in enumerate(circuit.qubits)})
    return made
