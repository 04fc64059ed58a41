OPENQASM 3.0;
include "stdgates.inc";
qubit[1] q;
const int n = 2.7;
rx(n) q[0];
