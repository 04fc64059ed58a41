OPENQASM 3.0;
include "stdgates.inc";
input float[64] d_01;
input float[64] d_02;
input float[64] d_12;
input float[64] _β_0_;
input float[64] _γ_0_;
gate rzz(p0) _gate_q_0, _gate_q_1 {
  cx _gate_q_0, _gate_q_1;
  rz(p0) _gate_q_1;
  cx _gate_q_0, _gate_q_1;
}
qubit[3] q;
h q[0];
h q[1];
h q[2];
rzz(2*d_01*_γ_0_) q[0], q[1];
rzz(2*d_12*_γ_0_) q[1], q[2];
rzz(2*d_02*_γ_0_) q[0], q[2];
rx(2*_β_0_) q[0];
rx(2*_β_0_) q[1];
rx(2*_β_0_) q[2];
