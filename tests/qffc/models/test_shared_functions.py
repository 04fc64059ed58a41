"""Models of one program share what is compiled for them, and nothing else."""

from __future__ import annotations

from gc import collect
from threading import Thread
from weakref import ref

import numpy as np
import pytest

import qffc as qf
from qffc.models import force_field, shared_functions
from qffc.models.force_field import ForceField, untrained
from qffc.models.shared_functions import forget_functions, shared_function
from qffc.passes.lower_jax.program import lower_jax

WATER = np.array([[[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]])
NUMBERS = np.array([8, 1, 1])


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of functions that are compiled, from a store that is empty."""
    names: list[str] = []
    kept = force_field.kept_function

    def counted(function, arguments, identity):
        names.append(identity[-1])
        return kept(function, arguments, identity)

    monkeypatch.setattr(force_field, "kept_function", counted)
    forget_functions()
    return names


def test_two_models_of_one_program_compile_once_and_predict_their_own(made: list[str]) -> None:
    program = qf.load("pair", depth=1, channels=1)
    models = [untrained(program, seed) for seed in (1, 2)]
    energies = [model.predict(NUMBERS, WATER)[0] for model in models]
    assert len(made) == 1
    assert abs(energies[0] - energies[1]) > 1e-6
    assert models[0].predict(NUMBERS, WATER)[0] == energies[0]


@pytest.mark.parametrize("other", ["program", "atoms", "frames", "lowering"])
def test_what_differs_is_compiled_apart(made: list[str], other: str) -> None:
    program = qf.load("pair", depth=1, channels=1)
    untrained(program, 1).predict(NUMBERS, WATER)
    model = untrained(qf.load("pair", depth=1, channels=2) if other == "program" else program, 1)
    if other == "lowering":
        model = type(model)(model.program, model.arrays, lower=lambda given: lower_jax(given, "portable"))
    numbers = NUMBERS[::-1] if other == "atoms" else NUMBERS
    model.predict(numbers, np.repeat(WATER, 2, axis=0) if other == "frames" else WATER)
    assert len(made) == 2


def test_a_lowering_of_the_caller_is_never_shared(made: list[str]) -> None:
    """Of a function of the caller nothing is known: two that name one kernel may compute different numbers."""
    program = qf.load("pair", depth=1, channels=1)
    arrays = untrained(program, 1).arrays
    for lower in (lower_jax, lambda given: lower_jax(given), lambda given: lower_jax(given)):
        ForceField(program, arrays, lower=lower).predict(NUMBERS, WATER)
    assert len(made) == 3


def test_what_a_model_holds_is_not_forgotten_for_others() -> None:
    """The latest stay by themselves, and beyond them what somebody holds."""
    forget_functions()
    held = shared_function("held", lambda: lambda: "held")
    lost = ref(shared_function("lost", lambda: lambda: "lost"))
    for number in range(shared_functions._LATEST):
        shared_function(number, lambda: lambda: None)
    collect()
    assert lost() is None
    assert shared_function("held", lambda: lambda: "another") is held
    assert shared_function("lost", lambda: lambda: "another")() == "another"
    forget_functions()


def test_a_model_that_is_gone_leaves_its_arrays() -> None:
    forget_functions()
    model = untrained(qf.load("pair", depth=1, channels=1), 1)
    model.predict(NUMBERS, WATER)
    arrays = ref(model.arrays["constant.atom_energy"])
    del model
    collect()
    assert arrays() is None
    forget_functions()


def test_another_instruction_set_is_another_function(made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    program = qf.load("pair", depth=1, channels=1)
    untrained(program, 1).predict(NUMBERS, WATER)
    monkeypatch.setenv("QFFC_INSTRUCTIONS", "portable")
    untrained(program, 2).predict(NUMBERS, WATER)
    assert len(made) == 2


def test_threads_get_one_function() -> None:
    forget_functions()
    found: list[object] = []
    threads = [Thread(target=lambda: found.append(shared_function("one", lambda: lambda: None))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(each) for each in found}) == 1
    forget_functions()
