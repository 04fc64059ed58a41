import qffc as qf

qf.compile("lib:sivqlm-lih", pipeline="schedule-layers{balance=true,balance=true}")
