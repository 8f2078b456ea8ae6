"""Count how often a shape is seen in samples that have none, and in samples that have one.

Prints, for several numbers of processes, the share of samples of which `pkbench report` would say
that they have two modes, or that they drift: normal ones; normal ones with a share of outliers; and
such as have two modes, a fifth more costly in a quarter of the processes, or drift by 3 %.

    python tests/benchmarks/shapes.py [--samples 2000]
"""

import argparse
from collections.abc import Callable

import numpy as np

from pkbench.analysis.estimate.distribution import shape
from pkbench.analysis.estimate.sample import Numbers

SPREAD = 0.01  # of the processes, relative
Draw = Callable[[np.random.Generator, int], Numbers]


def normal(random: np.random.Generator, number: int) -> Numbers:
    """Return processes without any shape."""
    return random.normal(1, SPREAD, number)


def with_outliers(random: np.random.Generator, number: int) -> Numbers:
    """Return processes of which one in twenty costs up to twice as much."""
    return normal(random, number) * np.where(
        random.random(number) < 0.05, random.uniform(1, 2, number), 1
    )


def two_modes(random: np.random.Generator, number: int) -> Numbers:
    """Return processes of which a quarter costs a fifth more."""
    return normal(random, number) * np.where(random.random(number) < 0.25, 1.2, 1)


def drifting(random: np.random.Generator, number: int) -> Numbers:
    """Return processes that cost 3 % more at the end of the run than at its begin."""
    return normal(random, number) * np.linspace(1, 1.03, number)


SHAPES: tuple[Draw, ...] = (normal, with_outliers, two_modes, drifting)


def main() -> None:
    """Print a line for each kind of sample and number of processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=2000)
    samples = parser.parse_args().samples
    random = np.random.default_rng(1)
    print(
        f"{'of ' + str(samples) + ' samples':16} {'processes':>9} {'two modes':>10} {'drifts':>8}"
    )
    for draw in SHAPES:
        for number in (10, 20, 60):
            told = [shape(draw(random, number), tuple(range(number))) for _ in range(samples)]
            modes, drifts = (
                100 * sum(word in text for text in told) / samples for word in ("modes", "drifts")
            )
            name = draw.__name__.replace("_", " ")
            print(f"{name:16} {number:9} {modes:8.1f} % {drifts:6.1f} %")


if __name__ == "__main__":
    main()
