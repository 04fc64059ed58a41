qffc compile lib:sivqlm-lih --emit ir --measured
