"""The devices that share the frames of a step.

Data parallelism: each device has all parameters and a part of the frames.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from qffc.ir.diagnostics import error

Tree = TypeVar("Tree")

AXIS = "pieces"
_WHOLE, _DIVIDED = PartitionSpec(), PartitionSpec(AXIS)  # type: ignore[no-untyped-call]  # of JAX


@dataclass(frozen=True)
class Devices:
    """Some devices of every process, in the order of the processes.

    A single device is left to JAX: nothing is placed, and nothing is divided.

    Args:
        mesh: of one axis; None for the one device of the only process.
    """

    mesh: Mesh | None

    @property
    def count(self) -> int:
        """How many, of all processes."""
        return 1 if self.mesh is None else self.mesh.size

    def whole(self, tree: Tree) -> Tree:
        """Return a tree of arrays that every device has; all processes give the same."""
        return self._placed(tree, _WHOLE)

    def divided(self, tree: Tree) -> Tree:
        """Return a tree of arrays, divided along the first axis among the devices; all processes give the whole."""
        return self._placed(tree, _DIVIDED)

    def at_home(self, tree: Tree) -> Tree:
        """Return a tree of arrays that were whole on all devices, on the one that JAX takes by itself."""
        if self.mesh is None:
            return tree
        home: Tree = jax.tree.map(lambda leaf: jnp.asarray(jax.device_get(leaf)), tree)
        return home

    def summed(self, function: Callable[..., Tree]) -> Callable[..., Tree]:
        """Return a function as computed on parts of its last argument, the results summed over the devices.

        Args:
            function: of trees that are whole, and last of one that is divided; sums over the parts of it.
        """
        mesh = self.mesh
        if mesh is None:
            return function

        def on_all(*arguments: object) -> Tree:
            specs = (*(_WHOLE for _ in arguments[:-1]), _DIVIDED)

            def on_one(*local: object) -> Tree:
                found: Tree = jax.lax.psum(function(*local), AXIS)  # type: ignore[no-untyped-call]  # of JAX
                return found

            # The circuits are calls that JAX cannot look into to see what varies over the devices.
            shared = jax.shard_map(on_one, mesh=mesh, in_specs=specs, out_specs=_WHOLE, check_vma=False)
            found: Tree = shared(*arguments)
            return found

        return on_all

    def _placed(self, tree: Tree, spec: PartitionSpec) -> Tree:
        if self.mesh is None:
            return tree
        sharding = NamedSharding(self.mesh, spec)

        def place(leaf: object) -> jax.Array:
            values = np.asarray(leaf)
            return jax.make_array_from_callback(values.shape, sharding, lambda index: values[index])

        placed: Tree = jax.tree.map(place, tree)
        return placed


def devices_of_run(each: int) -> Devices:
    """Return the devices of a run.

    Args:
        each: devices of each process.

    Raises:
        QffcError: when a process has fewer.
    """
    here = jax.local_device_count()
    if each > here:
        raise error(
            "devices that are not there",
            found=f"{each} devices, of {here} that JAX has in this process",
            expected=f"at most {here}",
            help="take fewer devices, or more processes: a CPU is one device, unless XLA_FLAGS has "
            "--xla_force_host_platform_device_count=N",
        )
    processes = jax.process_count()
    if each * processes == 1:
        return Devices(None)
    chosen = [
        device
        for process in range(processes)
        for device in [device for device in jax.devices() if device.process_index == process][:each]
    ]
    return Devices(Mesh(np.array(chosen), (AXIS,)))
