OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
gate mine a { x a; }
ctrl @ mine q[0], q[1];
