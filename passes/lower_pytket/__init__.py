"""The kernel as pytket circuits in native gates, built for many geometries at once."""
