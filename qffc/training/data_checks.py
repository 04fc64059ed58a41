"""What is asked of data before a run: forces, labels that can be right, and frames that stand in one part alone.

Of several processes the first one alone warns.
"""

from __future__ import annotations

from collections.abc import Sequence

from qffc.data import Dataset
from qffc.data.label_verdicts import need_labels, warn_of_levels
from qffc.ir.diagnostics import error, quoted
from qffc.training.config import TrainingConfig
from qffc.training.leaks import refuse_repeated_sets, warn_of_leaks
from qffc.training.processes import is_first
from qffc.training.split import splits_of
from qffc.training.starting import Start


def need_sound_data(sets: Sequence[Dataset], config: TrainingConfig) -> None:
    """Refuse data without forces, or with labels that no calculation gives; warn of labels that look wrong.

    Raises:
        QffcError: naming the first such set.
    """
    for data in sets:
        if not data.has_forces:
            raise error(
                "data without forces",
                found=f"'{data.name}' with energies alone",
                expected="energies and forces to train on",
                help="compute the forces; energies alone can be evaluated",
            )
    if config.stress_weight and all(data.stresses is None for data in sets):
        raise error(
            "a weight of stresses that are not there",
            found=f"stress_weight = {config.stress_weight:g}, and no stress in {quoted(data.name for data in sets)}",
            expected="frames in cells with stresses",
            help="leave stress_weight out; or name where the stresses stand: --keys stresses=NAME, or virials=NAME",
        )
    for data in sets:
        need_labels(data, energies=config.energy_weight > 0, forces=config.force_weight > 0, warn=is_first())
    if is_first():
        warn_of_levels(sets)


def look_for_leaks(sets: Sequence[Dataset], config: TrainingConfig, start: Start) -> None:
    """Refuse a set that is given twice; warn of frames that are trained on and held out, here or in the start.

    Raises:
        QffcError: for a set that is given twice.
    """
    refuse_repeated_sets(sets)
    splits = splits_of(sets, config)
    if is_first():
        warn_of_leaks(sets, splits, start.model)
