"""A dozen quick figures by commit, each the ratio of a named peer to qffc, measured by turns in the same run.

pytest-benchmark keeps and compares seconds, which belong to a machine; asv would track ratios, but as single numbers
without quartiles, and makes an environment for each commit. So this is a short package of its own.
"""
