"""`pkbench profile`: what works is delivered whatever does not, and the machine stays as it was."""

import time
from dataclasses import replace
from pathlib import Path

import profiles_made
import pytest
from profiled_made import CASE, known, per_operation, perf, profiled

from pkbench.analysis.profiles import read
from pkbench.analysis.reading.bounded_json import ResultError
from pkbench.profiler import conversation, sampling, settings
from pkbench.profiler.conversation import Conversation, NoAnswer
from pkbench.profiler.counting import Known

__all__ = ["known", "perf"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'Access to performance monitoring is Permission denied' >&2; exit 255", "as root"),
        ("exit 1", "perf record exited with 1: it said nothing"),
        ("kill -SEGV $$", "perf record was killed by 11"),
        ("exit 0", "perf record left no file"),
        ('[ "$1" = script ] || exec touch "$FILE"; head -c 5000 /dev/urandom', "no sample"),
        ('[ "$1" = script ] || exec touch "$FILE"', "took no sample"),
        ('[ "$1" = script ] || exec touch "$FILE"; exit 3', "perf script exited with 3"),
    ],
)
def test_whatever_perf_does_everything_else_is_delivered(
    script: str, words: str, perf: Path, known: Known
) -> None:
    file = (
        'while [ $# -gt 1 ]; do [ "$1" = -o ] && FILE=$2; [ "$1" = script ] && break; shift; done'
    )
    profiles_made.perf(perf, f"{file}\n{script}")
    found = profiled(known)

    assert "measured" == found.state
    assert words in found.missing["samples"]
    assert "\n" not in found.missing["samples"]
    assert "context_switches" in per_operation(found)
    assert {"alone", "counted"} <= {timing.how for timing in found.timings}


def test_a_perf_that_hangs_is_ended_and_everything_else_is_delivered(
    perf: Path, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "STARTING", 0.3)
    profiles_made.perf(perf, f"echo $$ > {perf / 'pid'}; exec sleep 600")
    began = time.monotonic()
    found = profiled(known)

    assert "perf record took longer than" in found.missing["samples"]
    assert "context_switches" in per_operation(found)
    assert 30 > time.monotonic() - began
    assert not Path(f"/proc/{(perf / 'pid').read_text().strip()}").exists()


def test_without_perf_everything_else_is_delivered(
    known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = profiled(known, "instruction/nop-100")

    assert "perf is not installed: install linux-perf" in found.missing["samples"]
    assert "nm is not installed: install binutils" in found.missing["instructions"]
    assert "context_switches" in per_operation(found)


def test_a_sample_rate_that_is_too_low_says_how_to_mend_it(
    known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = tmp_path / "rate"
    rate.write_text("1\n")
    monkeypatch.setattr(settings, "SAMPLE_RATE", rate)

    assert "sysctl kernel.perf_event_max_sample_rate" in profiled(known).missing["samples"]


def test_without_tracepoints_the_kernels_own_counts_are_left(known: Known) -> None:
    reason = "mount tracefs: Operation not permitted"
    events = tuple(
        replace(event, reason=reason) if event.tracepoint else event for event in known.events
    )
    found = profiled(Known(events, frozenset()))

    assert {reason} == {each.reason for each in found.quantities if ":" in each.source.split()[0]}
    assert {"context_switches", "minor_faults"} <= per_operation(found).keys()


def test_touched_memory_is_that_of_the_operation(known: Known) -> None:
    touched = {}
    for pages in (1, 512):
        case = f"protect/touch-after-mprotect-rw-ro/pages:{pages}"
        with Conversation(case, known.events, 60) as talk:
            touched[pages] = talk.ask("count", loops=2)["touched"]
    if None in touched.values():
        pytest.skip("the kernel keeps no soft-dirty bits")

    assert 511 * 4096 == pytest.approx(touched[512] - touched[1], abs=64 * 1024)


def test_a_report_says_how_an_unfinished_profile_is_finished(tmp_path: Path) -> None:
    (tmp_path / "profile.json.journal").write_text("")

    assert read.is_profile(tmp_path)
    with pytest.raises(ResultError, match=rf"goes on with --resume -o {tmp_path}"):
        read.read(tmp_path)


@pytest.mark.parametrize(
    ("script", "state", "words"),
    [
        ("exit 7", "failed", "exited with 7"),
        ("kill -SEGV $$", "failed", "ended by signal 11"),
        ("echo garbage; sleep 60", "failed", "can't be used"),
        ("sleep 60", "failed", "took longer than 1 s"),
        ('echo \'{"state": "skipped", "reason": "no keys"}\'; sleep 60', "skipped", "no keys"),
    ],
)
def test_a_case_that_ends_or_hangs_has_a_state_and_a_reason(
    script: str, state: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "COMMAND", ("sh", "-c", script))

    with pytest.raises(NoAnswer) as none:
        Conversation(CASE, (), 1)
    assert state == none.value.state
    assert words in none.value.reason
