"""Any molecule of rMD17 on its published splits, beside published errors: `python -m benchmarks.rmd17 --help`."""
