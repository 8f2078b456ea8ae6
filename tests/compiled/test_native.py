"""The native code, as every compiler, sanitizer and machine at hand sees it."""

import re
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import needs
import pytest
from native_programs import (
    CORE,
    FAMILIES,
    GUEST,
    PROGRAMS,
    Answer,
    answers,
    ask,
    case_list,
    compile_objects,
    link,
    runner_sources,
    wrong_cases_sources,
)
from places import NATIVE, TESTS

from pkbench._native import lib
from pkbench.cases.catalogue import Case, benchmarks
from pkbench.cases.selection import select
from pkbench.count import initramfs
from pkbench.count.emulator import Boot
from pkbench.kernels.available import Kernel

# What a guest has, and what a case may take of any machine.
GUEST_MIB = 2048
MODEST_BYTES = 64 << 20

# Debian's kernels whose guest, of one processor, proves every case.
VERSIONS = ("6.1", "6.12")
SKIPS = TESTS / "skips"

AARCH64 = "aarch64-linux-gnu-gcc"
COMPILERS = ("gcc", "clang", "musl-gcc", AARCH64)
KEY_BENCHMARKS = {
    benchmark.full_name for benchmark in benchmarks() if benchmark.native.needs & lib.PK_NEEDS_KEYS
}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Compile native/ once per compiler, and link the runner."""
    runners: dict[str, Path] = {}

    def build(compiler: str) -> Path:
        if compiler not in runners:
            static = () if compiler in ("gcc", "clang") else ("-static",)
            needs.compiler(compiler, *static)
            folder = tmp_path_factory.mktemp(compiler)
            objects = compile_objects(compiler, [*CORE, *FAMILIES], folder)
            inputs = [*objects.values(), *runner_sources()]
            runners[compiler] = link(compiler, inputs, folder / "runner", *static)
        return runners[compiler]

    return build


@pytest.fixture(scope="session")
def wrong_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wrong cases as a guest can run them."""
    needs.compiler("gcc", "-static")
    program = tmp_path_factory.mktemp("wrong") / "wrong_cases"
    return link("gcc", wrong_cases_sources(), program, "-static")


@pytest.fixture
def cases(request: pytest.FixtureRequest) -> list[Case]:
    """Return the cases of the standard profile that take no more memory than any machine has."""
    patterns = request.config.getoption("cases")
    return [case for case in select(patterns, (), "standard") if case.memory <= MODEST_BYTES]


@pytest.fixture
def few(request: pytest.FixtureRequest) -> list[Case]:
    """Return the cases of every benchmark at the points of the quick preset."""
    patterns = request.config.getoption("cases") or ["*"]
    return [case for case in select(patterns, (), "quick") if case.memory <= MODEST_BYTES]


@pytest.fixture
def listed(cases: list[Case], tmp_path: Path) -> Path:
    """Write them where a program can read them."""
    path = tmp_path / "cases"
    path.write_text(case_list(cases))
    return path


def may_be_skipped(answer: Answer, version: str) -> bool:
    """Tell whether skips/FAMILY.toml has the reason as true in a guest with this kernel."""
    family = SKIPS / f"{answer.name.partition('/')[0]}.toml"
    true_there = tomllib.loads(family.read_text())[version] if family.exists() else []
    return any(re.fullmatch(reason, answer.skipped) for reason in true_there)


def unexpected(given: list[Answer]) -> list[Answer]:
    """Return the answers that are not ok."""
    return [answer for answer in given if not answer.ok]


def benchmark_of(answer: Answer) -> str:
    """Return the benchmark that an answer is about."""
    return "/".join(answer.name.partition(":")[0].split("/")[:2])


# The thread sanitizer enters each handler through one of its own. That pushes onto the alternate
# stack, which the key denies until the case's handler has opened it: a fault within the fault.
KEYED_STACK = "fault/altstack-keyed"


@pytest.mark.parametrize("compiler", COMPILERS)
def test_compiles_without_a_warning(compiler: str, built: Callable[[str], Path]) -> None:
    assert built(compiler).is_file()


def test_the_guest_program_compiles_without_a_warning(tmp_path: Path) -> None:
    compile_objects(needs.program("gcc"), GUEST, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["gcc", "clang", "musl-gcc"])
def test_every_case_is_proved_and_timed_and_leaves_nothing(
    compiler: str, built: Callable[[str], Path], cases: list[Case], listed: Path
) -> None:
    given = ask([built(compiler), listed])

    assert [] == unexpected(given)
    assert [case.name for case in cases] == [answer.name for answer in given]


