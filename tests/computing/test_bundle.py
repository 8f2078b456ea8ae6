"""A bundle packs results with their report, reproduces the report, and is never trusted."""

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from bundles_made import contents, packed, results
from results_made import Made, suite, write

from pkbench.analysis import ResultError
from pkbench.analysis.reading import archive
from pkbench.analysis.report import bundle
from pkbench.version import version

__all__ = ["packed", "results"]


def repacked(path: Path, files: dict[str, bytes], top: str = bundle.TOP) -> Path:
    """Pack files as an attacker could."""
    with tarfile.open(path, "w:gz") as opened:
        for name, data in files.items():
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size = len(data)
            opened.addfile(info, io.BytesIO(data))
    return path


def summed(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return files with their correct checksums."""
    files = {name: data for name, data in files.items() if name != bundle.SUMS}
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()]
    return {bundle.SUMS: "".join(lines).encode(), **files}


def refusal(path: Path) -> str:
    with pytest.raises(ResultError) as error, bundle.opened([path]):
        pass
    sentence = str(error.value)
    assert path.name in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_a_bundle_holds_results_journals_machine_facts_and_instructions(
    results: list[Path], packed: Path
) -> None:
    inside = contents(packed)
    for place, path in enumerate(results, start=1):
        assert path.read_bytes() == inside[f"results/{place:02}/a result.json"]
        assert "CPU" == json.loads(inside[f"machines/{place:02}.json"])["machine"]["cpu_model"]
    assert b'{"kind": "start"}\n' == inside["results/02/a result.json.journal"]
    assert "results/01/a result.json.journal" not in inside
    assert b"pkbench report FILE.tar.gz" in inside["README.txt"]
    assert {"index.html"} == {Path(name).name for name in inside if name.endswith(".html")}


def test_each_file_has_its_sum_as_sha256sum_writes_it(packed: Path) -> None:
    inside = contents(packed)
    lines = inside.pop(bundle.SUMS).decode().splitlines()
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in inside.items()}
    assert [f"{sums[name]}  {name}" for name in sorted(sums)] == lines


def test_the_same_results_give_the_same_bundle(
    results: list[Path], packed: Path, tmp_path: Path
) -> None:
    for path in results:
        os.utime(path, (1, 1))
    bundle.write(results, tmp_path / "other.tar.gz", version())
    assert packed.read_bytes() == (tmp_path / "other.tar.gz").read_bytes()


def test_a_file_that_is_there_already_is_kept(results: list[Path], tmp_path: Path) -> None:
    output = tmp_path / "b.tar.gz"
    output.write_text("precious")
    with pytest.raises(FileExistsError):
        bundle.write(results, output)
    assert "precious" == output.read_text()


def test_a_file_that_is_not_a_result_is_named_as_it_was_given(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    with pytest.raises(ResultError, match=f"^{bad} is cut off"):
        bundle.write([bad], tmp_path / "b.tar.gz")
    assert [bad] == list(tmp_path.iterdir())


def test_a_file_name_with_a_line_break_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a\nb.json", suite([Made("a/b", [[1.0]])]))
    with pytest.raises(ResultError, match="can't be packed under that name"):
        bundle.write([path], tmp_path / "b.tar.gz")


def test_a_gzipped_result_is_no_bundle(results: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "r.json.gz"
    path.write_bytes(gzip.compress(results[0].read_bytes()))
    with bundle.opened([path, results[0], tmp_path]) as files:
        assert [path, results[0], tmp_path] == files


def test_unpacked_results_are_deleted(packed: Path) -> None:
    with bundle.opened([packed]) as files:
        assert ["01", "02"] == [path.parent.name for path in files]
    assert not any(path.exists() for path in files)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda files: files | {"README.txt": b"other"}, "README.txt does not match its checksum"),
        (lambda files: {k: v for k, v in files.items() if k != "README.txt"}, "is missing"),
        (lambda files: files | {"extra": b""}, "extra has no checksum"),
        (lambda files: {k: v for k, v in files.items() if k != bundle.SUMS}, "has no checksum"),
        (lambda files: files | {bundle.SUMS: b" " * 2**24}, "its SHA256SUMS is too long"),
        (lambda files: summed({"README.txt": b""}), "holds no result"),
    ],
)
def test_a_damaged_bundle_is_refused(
    packed: Path,
    tmp_path: Path,
    damage: Callable[[dict[str, bytes]], dict[str, bytes]],
    complaint: str,
) -> None:
    assert complaint in refusal(repacked(tmp_path / "b.tar.gz", damage(contents(packed))))


def test_a_damaged_bundle_can_be_left_out(packed: Path, tmp_path: Path) -> None:
    bad = repacked(tmp_path / "b.tar.gz", contents(packed) | {"README.txt": b"other"})
    reasons: list[str] = []
    with bundle.opened([bad, packed], reasons.append) as files:
        assert 2 == len(files)
    assert [f"{bad} is damaged: README.txt does not match its checksum."] == reasons


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    path = repacked(tmp_path / "b.tar.gz", {"a": b""}, top="/etc")
    assert "is not a pkbench bundle" in refusal(path)


@pytest.mark.parametrize(
    "name",
    [
        *("results/01/../../../escape", "../escape", "results/01/..", "results/../01/escape"),
        *("results/01/a/escape", "results//escape", "results/x/escape", "/escape"),
    ],
)
def test_no_name_in_a_bundle_is_a_path(packed: Path, tmp_path: Path, name: str) -> None:
    files = summed(contents(packed) | {name: b"escaped"})
    path = repacked(tmp_path / "b.tar.gz", files)
    with bundle.opened([path]) as found:
        assert ["a result.json"] * 2 == [each.name for each in found]
        (top,) = {each.parent.parent for each in found}
        assert {"01", "02"} == {each.name for each in top.iterdir()}
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, b"x", b"L"])
def test_a_bundle_with_anything_but_files_is_refused(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "b.tar.gz"
    info = tarfile.TarInfo(f"{bundle.TOP}/results/01/a.json")
    info.type, info.linkname = kind, "/etc/passwd"
    path.write_bytes(gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + bytes(1024)))
    assert "neither a file nor a folder" in refusal(path)


def test_a_file_that_stands_twice_in_a_bundle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.tar.gz"
    info = tarfile.TarInfo(f"{bundle.TOP}/results/01/a.json")
    path.write_bytes(gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) * 2 + bytes(1024)))
    assert "a.json" in refusal(path)


def test_a_bundle_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LARGEST_ARCHIVE", 2**20)
    path = repacked(tmp_path / "b.tar.gz", {"README.txt": bytes(2**21)})
    assert path.stat().st_size < 2**16
    assert "larger than 1 MiB when unpacked" in refusal(path)


def test_a_header_that_promises_more_than_there_is_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo(f"{bundle.TOP}/README.txt")
    info.size = 2**29
    path = tmp_path / "b.tar.gz"
    path.write_bytes(gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + b"little"))
    assert "is cut off" in refusal(path)


def test_every_cut_of_a_bundle_is_refused(packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    path = tmp_path / "b.tar.gz"
    for length in range(2000, len(whole) - 8, len(whole) // 20):
        path.write_bytes(whole[:length])
        assert "is cut off" in refusal(path)


def test_every_flipped_bit_of_a_bundle_is_found(packed: Path, tmp_path: Path) -> None:
    whole = gzip.decompress(packed.read_bytes())
    path = tmp_path / "b.tar.gz"
    end = len(whole.rstrip(b"\0"))
    for place in range(600, end, end // 40):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        path.write_bytes(gzip.compress(bytes(damaged), 1))
        if whole[place]:  # padding is not checked
            refusal(path)
