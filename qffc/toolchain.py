"""The verbs of the work as functions: check, compile, train, evaluate.

Heavy packages are imported inside the verbs that compute, so checking and compiling to a program load neither JAX nor
pytket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeGuard, get_args

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
    from qffc.models.files.model_given import ModelLike
    from qffc.models.force_field import ForceField
    from qffc.passes.base import Pass
    from qffc.references.data import DataLike, SeveralDataLike
    from qffc.reports.evaluation import Evaluation
    from qffc.training.config import TrainingConfig
    from qffc.training.starting import Start
    from qffc.training.talk import Progress, Steps
    from qffc.units import Units

CERTIFICATE_NAME = "certificate.json"
Part = Literal["test", "all"]


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
        return _train_compiled(compiled, sets, chosen, folder, talk, _origin(program, start), start, before)

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


def _origin(program: ProgramLike, start: Start) -> dict[str, str]:
    """What a model tells of the words that made it."""
    from qffc.models.files.data_sets import known_sets
    from qffc.models.files.model_file import ATOM_ENERGIES, REFERENCE, STARTED_FROM

    told = {}
    if _is_shipped(program):
        # A file may be anywhere; a library reference means the same to everyone.
        told[REFERENCE] = program
    if start.atom_energies:
        told[ATOM_ENERGIES] = ",".join(f"{symbol}={energy!r}" for symbol, energy in start.atom_energies.items())
    if start.model is not None:
        names = ", ".join(name for name, _ in known_sets(start.model.metadata))
        told[STARTED_FROM] = f"a model of {names or 'unknown data'}"
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
    model: ModelLike,
    data: DataLike,
    *,
    units: str | Units | None = None,
    keys: Mapping[str, str] | None = None,
    part: Part | None = None,
    noise: str | Path | Target | None = None,
) -> Evaluation:
    """Return the errors of a model, beside baselines fitted to its own training frames where those are known.

    The evaluation says how many of its frames the model was trained on, and how many of these were left out.

    Args:
        model: a model, its file, the folder of its run, or ``trained:NAME``.
        data: a dataset, the name of an embedded one, a data file, or a list of ``ase.Atoms`` with energies and forces;
            without forces, energies are compared alone.
        units: of a data file.
        keys: other names in the data by role; see :func:`qffc.data.read`.
        part: ``test`` for the frames held out when the model was trained on this dataset, ``all`` for every frame;
            by default the first where it exists, and elsewhere all frames that the model was not trained on, as far as
            it is known.
        noise: a target, its name or file: errors of what its noise makes of the energies, shot noise left out; one
            without noise, such as ``ideal``, for exact circuits. Left out, that of the training.

    Raises:
        QffcError: when the model or the data are none, or ``test`` is asked for and the model was trained on other
            data, or held no frames out; when no frame is left that
            the model was not trained on.
    """
    from qffc.models.files.data_sets import known_sets, number_of_set
    from qffc.models.files.model_given import model_of
    from qffc.models.noisy_model import with_noise
    from qffc.reports.evaluation import evaluate as evaluate_frames
    from qffc.training.config import stored_config
    from qffc.training.leaks import trained_on
    from qffc.training.split import split_of

    if part not in (None, *get_args(Part)):
        raise not_a("a part of the frames", part, f"one of {quoted(get_args(Part))}, or None", "leave part out")
    trained, dataset = model_of(model), dataset_of(data, units, keys, energies_alone=True)
    trained = trained if noise is None else with_noise(trained, noise)
    number, config = number_of_set(trained.metadata, dataset), stored_config(trained.metadata)
    seen = trained_on(trained, dataset)
    if number is None or config is None:
        if part == "test":
            raise _no_test_frames(dataset, "the model was trained on other data")
        left_out = 0 if seen is None or part == "all" else int(seen.sum())
        if left_out == len(dataset):
            raise _no_test_frames(dataset, "the model was trained on all of its frames")
        frames = dataset.subset((~seen).nonzero()[0].tolist()) if seen is not None and left_out else dataset
        scored = None if seen is None else int(seen.sum()) - left_out
        return evaluate_frames(trained, frames, seen=scored, left_out=left_out)
    split = split_of(dataset, config, number, len(known_sets(trained.metadata)))
    if part != "all" and not split.test:
        raise _no_test_frames(dataset, "no frames were held out when the model was trained")
    frames = dataset if part == "all" else dataset.subset(split.test)
    scored = None if seen is None else int(seen.sum() if part == "all" else seen[list(split.test)].sum())
    return evaluate_frames(trained, frames, dataset.subset(split.train), seen=scored)


def with_limits(
    model: ModelLike,
    data: SeveralDataLike,
    *,
    units: str | Units | None = None,
    keys: Mapping[str, str] | None = None,
    atom_energies: Mapping[str, float] | Mapping[int, float] | None = None,
) -> ForceField:
    """Return a model that fades to free atoms where its training data end; see :mod:`qffc.models.validity.limits`.

    Training does this by itself, unless it is asked not to. Energies and forces where the data are stay as they were.

    Args:
        model: a model, its file, the folder of its run, or ``trained:NAME``.
        data: what it was trained on, as :func:`train` takes it. Of its own data sets the frames that it was trained on
            and watched are taken, of others all.
        units: of data files.
        keys: other names in the data by role; see :func:`qffc.data.read`.
        atom_energies: energies of free atoms by element, eV, computed as the data were. Without them those that the
            model has; where it has none, atoms are taken to lie 3.5 eV each above the molecules.

    Raises:
        QffcError: when model or data are none, or they do not fit each other.

    Example:
        >>> model = with_limits("trained:water", "water", atom_energies={"H": -13.57, "O": -2035.57})
        >>> model.arrays["constant.atom_energy"].round(2).tolist()
        [-13.57, -2035.57]
    """
    from qffc.models import validity_fit
    from qffc.models.files.data_sets import known_sets, number_of_set
    from qffc.models.files.model_given import model_of
    from qffc.models.initialization.atom_energies import energies_by_symbol
    from qffc.training.config import stored_config
    from qffc.training.split import split_of

    trained, frames = model_of(model), []
    config = stored_config(trained.metadata)
    for each in datasets_of(data, units, keys):
        number = number_of_set(trained.metadata, each)
        if number is not None and config is not None:
            split = split_of(each, config, number, len(known_sets(trained.metadata)))
            each = each.subset((*split.train, *split.validation))
        frames.append(each)
    return validity_fit.with_limits(trained, frames, energies_by_symbol(atom_energies or {}))


def _not_proven(compiled: Compiled) -> QffcError:
    return error(
        "declared symmetry that is not proven",
        found="\n" + indent(compiled.certificate.render(compiled.program).rstrip(), "    "),
        expected="a proof of every declared symmetry",
        help="correct the program, declare less, or train it all the same: unproven=True, --unproven",
    )


def _no_test_frames(data: Dataset, reason: str) -> QffcError:
    return error(
        "no test frames",
        found=f"'{data.name}': {reason}",
        expected="the data that the model was trained on, with frames held out",
        help="evaluate on all frames (part 'all'), and mind which of them the model has seen",
    )
