"""Pack results and their report into one archive, for instance to attach to a paper."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..reading import archive, bounded_json
from ..reading.bounded_json import ResultError
from ..reading.result import Result, read
from . import report

TOP = "pkbench-bundle"
SUMS, ABOUT = "SHA256SUMS", "README.txt"
RESULT = re.compile(r"results/(?P<place>[0-9]{2,4})/(?P<file>[^/\0]{1,200})")
JOURNAL = ".journal"
LONGEST_SUMS = 8 * 2**20
SUM = re.compile(r"(?P<sum>[0-9a-f]{64})  (?P<member>.+)")

README = """\
Benchmark results and their report, packed by {program}.

results/      the result files, each with its journal if it has one
machines/     the facts of each machine, and the noise sources found on it
report/       the page (index.html), its figures (figures/) and its tables (tables/)
SHA256SUMS    checksums of all files; to verify: sha256sum -c SHA256SUMS

To make the same report again with this version of pkbench, pass it the archive:

    pkbench report FILE.tar.gz -o report
"""


def write(paths: Sequence[Path], output: Path, version: str = "") -> None:
    """Write an archive of result files and the report on them.

    Raises `ResultError` for a file that is not a result or can't be packed, and `FileExistsError`
    where `output` exists. `version` is that of the program that packs.
    """
    with tempfile.TemporaryDirectory(prefix="pkbench-") as name:
        folder = Path(name)
        results = [_copied(path, folder, place) for place, path in enumerate(paths, start=1)]
        if not results:
            raise ResultError("There is no result file to pack.")
        _describe(results, folder, f"pkbench {version}".strip())
        report.write([result.path for result in results], folder / "report")
        files = _files(folder)
        sums = folder / SUMS
        sums.write_text("".join(f"{_sum(path)}  {name}\n" for name, path in files.items()), "utf-8")
        _write(output, {f"{TOP}/{name}": path for name, path in {SUMS: sums, **files}.items()})


@contextmanager
def opened(
    paths: Sequence[Path], skip: Callable[[str], None] | None = None
) -> Iterator[list[Path]]:
    """Give these files, each bundle among them replaced by the results in it.

    The unpacked results are deleted at the end. Raises `ResultError` for a bundle that can't be
    used; with `skip`, it is left out instead, and `skip` is called with the reason.
    """
    with tempfile.TemporaryDirectory(prefix="pkbench-") as folder:
        found: list[Path] = []
        for place, path in enumerate(paths):
            is_bundle = archive.is_archive(path)
            try:
                found += _unpacked(path, Path(folder) / str(place)) if is_bundle else [path]
            except ResultError as error:
                if skip is None:
                    raise
                skip(str(error))
        yield found


def _write(output: Path, files: Mapping[str, Path]) -> None:
    """Write a new file; leave none behind if it can't be completed."""
    with output.open("xb") as file:
        try:
            archive.write(file, files)
        except ValueError as error:  # raised for a name that is too long for the format
            output.unlink()
            raise ResultError(f"{output.name} can't be packed: {error}.") from None
        except BaseException:
            output.unlink()
            raise


def _copied(path: Path, folder: Path, place: int) -> Result:
    """Copy a result with its journal, if it has one; return the copy, read."""
    if bounded_json.clean(path.name) != path.name or path.name.endswith(JOURNAL):
        raise ResultError(f"{bounded_json.clean(str(path))} can't be packed under that name.")
    target = folder / "results" / f"{place:02}"
    target.mkdir(parents=True)
    journal = path.with_name(path.name + JOURNAL)
    for file in (path, *([journal] if journal.is_file() else [])):
        data = bounded_json.contents(bounded_json.clean(str(file)), file)
        (target / file.name).write_bytes(data)
    try:
        return read(target / path.name)
    except ResultError as error:
        # Name the file as the user did, not its temporary copy.
        raise ResultError(str(error).replace(str(target / path.name), str(path))) from None


def _describe(results: Sequence[Result], folder: Path, program: str) -> None:
    machines = folder / "machines"
    machines.mkdir()
    for place, result in enumerate(results, start=1):
        text = json.dumps(_facts(result), ensure_ascii=False, allow_nan=False, indent=1)
        (machines / f"{place:02}.json").write_text(f"{text}\n", encoding="utf-8")
    (folder / ABOUT).write_text(README.format(program=program), encoding="utf-8")


def _facts(result: Result) -> dict[str, Any]:
    facts = ("evidence", "preset", "seed", "command", "date", "version", "rounds", "stopped")
    return {
        "name": result.name,
        "file": result.file,
        **{fact: getattr(result, fact) for fact in facts},
        "machine": dict(result.machine),
        "findings": [asdict(finding) for finding in result.findings],
    }


def _files(folder: Path) -> dict[str, Path]:
    """Return all files below a folder by their names relative to it, sorted."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    return {name: found[name] for name in sorted(found) if found[name].is_file()}


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpacked(path: Path, folder: Path) -> list[Path]:
    """Unpack a bundle's results into a folder, check every checksum, and return their paths."""
    name = bounded_json.clean(str(path))
    sums: dict[str, str] = {}
    promised: dict[str, str] = {}
    results: list[Path] = []
    for member in archive.read(name, path):
        top, _, inner = member.name.partition("/")
        if top != TOP or inner in sums:
            shown = bounded_json.clean(member.name, 80)
            raise ResultError(f"{name} is not a pkbench bundle: it contains {shown}.")
        if inner == SUMS:
            promised = _promised(name, member)
            continue
        sums[inner], target = _extracted(member, inner, folder)
        if target is not None:
            results.append(target)
    _check_sums(name, promised, sums)
    if not results:
        raise ResultError(f"{name} is a bundle that holds no result.")
    return sorted(results, key=lambda result: int(result.parent.name))


def _extracted(member: archive.Member, inner: str, folder: Path) -> tuple[str, Path | None]:
    """Return a member's checksum, and the path it was written to if it is a result."""
    digest = hashlib.sha256()
    target = _target(inner, folder)
    with target.open("xb") if target else nullcontext() as file:
        for chunk in member.chunks:
            digest.update(chunk)
            if file is not None:
                file.write(chunk)
    return digest.hexdigest(), target


def _target(inner: str, folder: Path) -> Path | None:
    """Return where to write a result: into a numbered folder, never above it; None for others."""
    found = RESULT.fullmatch(inner)
    if found is None or found["file"].endswith(JOURNAL) or found["file"] in (".", ".."):
        return None
    (folder / found["place"]).mkdir(parents=True, exist_ok=True)
    return folder / found["place"] / found["file"]


def _promised(name: str, member: archive.Member) -> dict[str, str]:
    data = bytearray()
    for chunk in member.chunks:
        data += chunk
        if len(data) > LONGEST_SUMS:
            raise ResultError(f"{name} is damaged: its {SUMS} is too long.")
    lines = data.decode("utf-8", "replace").splitlines()
    found = [SUM.fullmatch(line) for line in lines]
    return {match["member"]: match["sum"] for match in found if match}


def _check_sums(name: str, promised: dict[str, str], sums: dict[str, str]) -> None:
    for member in sorted(promised.keys() | sums.keys()):
        shown = bounded_json.clean(member, 80)
        if member not in sums:
            raise ResultError(f"{name} is damaged: {shown} is missing.")
        if member not in promised:
            raise ResultError(f"{name} is damaged: {shown} has no checksum.")
        if promised[member] != sums[member]:
            raise ResultError(f"{name} is damaged: {shown} does not match its checksum.")
