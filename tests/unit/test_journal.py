"""A journal holds whole lines, whatever ended the process that wrote it."""

import json
from pathlib import Path

import pytest

from pkbench.run.journal import Journal, JournalError, journal_path, read_journal


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path) as journal:
        journal.append({"kind": "a"})
        journal.append({"kind": "b", "text": "zwei\nZeilen"})
    assert [{"kind": "a"}, {"kind": "b", "text": "zwei\nZeilen"}] == read_journal(path)


@pytest.mark.parametrize("kept", range(1, 15))
def test_a_line_that_a_kill_cut_off_is_dropped_and_the_next_begins_afresh(
    tmp_path: Path, kept: int
) -> None:
    path = tmp_path / "journal"
    first, second = (json.dumps({"kind": kind}).encode() + b"\n" for kind in ("a", "b"))
    path.write_bytes(first + second[:kept])
    expected = [{"kind": "a"}] + ([{"kind": "b"}] if kept == len(second) else [])
    assert expected == read_journal(path)
    with Journal(path) as journal:
        journal.append({"kind": "c"})
    assert [*expected, {"kind": "c"}] == read_journal(path)


def test_what_is_no_journal_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text("not json\n")
    with pytest.raises(JournalError, match="journal is not a journal of pkbench"):
        read_journal(path)


def test_a_journal_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"can't write .*missing"):
        Journal(tmp_path / "missing" / "journal")


def test_a_full_disk_is_told_in_one_sentence() -> None:
    with (
        pytest.raises(JournalError, match="No space left on device"),
        Journal(Path("/dev/full")) as journal,
    ):
        journal.append({"kind": "a"})


def test_a_journal_lies_beside_its_result() -> None:
    assert Path("there/result.json.journal") == journal_path(Path("there/result.json"))
