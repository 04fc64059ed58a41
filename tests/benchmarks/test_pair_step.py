"""The peer of the training step computes the same moments, and by no kernel of qffc."""

from __future__ import annotations

import jax
import numpy as np
import pytest

pytest.importorskip("benchmarks.pair_step", reason="needs the source tree on the path: python -m pytest")

from benchmarks.pair_step import pair_step
from qffc.passes.native_library import native_state


@pytest.fixture(autouse=True)
def as_users_have_it():
    """The peer promotes types and ranks, as code outside qffc does."""
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        yield


def test_moments_are_the_same() -> None:
    ours, peer = pair_step(plain=False).parts, pair_step(plain=True).parts
    slots = np.random.default_rng(0).normal(size=(2, ours.split.slot_count))
    np.testing.assert_allclose(jax.jit(peer.moments)(slots), ours.moments(slots), atol=1e-12)


@pytest.mark.skipif(not native_state().available, reason="the native kernel is not built")
@pytest.mark.parametrize("plain", [False, True])
def test_peer_calls_no_kernel_of_qffc(plain: bool) -> None:
    """A program has several ways into its kernel, and the peer once stood in one that the step no longer takes."""
    step = pair_step(plain)
    traced = str(jax.make_jaxpr(step.loss)(step.arrays, *step.batch))
    assert ("qffc_" in traced) is not plain
