"""Whatever stands in for the emulator does, counting ends in time."""

import time
from pathlib import Path

import needs
import pytest
from kernels_made import emulator_that

from pkbench.count import emulator, guest
from pkbench.count.emulator import Options
from pkbench.count.guest import GuestError
from pkbench.kernels.available import Kernel

pytestmark = pytest.mark.alone

# What the guest says


# The guest's file system


# What can't be counted


@pytest.fixture
def consoles(tmp_path: Path, monkeypatch) -> Path:
    """Keep consoles in a folder of the test's own; the kernels stay where they are."""
    monkeypatch.setattr("pkbench.kernels.available.cache_directory", lambda: tmp_path / "cache")
    return tmp_path / "cache" / "consoles"


@pytest.mark.parametrize(
    ("does", "sentence"),
    [
        ("while :; do echo stall >> $console; sleep 0.1; done", "reported nothing for 2 seconds"),
        ("exec sleep 60", "wrote nothing for 1 seconds"),
        ("echo 'Kernel panic - not syncing: no root' > $console", "panicked (no root)"),
        ("echo no such CPU >&2", "was not booted (no such CPU)"),
        (
            "echo pkbench 1; echo begin 0",
            "ended before everything was counted in instruction/empty",
        ),
        ("echo problem no real-time priority", "can't count: no real-time priority"),
    ],
)
def test_whatever_a_guest_does_is_one_sentence_in_time(
    tmp_path, consoles, monkeypatch, does, sentence
):
    monkeypatch.setattr(emulator, "find", lambda cpu: emulator_that(tmp_path, does))
    began = time.monotonic()
    with pytest.raises(GuestError) as caught:
        guest.count(Kernel("9.9", tmp_path / "none", "file", "9.9"), [], patience_seconds=1)
    assert f"the guest with kernel 9.9 {sentence}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (consoles / "9.9.log").is_file()
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            Options(append="pti=on\n"),
            r"is not valid on a kernel's command line: a valid option is pti=on",
        ),
        (Options(cpu="-la57 -s"), r"'-la57 -s' is not a list of CPU features"),
    ],
)
def test_options_that_no_guest_could_have_are_one_sentence(options, sentence):
    needs.qemu()
    with pytest.raises(GuestError, match=sentence):
        guest.count(Kernel("6.1", Path("none"), "file", "6.1"), [], options=options)


# What is counted
