"""What `--json` prints is JSON, whatever the figures are: strict readers take no NaN."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from results_made import Made, skipped, suite, write

from pkbench.cli import pkbench
from pkbench.cli.output import finite

EXTREMES = (1e-29, 1e-9, 1.0, 9e18)


def asked(*arguments: str | Path) -> Result:
    return CliRunner().invoke(pkbench, list(map(str, arguments)))


def strict(text: str) -> Any:
    """Parse JSON as the standard has it."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def drawn(path: Path, random_: random.Random, evidence: str) -> Path:
    """Write a result of a few cases, of which anything may be missing, extreme or the same."""
    cases = []
    for name in ("a/b", "a/c", "a/floor", "a/d"):
        processes = random_.choice((1, 2, 2, 7))
        spread = random_.choice((EXTREMES, (1e-6, 1.1e-6), (1e-6,)))
        values = [[random_.choice(spread)] for _ in range(processes)]
        made = Made(
            name,
            values,
            floor=random_.choice((None, "a/floor")),
            cycle=random_.choice((None, 1e-29, 3e-10)),
            beside=random_.choice(({}, {"nop_cycles": [[0.2]] * processes})),
        )
        cases.append(random_.choice((made, made, made, skipped(name))))
    machine = {"kernel": random_.choice(("6.1", 1e300 / 1e290, None, ["x"])), "cpus": 2}
    return write(path, suite(cases, evidence=evidence, machine=machine))


@pytest.mark.parametrize("seed", range(12))
def test_comparisons_are_json(tmp_path: Path, seed: int) -> None:
    random_ = random.Random(seed)
    evidence = random_.choice(("silicon", "silicon", "path length"))
    files = [drawn(tmp_path / f"{place}.json", random_, evidence) for place in range(2)]
    for verb in ("compare", "gate"):
        done = asked(verb, *files, "--json")
        assert done.stdout, done.output
        strict(done.stdout)


def test_an_interval_without_bounds_is_null(tmp_path: Path) -> None:
    values = ([[1e-29], [9e18]], [[9e18], [9e18]])
    files = [
        write(tmp_path / f"{place}.json", suite([Made("a/b", each)]))
        for place, each in enumerate(values)
    ]
    (found,) = strict(asked("compare", *files, "--json").stdout)
    assert found["cases"][0]["high"] is None


@pytest.mark.parametrize(
    "arguments",
    [("list", "--preset", "publish"), ("list", "syscall"), ("kernels",)],
    ids=" ".join,
)
def test_lists_are_json(arguments: tuple[str, ...]) -> None:
    done = asked(*arguments, "--json")
    assert 0 == done.exit_code, done.output
    assert isinstance(strict(done.stdout), list)


def test_a_number_that_json_has_not_becomes_null() -> None:
    document = {"a": [math.nan, (math.inf, -math.inf)], "b": {"c": 1.5, "d": True}}
    assert {"a": [None, [None, None]], "b": {"c": 1.5, "d": True}} == finite(document)
