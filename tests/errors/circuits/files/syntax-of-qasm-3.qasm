OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
rx(0.1 q[0];
