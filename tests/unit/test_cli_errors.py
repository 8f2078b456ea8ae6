"""What can't be done ends in one sentence that says what was wrong, and not with exit code 0."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pkbench.cli import main
from pkbench.cli.states import note_reasons

Pkbench = Callable[..., tuple[object, str]]


@pytest.fixture
def pkbench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Pkbench:
    """Run a command line in an empty folder; return its exit code and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("signal.signal", lambda *_: None)

    def run(*arguments: str) -> tuple[object, str]:
        monkeypatch.setattr("sys.argv", ["pkbench", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("run", "nothing"), ("'nothing'", "`pkbench list`")),
        (("run", ""), ("''", "`pkbench list`")),
        (("run", "syscall/getppi"), ("'syscall/getppi'", "syscall/getppid")),
        (("run", "-P", "page=1"), ("'page'", "pages")),
        (("run", "-P", "pages"), ("'pages'", "pages=1,7")),
        (("run", "-P", "pages=0"), ("'0'", "pages")),
        (("run", "syscall/getppid", "-P", "pages=3"), ("'pages'",)),
        (("run", "protect/mprotect-rw-ro", "-P", "pages=1000000000"), ("GiB",)),
        (("run", "--preset", "fast"), ("'fast'", "'quick'")),
        (("run", "--budget", "soon"), ("'soon'", "90s")),
        (("run", "--target", "3"), ("'3'", "1%")),
        (("run", "syscall/getppid", "-o", ""), ("'--output'", "empty")),
        (("run", "syscall/getppid", "-o", "."), (".", "exists already")),
        (("run", "--resume"), ("--resume needs -o",)),
        (("profile", "--resume"), ("--resume needs -o",)),
        (("experiment", "erim-100k", "--resume"), ("--resume needs -o",)),
        (("list", "nothing"), ("'nothing'",)),
        (("report",), ("RESULT",)),
        (("report", ""), ("empty",)),
        (("bundle", "x.json", "-o", "x.zip"), ("x.zip", ".tar.gz")),
        (("measure",), ("'measure'",)),
        (("count",), ("--kernel",)),
        (("count", "--kernel", "/nowhere/vmlinuz"), ("/nowhere/vmlinuz",)),
        (("count", "--kernel", "0.0"), ("'0.0'", "`pkbench kernels get 0.0`")),
        (("count", "--kernel", "6.12", "--functions"), ("--functions", "one case")),
        (("kernels", "get", ""), ("empty", "6.12")),
        (("doctor", "more"), ("(more)",)),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence(
    pkbench: Pkbench, arguments: tuple[str, ...], named: tuple[str, ...]
) -> None:
    code, said = pkbench(*arguments)

    assert 2 == code
    sentence = said.strip().splitlines()[-1]
    assert [] == [word for word in named if word not in sentence], sentence


def test_ctrl_c_is_said_and_has_an_exit_code_of_its_own(
    pkbench: Pkbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pkbench.kernels.available.available_kernels", interrupt)

    code, said = pkbench("kernels")

    assert (130, "interrupted") == (code, said.strip())


def test_each_reason_is_said_once_with_the_number_of_its_cases(
    capsys: pytest.CaptureFixture[str],
) -> None:
    no_keys, no_memory = "the CPU has no protection keys", "no memory"

    note_reasons([("skipped", no_memory), ("skipped", no_keys), ("skipped", no_keys)])

    assert [
        f"skipped, 2 cases: {no_keys}",
        f"skipped, 1 case: {no_memory}",
    ] == capsys.readouterr().err.splitlines()