@pytest.mark.slow
@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_no_sanitizer_finds_anything(sanitizer: str, tmp_path: Path, listed: Path) -> None:
    gcc = needs.compiler("gcc", f"-fsanitize={sanitizer}")
    setarch = needs.program("setarch")
    sources = [*CORE, *FAMILIES, *runner_sources()]
    flags = ("-O1", "-g", f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all")
    runner = link(gcc, sources, tmp_path / "runner", *flags)

    # Older thread sanitizers don't find their way in an address space laid out at random.
    given = ask([setarch, "-R", runner, listed])
    if sanitizer == "thread":
        given = [answer for answer in given if answer.name != KEYED_STACK]

    assert [] == unexpected(given)


def test_key_cases_are_skipped_where_there_is_no_key_register(
    built: Callable[[str], Path],
) -> None:
    """The other cases can't be proved here: the emulator's smaps knows of no resident pages."""
    given = ask([needs.program("qemu-aarch64-static"), built(AARCH64)])
    keyed = [answer for answer in given if benchmark_of(answer) in KEY_BENCHMARKS]

    assert keyed
    assert {
        "pkbench does not support protection keys on aarch64",
        "the operation is an x86-64 instruction, and this machine is aarch64",
    } == {answer.skipped for answer in keyed}
    proved = {answer.name for answer in given if answer.ok and not answer.skipped}
    assert {"instruction/empty-loop", "syscall/getppid"} <= proved


def test_verify_catches_every_wrong_case(wrong_cases: Path) -> None:
    given = ask([wrong_cases])
    tried = [answer for answer in given if not answer.skipped]

    assert [] == unexpected(given)
    assert {"switch/mprotect", "protect/mprotect-rw-ro"} <= set(map(benchmark_of, tried))


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_a_peer_answers_in_each_way_and_is_not_waited_for_once_it_died(
    sanitizer: str, tmp_path: Path
) -> None:
    gcc = needs.compiler("gcc", f"-fsanitize={sanitizer}")
    sources = [*CORE, *FAMILIES, PROGRAMS / "peers.c", PROGRAMS / "tap.c"]
    peers = link(gcc, sources, tmp_path / "peers", "-g", f"-fsanitize={sanitizer}")

    assert [] == unexpected(ask([needs.program("setarch"), "-R", peers]))


def test_a_value_is_the_median_of_the_pieces_that_had_the_core_to_themselves(
    tmp_path: Path,
) -> None:
    gcc = needs.compiler("gcc", "-fsanitize=address,undefined")
    sources = [NATIVE / "timing" / "pieces.c", PROGRAMS / "value_in_pieces.c", PROGRAMS / "tap.c"]
    flags = ("-g", "-fsanitize=address,undefined", "-lm")
    assert [] == unexpected(ask([link(gcc, sources, tmp_path / "pieces", *flags)]))


def keyed_first(cases: list[Case]) -> list[Case]:
    """Return the cases with keys, and then all: each case has all those with keys before it."""
    keyed = [case for case in cases if case.benchmark.full_name in KEY_BENCHMARKS]
    return [*keyed, *cases]


@pytest.mark.slow
def test_in_one_process_every_case_finds_keys_pkru_signals_cpus_and_mappings_as_they_were(
    built: Callable[[str], Path], few: list[Case], listed: Path
) -> None:
    order = keyed_first(few)
    listed.write_text(case_list(order))
    given = ask([built("gcc"), "together", listed])

    assert [] == unexpected(given)
    assert [case.name for case in order] == [answer.name for answer in given]


OF_TWO_KEYS = {"pkey-mprotect-j-k", "wasm-call-key"}
NO_KEY = re.compile(r".*pkey_alloc fails: No space left on device.*")


def check_few_keys(given: list[Answer], cases: list[Case], held: int) -> None:
    """Check what the runner answers while so many of the 15 keys are taken."""
    reasons = {answer.name: answer.skipped for answer in given if answer.skipped}
    keyed = {answer.name for answer in given if benchmark_of(answer) in KEY_BENCHMARKS}
    of_two = {case.name for case in cases if case.benchmark.name in OF_TWO_KEYS}

    assert [] == unexpected(given)
    assert [case.name for case in cases] == [answer.name for answer in given]
    if held == 15:
        assert keyed == {name for name, reason in reasons.items() if NO_KEY.fullmatch(reason)}
    elif held == 14:
        one = "1 key can be had, and 2 are needed"
        assert dict.fromkeys(of_two, one) == {name: reasons.get(name) for name in of_two}
    else:
        assert not of_two & reasons.keys()


@pytest.mark.slow
@pytest.mark.parametrize("held", [13, 14, 15])
def test_no_case_fails_where_something_else_holds_keys(
    held: int, built: Callable[[str], Path], few: list[Case], listed: Path
) -> None:
    if lib.pk_machine_probe().keys_missing:
        pytest.skip("this machine has no keys: the guest's test shows the same")

    listed.write_text(case_list(few))

    check_few_keys(ask([built("gcc"), f"hold={held}", listed]), few, held)


def first_process(kernel: Kernel, program: Path, word: str, cases: bytes = b"") -> Iterator[str]:
    """Run a program as the first process of an emulated guest with protection keys."""
    archive = initramfs.pack(
        [
            initramfs.directory("dev"),
            initramfs.character_device("dev/console", 5, 1),
            initramfs.file("init", program.read_bytes(), mode=0o755),
            initramfs.file("cases", cases),
        ]
    )
    with Boot(needs.qemu(), kernel.path, archive, GUEST_MIB, f"-- {word}") as guest:
        yield from guest.lines(patience_seconds=300)


@pytest.mark.guest
@pytest.mark.slow
def test_every_case_is_proved_in_a_guest_with_keys_or_skipped_for_a_reason_that_is_true_there(
    cases: list[Case], listed: Path, tmp_path: Path
) -> None:
    sources = [*CORE, *FAMILIES, *runner_sources()]
    runner = link(needs.compiler("gcc", "-static"), sources, tmp_path / "runner", "-static")
    kernels = [needs.kernel(version) for version in VERSIONS]

    def boot(kernel: Kernel) -> list[Answer]:
        return answers(first_process(kernel, runner, "/cases", listed.read_bytes()))

    with ThreadPoolExecutor(len(kernels)) as pool:
        for version, given in zip(VERSIONS, pool.map(boot, kernels), strict=True):
            skipped = [answer for answer in given if answer.skipped]
            assert [] == unexpected(given), version
            assert [case.name for case in cases] == [answer.name for answer in given]
            assert [] == [answer for answer in skipped if not may_be_skipped(answer, version)]


@pytest.mark.guest
@pytest.mark.slow
def test_verify_catches_every_wrong_case_of_the_keys(wrong_cases: Path) -> None:
    version = VERSIONS[-1]
    given = answers(first_process(needs.kernel(version), wrong_cases, "keys"))
    skipped = [answer for answer in given if answer.skipped]

    assert [] == unexpected(given)
    assert [] == [answer for answer in skipped if not may_be_skipped(answer, version)]
    assert set(map(benchmark_of, given)) == KEY_BENCHMARKS


@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.parametrize("held", [13, 14, 15])
def test_no_case_fails_in_a_guest_where_something_else_holds_keys(
    held: int, few: list[Case], listed: Path, tmp_path: Path
) -> None:
    keyed = [case for case in few if case.benchmark.full_name in KEY_BENCHMARKS]
    listed.write_text(case_list(keyed))
    sources = [*CORE, *FAMILIES, *runner_sources()]
    runner = link(needs.compiler("gcc", "-static"), sources, tmp_path / "runner", "-static")
    kernel = needs.kernel(VERSIONS[-1])
    given = answers(first_process(kernel, runner, f"hold={held} /cases", listed.read_bytes()))

    check_few_keys(given, keyed, held)


@pytest.mark.guest
@pytest.mark.slow
def test_in_one_process_of_a_guest_every_case_is_proved_after_every_case_with_keys(
    few: list[Case], listed: Path, tmp_path: Path
) -> None:
    # One case of each benchmark: emulation takes long.
    order = keyed_first(list({case.benchmark.full_name: case for case in few}.values()))
    listed.write_text(case_list(order))
    sources = [*CORE, *FAMILIES, *runner_sources()]
    runner = link(needs.compiler("gcc", "-static"), sources, tmp_path / "runner", "-static")
    version = VERSIONS[-1]
    kernel = needs.kernel(version)
    given = answers(first_process(kernel, runner, "together /cases", listed.read_bytes()))

    assert [] == unexpected(given)
    assert [case.name for case in order] == [answer.name for answer in given]
    assert [] == [
        answer for answer in given if answer.skipped and not may_be_skipped(answer, version)
    ]
