"""The verbs of the work as functions: check, compile, train, evaluate.

Heavy packages are imported inside the verbs that compute, so checking and compiling to a program load neither JAX nor
pytket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, NamedTuple, TypeGuard, get_args

from qffc.compiling.compiled import Compiled, compile_program
from qffc.compiling.levels import DEFAULT_LEVEL, TRAINING_LEVEL
from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.given_values import not_a, path_of
from qffc.ir.program import Program
from qffc.library.catalogue import PREFIX
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.target import Target
from qffc.progress_line import hushed, shown_as
from qffc.references.data import dataset_of, datasets_of
from qffc.references.programs import ProgramLike, program_of
from qffc.targets.catalogue import target_of

if TYPE_CHECKING:
    from qffc.data import Dataset
    from qffc.models.ensemble import Ensemble
    from qffc.models.files.model_given import ModelLike
    from qffc.models.force_field import ForceField
    from qffc.passes.base import Pass
    from qffc.references.data import DataLike, SeveralDataLike
    from qffc.reports.evaluation import Evaluation
    from qffc.training.config import TrainingConfig
    from qffc.training.held_out import Part
    from qffc.training.starting import Start
    from qffc.training.talk import Progress, Steps
    from qffc.units import Units

CERTIFICATE_NAME = "certificate.json"
SHOTS_TARGET = "H2-1LE"
"""Where prices of energies are for that models are compared by."""


@shown_as("check")
def check(program: ProgramLike, *, rules_only: bool = False) -> Certificate:
    """Return the certificate of a program: each declared symmetry proven, refuted or left open.

    Args:
        program: a program, an ansatz, or a reference such as ``lib:pair``.
        rules_only: leave open what no rule proves, without the identity test, whose proofs have a tiny probability of
            an error.

    Example:
        >>> check("lib:sivqlm-h2o").holds
        True
    """
    return check_equivariance(program_of(program), rules_only=rules_only)


@shown_as("compile")
def compile(
    program: ProgramLike,
    target: str | Path | Target = "ideal",
    level: int = DEFAULT_LEVEL,
    pipeline: str | Sequence[str | Pass[object]] | None = None,
    *,
    print_after: Callable[[str, Program], object] | None = None,
) -> Compiled:
    """Run passes on a program, and certify the symmetry of what comes out.

    From the pass ``check-equivariance`` on, a symmetry that was proven survives the passes that keep the response.

    Args:
        program: a program, an ansatz, or a reference such as ``lib:pair``.
        target: the name of a target, or a target.
        level: the optimization level, 0 to 3: passes, and how native gates and measurements are chosen; see
            :mod:`qffc.compiling.levels`.
        pipeline: instead of the passes of the level: names separated by commas, options in braces. The options of
            ``lower-pytket`` in it are those of the circuits. Or a list of such texts and of passes, own ones among
            them: subclasses of :class:`qffc.passes.base.Pass`.
        print_after: called with the name of each pass and the program after it.

    Raises:
        QffcError: when the program, the target, the level or the pipeline is not valid.

    Example:
        >>> compiled = compile("lib:sivqlm-h2o", "H2-1", level=2)
        >>> compiled.certificate.digest == compiled.program.digest, compiled.certificate.holds
        (True, True)
        >>> compiled.counts.two_qubit, len(compiled.measurements.settings)
        (24, 3)
    """
    return compile_program(program_of(program), target_of(target), level, pipeline, print_after)


def train(
    program: ProgramLike,
    data: SeveralDataLike,
    out: str | Path,
    *,
    units: str | Units | None = None,
    keys: Mapping[str, str] | None = None,
    config: TrainingConfig | Mapping[str, object] | None = None,
    atom_energies: Mapping[str, float] | Mapping[int, float] | None = None,
    start_from: ModelLike | None = None,
    unproven: bool = False,
    report: Callable[[Progress], None] | None = None,
    tell: Callable[[str], object] | None = None,
    stepped: Callable[[Steps], None] | None = None,
    quiet: bool = False,
    **settings: object,
) -> ForceField:
    """Compile a program and train what was compiled, or go on with the run in ``out``.

    The folder receives the checkpoint, the log, the model and, beside it, the certificate of its program.
    What happens is told on stderr, with a bar in a terminal, unless ``quiet`` or functions of your own are given.
    Before a run starts, the declared symmetries are tested in energies and forces of the untrained model, at two
    training frames; not where the program is named as ``lib:...``, for these are tested with qffc.

    Args:
        program: a program, an ansatz, or a reference such as ``lib:pair``.
        data: a dataset, the name of an embedded one, a data file (``FILE:all`` for every molecule in it), or a list of
            ``ase.Atoms`` with energies and forces; or several of these, to train on all.
        out: the folder of the run.
        units: of data files.
        keys: other names in a data file by role; see :func:`qffc.data.read`.
        config: all choices at once, or some of them by name; ``settings`` change single ones.
        atom_energies: energies of free atoms by element symbol or atomic number, eV: the reference energies of the
            model are the nearest to them that explain the mean energies of the molecules.
        start_from: a model of the same program, its file, the folder of its run, or ``trained:NAME``, to train on
            from.
        unproven: train even when a declared symmetry is not proven, and test none before.
        report: called after each epoch.
        tell: called with lines for people: what begins, and what was tested.
        stepped: called after the first step, which compiles, and every few seconds from then on.
        quiet: tell nothing.
        settings: fields of :class:`qffc.training.config.TrainingConfig`.

    Raises:
        QffcError: when a setting, the program or the data is not valid, when energies and forces are not those of one
            energy surface, when a declared symmetry is not proven or fails its test, or when the folder holds another
            run, or another process works in it.

    Warns:
        QffcWarning: when energies and forces may not be those of one energy surface, see
            :func:`qffc.data.label_verdicts.need_labels`; when test or validation frames are trained on, in this run or
            by the model that it starts from.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     model = train("lib:sivqlm-h2o:depth=1", "water", folder, train=10, validation=0, test=5, epochs=1)
        ...     sorted(path.name for path in Path(folder).iterdir())
        ['.lock', 'certificate.json', 'checkpoint.safetensors', 'log.csv', 'model.safetensors']
    """
    from qffc.training.config import settings_of, training_config
    from qffc.training.data_checks import look_for_leaks, need_sound_data

    folder = path_of("the run", out)
    chosen = training_config({**settings_of(config), **settings})
    sets = datasets_of(data, units, keys)
    need_sound_data(sets, chosen)
    with hushed() if quiet else nullcontext():
        compiled = compile(program, level=TRAINING_LEVEL)
    if not (compiled.certificate.holds or unproven):
        raise _not_proven(compiled)
    start = _start(atom_energies, start_from)
    look_for_leaks(sets, chosen, start)
    # Noise names axes, of memory and of readings, so that energies with it are symmetric only nearly.
    tested = not (unproven or _is_shipped(program) or chosen.noise is not None)

    def run(
        report: Callable[[Progress], None] | None,
        tell: Callable[[str], object] | None,
        stepped: Callable[[Steps], None] | None,
    ) -> ForceField:
        before = partial(_test_symmetries, tell) if tested else None
        talk = _Talk(report, tell, stepped)
        return _train_compiled(compiled, sets, chosen, folder, talk, _origin(program, start, start_from), start, before)

    if quiet or not (report is None and tell is None and stepped is None):
        return run(report, tell, stepped)
    from qffc.training.checkpoint import epochs_in
    from qffc.training.progress import TrainingProgress

    with TrainingProgress(chosen.epochs, epochs_in(folder)) as shown:
        return run(shown, shown.say, shown.stepped)


class _Talk(NamedTuple):
    """The functions that a run tells what happens, as arguments of the trainer."""

    report: Callable[[Progress], None] | None
    tell: Callable[[str], object] | None
    stepped: Callable[[Steps], None] | None


def _is_shipped(program: ProgramLike) -> TypeGuard[str]:
    return isinstance(program, str) and program.startswith(PREFIX)


def _test_symmetries(tell: Callable[[str], object] | None, model: ForceField, sets: Sequence[Dataset]) -> None:
    from qffc.models.checks.start_check import need_symmetries

    line = need_symmetries(model, sets)
    if tell is not None:
        tell(line)


def _origin(program: ProgramLike, start: Start, start_from: ModelLike | None) -> dict[str, str]:
    """What a model tells of the words that made it."""
    from qffc.models.files.data_sets import known_sets
    from qffc.models.files.model_file import ATOM_ENERGIES, REFERENCE, STARTED_FROM
    from qffc.models.files.trained import TRAINED_PREFIX

    told: dict[str, str] = {}
    if start.model is not None:
        before = start.model.metadata  # of the same program, and free atoms have the same energies
        told |= {key: before[key] for key in (REFERENCE, ATOM_ENERGIES) if key in before}
        names = ", ".join(name for name, _ in known_sets(before))
        named = isinstance(start_from, str) and start_from.startswith(TRAINED_PREFIX)
        told[STARTED_FROM] = str(start_from) if named else f"a model of {names or 'unknown data'}"
    if _is_shipped(program):
        # A file may be anywhere; a library reference means the same to everyone.
        told[REFERENCE] = program
    if start.atom_energies:
        told[ATOM_ENERGIES] = ",".join(f"{symbol}={energy!r}" for symbol, energy in start.atom_energies.items())
    return told


def _start(atom_energies: Mapping[str, float] | Mapping[int, float] | None, start_from: ModelLike | None) -> Start:
    from qffc.models.files.model_given import model_of
    from qffc.models.initialization.atom_energies import energies_by_symbol
    from qffc.training.starting import Start

    if atom_energies is not None and not isinstance(atom_energies, Mapping):
        raise not_a("energies of atoms", atom_energies, "eV by element: {'H': -13.6, ...}", "give a dictionary")
    return Start(energies_by_symbol(atom_energies or {}), None if start_from is None else model_of(start_from))


def _train_compiled(
    compiled: Compiled,
    sets: Sequence[Dataset],
    config: TrainingConfig,
    folder: Path,
    talk: _Talk,
    metadata: Mapping[str, str],
    start: Start,
    before: Callable[[ForceField, Sequence[Dataset]], None] | None,
) -> ForceField:
    from qffc.atomic_files import write_text
    from qffc.models.files.model_file import UNPROVEN
    from qffc.training import trainer  # loads JAX
    from qffc.training.processes import folder_of_first, is_first

    certificate = compiled.certificate.to_json()
    metadata = {**metadata, "certificate": certificate}
    if not compiled.certificate.holds:
        metadata[UNPROVEN] = "true"
    with folder_of_first(folder):
        model = trainer.train(
            compiled.program, sets, config, folder, metadata=metadata, start=start, before=before, **talk._asdict()
        )
        if is_first():
            write_text(folder / CERTIFICATE_NAME, certificate)
    return model


@shown_as("evaluate")
def evaluate(
    model: ModelLike | Ensemble,
    data: DataLike,
    *,
    units: str | Units | None = None,
    keys: Mapping[str, str] | None = None,
    part: Part | None = None,
    shots: bool = False,
    noise: str | Path | Target | None = None,
) -> Evaluation:
    """Return the errors of a model, beside baselines fitted to its own training frames where those are known.

    The evaluation says how many of its frames the model was trained on, and how many of these were left out. An
    ensemble is judged by frames that were held out from all of its models, and so is each of them beside it.

    Args:
        model: a model, its file, the folder of its run, or ``trained:NAME``; or an ensemble.
        data: a dataset, the name of an embedded one, a data file, or a list of ``ase.Atoms`` with energies and forces;
            without forces, energies are compared alone.
        units: of a data file.
        keys: other names in the data by role; see :func:`qffc.data.read`.
        part: ``test`` for the frames held out when the model was trained on this dataset, ``all`` for every frame;
            by default the first where it exists, and elsewhere all frames that the model was not trained on, as far as
            it is known.
        shots: say also how many shots energies take for a standard error of 1 meV, and their price on H2: some seconds.
        noise: a target, its name or file: errors of what its noise makes of the energies, shot noise left out; one
            without noise, such as ``ideal``, for exact circuits. Left out, that of the training.

    Raises:
        QffcError: when the model or the data are none, or ``test`` is asked for and the model was trained on other
            data, or held no frames out; when no frame is left that the model was not trained on.
    """
    from qffc.models.ensemble import Ensemble
    from qffc.models.files.model_given import model_of
    from qffc.reports.evaluation import evaluate as evaluate_frames
    from qffc.training.held_out import Part, held_out_by_all

    if part not in (None, *get_args(Part)):
        raise not_a("a part of the frames", part, f"one of {quoted(get_args(Part))}, or None", "leave part out")
    given = model if isinstance(model, Ensemble) else model_of(model)
    trained = given if noise is None else _noisy(given, noise)
    dataset = dataset_of(data, units, keys, energies_alone=True)
    members = trained.members if isinstance(trained, Ensemble) else (trained,)
    if shots and isinstance(trained, Ensemble):
        raise error(
            "shots of several models",
            found=f"{len(members)} models and shots",
            expected="one model: each measures circuits of its own",
            help="evaluate them one by one, or leave the shots out",
        )
    if shots and dataset.periodic:
        from qffc.data.surroundings import refuse_cells

        refuse_cells(dataset, "shots of an energy", "leave the shots out: circuits of atoms in cells go to no device")
    chosen = held_out_by_all(members, dataset, part)
    frames = dataset if len(chosen.rows) == len(dataset) else dataset.subset(chosen.rows)
    train = None if chosen.train is None else dataset.subset(chosen.train)
    found = evaluate_frames(trained, frames, train, seen=chosen.judged_though_seen, left_out=chosen.left_out)
    if not shots or isinstance(trained, Ensemble):
        return found
    from qffc.execution.shot_need import shots_needed

    need = shots_needed(trained, frames.numbers, frames.positions, target=target_of(SHOTS_TARGET))
    return replace(found, shots=need)


def _noisy(model: ForceField | Ensemble, noise: str | Path | Target) -> ForceField | Ensemble:
    from qffc.models.ensemble import Ensemble
    from qffc.models.noisy_model import with_noise

    if isinstance(model, Ensemble):
        return Ensemble(tuple(with_noise(member, noise) for member in model.members))
    return with_noise(model, noise)


def _not_proven(compiled: Compiled) -> QffcError:
    return error(
        "declared symmetry that is not proven",
        found="\n" + indent(compiled.certificate.render(compiled.program).rstrip(), "    "),
        expected="a proof of every declared symmetry",
        help="correct the program, declare less, or train it all the same: unproven=True, --unproven",
    )
