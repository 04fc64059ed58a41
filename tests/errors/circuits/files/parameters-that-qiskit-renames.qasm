OPENQASM 3.0;
include "stdgates.inc";
input float[64] a;
input float[64] b;
gate mygate(a, b) _gate_q_0 {
  ry(b) _gate_q_0;
  rx(a) _gate_q_0;
}
qubit[1] q;
mygate(b, a) q[0];
