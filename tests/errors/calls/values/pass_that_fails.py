from dataclasses import dataclass
from typing import ClassVar

import qffc as qf
from qffc.passes.base import Pass


@dataclass(frozen=True)
class Halving(Pass[None]):
    name: ClassVar[str] = "halving"
    preserves: ClassVar = "nothing"

    def run(self, program, target):
        return program.ops[1 // 0]


qf.compile("lib:sivqlm-lih", pipeline=[Halving()])
