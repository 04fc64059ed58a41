OPENQASM 3.0;
include "stdgates.inc";
input float a;
rz(a) $0;
