OPENQASM 3.0;
include "stdgates.inc";
qubit[1] q;
ctrl @ gphase(0.3) q[0];
