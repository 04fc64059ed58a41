OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
gate mine a { mine a; }
mine q[0];
