OPENQASM 3.0;
include "stdgates.inc";
input int n;
qubit[2] q;
bit[2] c;
x q[0];
