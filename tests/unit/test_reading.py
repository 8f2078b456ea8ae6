"""A result file is read whole and checked, or refused in one sentence that names it."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from results_made import Made, skipped, suite, write

from pkbench import analysis
from pkbench.analysis import ResultError, load, read
from pkbench.analysis.tables import all_cases

ONE_PAGE = "protect/mprotect-rw-ro/pages:1"
SPINNING = "threads/mprotect-siblings/siblings:spinning/threads:2"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "result.json"


def refusal(path: Path) -> str:
    with pytest.raises(ResultError) as refused:
        read(path)
    sentence = str(refused.value)
    assert path.name in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_there_is_a_row_per_value(file: Path) -> None:
    write(file, suite([Made(ONE_PAGE, [[1e-6, 2e-6], [3e-6, 4e-6]])]))
    frame = load([file])
    assert [1e-6, 2e-6, 3e-6, 4e-6] == list(frame["value"])
    assert [0, 0, 1, 1] == list(frame["process"])
    assert [0, 1, 0, 1] == list(frame["index"])
    assert {"s"} == set(frame["unit"])


def test_a_frame_of_no_file_has_its_columns_and_no_row(file: Path) -> None:
    write(file, suite([Made(ONE_PAGE, [[1e-6]])]))
    frame, empty = load([file]), load([])
    assert 0 == len(empty)
    assert set(frame) - {"axis_pages"} == set(empty)
    assert all(frame[column].dtype.kind == empty[column].dtype.kind for column in empty)


def test_what_else_is_counted_is_printed_with_the_cost(file: Path) -> None:
    write(file, suite([Made(ONE_PAGE, [[1e-6]], counts={"evictions": 0.5})]))
    (result_set,) = analysis.result_sets([read(file)])
    (row,) = all_cases.table(result_set).rows
    assert "1.00 µs (0.500 evictions)" in row


def test_cases_come_in_the_catalogues_order_whatever_the_files(file: Path) -> None:
    made = suite([Made(ONE_PAGE, [[1e-6]]), Made(SPINNING, [[2e-6]])])
    made["benchmarks"].reverse()
    write(file, made)
    assert [ONE_PAGE, SPINNING] == list(load([file])["case"])


def test_points_are_columns_and_missing_where_a_case_has_no_such_axis(file: Path) -> None:
    write(file, suite([Made(ONE_PAGE, [[1e-6]]), Made(SPINNING, [[1e-6]])]))
    pages, threads = load([file]).to_dict("records")
    assert (1, True) == (pages["axis_pages"], pd.isna(pages["axis_siblings"]))
    assert (2, "spinning") == (threads["axis_threads"], threads["axis_siblings"])
    assert pd.isna(threads["axis_pages"])


def test_faults_are_minor_and_major_together_and_no_ticks_are_missing_ticks(file: Path) -> None:
    write(file, suite([Made(ONE_PAGE, [[1e-6]])]))
    frame = load([file])
    assert [3.0] == list(frame["faults"])
    assert frame["ticks"].isna().all()
    assert frame["switches"].isna().all()


def test_a_switch_a_migration_or_stolen_time_disturbs_a_value(file: Path) -> None:
    beside: dict[str, list[list[float]]] = {
        "voluntary_switches": [[9, 9, 9, 9]],
        "involuntary_switches": [[0, 1, 0, 0]],
        "migrations": [[0, 0, 1, 0]],
        "steal_seconds": [[0, 0, 0, 0.01]],
    }
    write(file, suite([Made(ONE_PAGE, [[1e-6] * 4], beside=beside)]))
    frame = load([file])
    assert [False, True, True, True] == list(frame["disturbed"])
    assert [0, 0, 0, 0.01] == list(frame["steal"])


def test_a_value_is_contended_where_no_ops_seemed_slower_or_faster_than_uncontended_ones(
    tmp_path: Path,
) -> None:
    best = [0.17] * 30
    cases = [
        Made("a/b", [[1.0, 1.0, 1.0]], beside={"nop_cycles": [[0.17, 0.18, 0.1]]}),
        Made("a/c", [[1.0] * 30] * 4, beside={"nop_cycles": [best] * 4}),
        Made("a/d", [[1.0]]),
    ]
    frame = load([write(tmp_path / "r.json", suite(cases))])
    contended = frame.set_index("case")["contended"]
    assert [False, True, True] == list(contended["a/b"])
    assert not contended["a/c"].any()
    assert contended[["a/d"]].isna().all()


def test_disturbance_is_missing_where_no_noise_source_was_read(file: Path) -> None:
    write(file, suite([Made(ONE_PAGE, [[1e-6]])]))
    frame = load([file])
    assert frame["disturbed"].isna().all()
    assert frame["tlb_shootdowns"].isna().all()


def test_readings_of_cpu_counters_come_with_their_share_and_scope(file: Path) -> None:
    beside = {"core_cycles": [[2500.0]], "counter_share": [[0.5]]}
    made = suite([Made(ONE_PAGE, [[1e-6]], beside=beside)])
    made["metadata"]["pkbench_counter_scope"] = "user mode"
    write(file, made)
    (row,) = load([file]).to_dict("records")
    assert (2500.0, 0.5) == (row["core_cycles"], row["counter_share"])
    assert "user mode" == row["counter_scope"]
    assert pd.isna(row["page_walk_cycles"])


def test_what_could_not_be_read_keeps_its_reason(file: Path) -> None:
    made = Made(ONE_PAGE, [[1e-6]], missing={"steal_seconds": "it is <b>gone</b>\n"})
    write(file, suite([made]))
    (process,) = read(file).processes
    assert {"steal_seconds"} == process.missing.keys()
    assert process.missing["steal_seconds"].isprintable()


def test_metadata_is_inherited_from_the_file_and_the_benchmark(file: Path) -> None:
    made = suite([Made(ONE_PAGE, [[1e-6]], inner_loops=4)])
    made["metadata"]["loops"] = made["benchmarks"][0]["metadata"].pop("loops")
    made["benchmarks"][0]["runs"][0]["metadata"]["inner_loops"] = 8
    write(file, made)
    (row,) = load([file]).to_dict("records")
    assert (1000, 8) == (row["loops"], row["inner_loops"])


def test_a_run_without_values_calibrated_and_is_left_out(file: Path) -> None:
    made = suite([Made(ONE_PAGE, [[1e-6]])])
    made["benchmarks"][0]["runs"].insert(0, {"warmups": [[1, 0.1]]})
    write(file, made)
    assert 1 == len(load([file]))


def test_a_gzipped_file_reads_as_the_plain_one(file: Path, tmp_path: Path) -> None:
    write(file, suite([Made(ONE_PAGE, [[1e-6]])]))
    packed = tmp_path / "packed.json.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert list(load([file])["value"]) == list(load([packed])["value"])


def test_cases_keep_their_state_and_reason(file: Path) -> None:
    write(file, suite([skipped("instruction/rdpkru", "no keys")]))
    (case,) = read(file).cases
    assert ("skipped", "no keys") == (case.state, case.reason)


def test_machines_of_one_name_are_distinguished_by_their_kernels(tmp_path: Path) -> None:
    for kernel in ("6.1", "6.12"):
        made = suite([Made(ONE_PAGE, [[9.0]])], evidence="path length", machine={"kernel": kernel})
        write(tmp_path / f"{kernel}.json", made)
    frame = load(sorted(tmp_path.iterdir()))
    assert ["box, 6.1", "box, 6.12"] == sorted(frame["machine"].unique())


def test_one_file_given_twice_is_two_machines(file: Path) -> None:
    write(file, suite([Made(ONE_PAGE, [[1e-6]])]))
    assert 2 == load([file, file])["machine"].nunique()


def test_control_characters_do_not_survive_reading(file: Path) -> None:
    write(file, suite([Made(ONE_PAGE, [[1e-6]])], machine={"name": "a\x00b\x1b[2Jc\u202ed"}))
    assert read(file).name.isprintable()


def test_texts_are_bounded(file: Path) -> None:
    write(file, suite([Made(ONE_PAGE, [[1e-6]])], machine={"cpu_model": "x" * 10**6}))
    assert len(read(file).machine["cpu_model"]) <= 2000


def test_a_missing_file_is_refused(file: Path) -> None:
    assert "does not exist" in refusal(file)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert "is a directory" in refusal(tmp_path)


def test_a_device_is_refused_and_not_read() -> None:
    assert "not a regular file" in refusal(Path("/dev/zero"))


def test_an_unreadable_file_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.touch()

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    assert "can't be read: Permission denied" in refusal(file)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"hello", "is not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[1, 2", "is cut off"),
        (b'{"version": "1.', "is cut off"),
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 10_000, "holds"),
        (b"{}", "not a pyperf file"),
        (b"[]", "not a pyperf file"),
        (b"null", "not a pyperf file"),
        (b'{"benchmarks": [], "version": "0.8"}', "format 1.0"),
        (b'{"benchmarks": [], "version": "1.0", "metadata": 3}', "not a pyperf file"),
        (b'{"benchmarks": [], "version": "1.0", "metadata": {}}', "no pkbench case"),
        (b'{"benchmarks": [{"runs": [{"values": [NaN]}]}], "version": "1.0"}', "NaN"),
        (b"\x1f\x8bnonsense", "can't be unpacked"),
        (gzip.compress(b"{}" * 1000, mtime=0)[:-12], "is cut off"),
    ],
)
def test_a_file_that_is_not_a_result_is_refused(file: Path, content: bytes, complaint: str) -> None:
    file.write_bytes(content)
    assert complaint in refusal(file)


def test_every_cut_of_a_result_is_refused(file: Path) -> None:
    whole = json.dumps(suite([Made(ONE_PAGE, [[1e-6]])]))
    for length in range(0, len(whole), 37):
        file.write_text(whole[:length])
        assert "cut off" in refusal(file) or length == 0


def test_a_file_too_large_to_be_a_result_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pkbench.analysis.reading.bounded_json.LARGEST_FILE", 2**20)
    file.write_bytes(gzip.compress(b" " * 2**21, mtime=0))
    assert "larger than 1 MiB" in refusal(file)


Damage = Callable[[dict[str, Any]], object]


def run_of(made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = made["benchmarks"][0]["runs"][0]
    return found


def listed(made: dict[str, Any], **changes: object) -> None:
    cases = json.loads(made["metadata"]["pkbench_cases"])
    cases[0].update(changes)
    made["metadata"]["pkbench_cases"] = json.dumps(cases)


@pytest.mark.parametrize(
    "damage",
    [
        lambda made: run_of(made).update(values=[0.0]),
        lambda made: run_of(made).update(values=[-1e-9]),
        lambda made: run_of(made).update(values=["1e-9"]),
        lambda made: run_of(made).update(values=[True]),
        lambda made: run_of(made).update(values=[None]),
        lambda made: run_of(made).update(values=[10**400]),
        lambda made: run_of(made).update(values=7),
        lambda made: run_of(made).update(metadata=[]),
        lambda made: run_of(made)["metadata"].update(pkbench_round="first"),
        lambda made: run_of(made)["metadata"].update(pkbench_round=2**70),
        lambda made: run_of(made)["metadata"].update(pkbench_ticks="[1, 2, 3]"),
        lambda made: run_of(made)["metadata"].update(pkbench_ticks='["a"]'),
        lambda made: run_of(made)["metadata"].update(pkbench_ticks=5),
        lambda made: run_of(made)["metadata"].update(pkbench_missing="[]"),
        lambda made: made["benchmarks"].append(3),
        lambda made: made["benchmarks"].append({"runs": 3}),
        lambda made: made["benchmarks"][0].update(runs=[3]),
        lambda made: made["benchmarks"][0]["metadata"].update(name=3),
        lambda made: made["benchmarks"][0]["metadata"].update(loops=0),
        lambda made: made["benchmarks"][0]["metadata"].update(loops=1.5),
        lambda made: made["benchmarks"][0]["metadata"].update(unit="byte"),
        lambda made: made["benchmarks"].clear(),
        lambda made: made["metadata"].update(pkbench_schema=3),
        lambda made: made["metadata"].update(pkbench_schema="1"),
        lambda made: made["metadata"].update(pkbench_evidence="hearsay"),
        lambda made: made["metadata"].update(pkbench_evidence=["silicon"]),
        lambda made: made["metadata"].update(pkbench_seed="x"),
        lambda made: made["metadata"].update(pkbench_machine="[]"),
        lambda made: made["metadata"].update(pkbench_machine="{"),
        lambda made: made["metadata"].update(pkbench_machine={}),
        lambda made: made["metadata"].update(pkbench_machine='{"a":' * 50 + "1" + "}" * 50),
        lambda made: made["metadata"].pop("pkbench_machine"),
        lambda made: made["metadata"].update(pkbench_findings="[3]"),
        lambda made: made["metadata"].update(pkbench_cases="[3]"),
        lambda made: listed(made, state="fine"),
        lambda made: listed(made, floor=3),
        lambda made: listed(made, counts=[1]),
        lambda made: listed(made, counts={"evictions": "many"}),
        lambda made: listed(made, counts={"evictions": -1}),
    ],
)
def test_a_damaged_result_is_refused(file: Path, damage: Damage) -> None:
    made = suite([Made(ONE_PAGE, [[1e-6]])])
    damage(made)
    refusal(write(file, made))


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a/<script>", "a/" + "b" * 1000, "a", "a/b/pages", "a/b/$x:1", "a/b\n"],
)
def test_a_case_without_a_valid_name_is_refused(file: Path, name: str) -> None:
    made = suite([skipped(ONE_PAGE)])
    listed(made, case=name)
    sentence = refusal(write(file, made))
    assert "which is not a valid case name" in sentence or "without a valid name" in sentence


def test_values_of_a_case_that_is_not_listed_are_refused(file: Path) -> None:
    made = suite([Made(ONE_PAGE, [[1e-6]])])
    made["benchmarks"].append(suite([Made("other/case", [[1e-6]])])["benchmarks"][0])
    assert "not among its cases" in refusal(write(file, made))


def test_a_measured_case_without_a_value_is_refused(file: Path) -> None:
    made = suite([Made(ONE_PAGE, [[1e-6]])])
    made["benchmarks"][0]["runs"] = [{"warmups": [[1, 0.1]]}]
    assert "has no value of it" in refusal(write(file, made))


def test_a_number_beyond_all_bounds_is_refused(file: Path) -> None:
    write(file, suite([Made(ONE_PAGE, [[12345.0]])]))
    file.write_text(file.read_text().replace("12345.0", "1e999"))
    assert "inf" in refusal(file)


def test_too_many_cases_are_refused(file: Path) -> None:
    cases = [skipped(f"a/b/n:{n}") for n in range(20_001)]
    assert "more than 20,000 entries" in refusal(write(file, suite(cases)))


def test_a_case_listed_twice_is_refused(file: Path) -> None:
    assert "twice" in refusal(write(file, suite([skipped(ONE_PAGE), skipped(ONE_PAGE)])))


def test_every_public_name_is_there() -> None:
    for name in analysis.__all__:
        assert getattr(analysis, name).__name__ == name
    with pytest.raises(AttributeError):
        analysis.nonsense  # noqa: B018


def test_a_benchmark_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    made = suite([Made("a/b", [[1.0], [1.1]])])
    made["benchmarks"] *= 2
    with pytest.raises(ResultError, match="lists the benchmark a/b twice"):
        read(write(tmp_path / "r.json", made))


def test_a_process_that_stands_in_a_file_twice_counts_once(tmp_path: Path) -> None:
    made = suite([Made("a/b", [[1.0], [1.1]])])
    made["benchmarks"][0]["runs"] *= 2
    assert [(1.0,), (1.1,)] == [
        each.values for each in read(write(tmp_path / "r.json", made)).processes
    ]


def test_two_boots_that_count_the_same_are_two(tmp_path: Path) -> None:
    made = suite([Made("a/b", [[7.0], [7.0]])], evidence="path length")
    assert 2 == len(read(write(tmp_path / "r.json", made)).processes)
