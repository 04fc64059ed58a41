OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
rx(9223372036854775808*a) q[0];
