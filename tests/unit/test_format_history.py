"""A result file of any readable format reads as the same result under its current keys."""

from dataclasses import replace
from pathlib import Path

import pytest
from results_made import Made, suite, with_keys, write

from pkbench.analysis.reading.format_history import CURRENT, READABLE, RENAMED
from pkbench.analysis.reading.result import Result, read

FORMERLY = {new: old for old, new in RENAMED.items()}
TEXTS = {"pkbench_preset": "standard", "pkbench_counter_scope": "user mode"}


def same(first: Result, second: Result) -> bool:
    """Tell whether two results differ in nothing but their files."""
    return first == replace(second, path=first.path)


@pytest.mark.parametrize("place", ["file", "benchmark", "run"])
@pytest.mark.parametrize("key", FORMERLY)
def test_an_old_key_reads_as_its_current_one_wherever_it_stands(
    key: str, place: str, tmp_path: Path
) -> None:
    made = suite([Made("a/b", [[1.0], [2.0]])], pkbench_preset="quick")
    plain = read(write(tmp_path / "plain.json", made))
    holder = {"file": made, "benchmark": made["benchmarks"][0]}.get(place)
    for each in [holder] if holder else made["benchmarks"][0]["runs"]:
        each["metadata"][key] = TEXTS.get(key, "[0.5]")
    current = read(write(tmp_path / "current.json", made))
    old = with_keys(made, FORMERLY, READABLE[0])

    assert same(current, read(write(tmp_path / "old.json", old)))
    if place == "file" or key != "pkbench_preset":
        assert not same(plain, current)


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    made = suite([Made("a/b", [[1.0]])], pkbench_schema=CURRENT + 1)

    with pytest.raises(Exception, match=f"this pkbench reads up to format {CURRENT}"):
        read(write(tmp_path / "result.json", made))
