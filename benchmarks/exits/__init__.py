"""Every format that circuits leave in, fed to what users feed it to; `python -m benchmarks.exits`."""
