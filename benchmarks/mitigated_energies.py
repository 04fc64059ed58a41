"""What is left of the bias of noise with ``qffc run --mitigate``, and what it costs: circuits as they are emitted."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from noise_limit import without_shot_noise

from qffc.execution.energy import estimate_energies, quote_energies
from qffc.execution.mitigation import Mitigation
from qffc.models.files.model_file import load_model
from qffc.references.data import dataset_of
from qffc.targets.catalogue import target

METHODS = ("", "readout", "extrapolate", "readout,extrapolate")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="trained:water")
    parser.add_argument("--data", default="water")
    parser.add_argument("--target", default="H2-1LE-noisy")
    parser.add_argument(
        "--frames", type=int, default=6, help="spread over the data; density matrices run their circuits"
    )
    parser.add_argument("--standard-error", type=float, default=0.02, help="eV, that shots and prices are for")
    parser.add_argument("--emulated", type=int, default=0, help="frames that PECOS runs, too, shot by shot")
    parser.add_argument("--methods", nargs="*", default=METHODS)
    options = parser.parse_args(arguments)
    model, data, place = load_model(options.model), dataset_of(options.data), target(options.target)
    chosen = np.linspace(0, len(data) - 1, options.frames).astype(int)
    positions, error = data.positions[chosen], options.standard_error
    print(f"bias in meV, many shots; shots and HQC of a frame for {1e3 * error:g} meV without noise")
    print(f"{'':<24}{'rms':>8}{'mean':>8}{'spread':>8}{'shots':>12}{'HQC':>10}")
    for name in options.methods:
        mitigation = Mitigation.of(name)
        found = estimate_energies(
            model,
            data.numbers,
            positions,
            place,
            shots=1000,
            seed=0,
            sampler=without_shot_noise,
            mitigation=mitigation,
        )
        off = 1e3 * np.array([each.energy - each.exact for each in found])
        quote = quote_energies(model, data.numbers, positions[:1], place, standard_error=error, mitigation=mitigation)
        row = f"{np.sqrt((off**2).mean()):>8.2f}{off.mean():>8.2f}{off.std():>8.2f}{quote.shots.sum():>12}"
        print(f"{name or 'nothing':<24}{row}{quote.price:>10.0f}", flush=True)
        if options.emulated:
            few = positions[: options.emulated]
            seen = estimate_energies(
                model, data.numbers, few, place, standard_error=error, seed=7, mitigation=mitigation
            )
            apart = ", ".join(f"{1e3 * (e.energy - e.exact):+.1f} ± {1e3 * e.standard_error:.1f}" for e in seen)
            print(f"{'  PECOS':<24}{apart}; {sum(e.shots for e in seen)} shots", flush=True)


if __name__ == "__main__":
    main()
