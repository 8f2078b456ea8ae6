"""A report of several kernels has the study of what changed."""

from pathlib import Path

from results_made import Made, suite, write

from pkbench.analysis.derive.kernel_changes import FAULTS
from pkbench.analysis.estimate.result_set import ResultSet, result_sets
from pkbench.analysis.reading.result import read
from pkbench.analysis.report.report import write as write_report

GETPPID = "syscall/getppid"
# What one more page takes in each of these kernels.
SLOPES = {"6.12.117-1": 149, "5.10.262-1": 120, "6.1.192-2": 133}


def counts(slope: int, user: float | None = 4.0) -> list[Made]:
    """A kernel's cases: changes of 1 to 16384 pages, faults, and getppid with its user mode."""
    beside = {} if user is None else {"user_instructions": [[user]]}
    made = [Made(GETPPID, [[335.0]], beside=beside)]
    for pages in (1, 33, 512, 1024, 16384):
        for benchmark, more in (("mprotect-rw-ro", 0), ("pkey-mprotect-0-k", 61)):
            flush = 40 * pages if pages <= 33 else 0  # page by page, as Linux does
            cost = 2500.0 + (slope + more) * pages + flush
            made.append(Made(f"protect/{benchmark}/pages:{pages}", [[cost]]))
    return [*made, *(Made(case, [[4000.0 + slope]]) for case in FAULTS)]


def result_set(folder: Path, slopes: dict[str, int], evidence: str = "path length") -> ResultSet:
    """Make a result file of each kernel."""
    results = []
    for release, slope in slopes.items():
        machine = {"name": f"Linux {release}", "kernel_version": release, "kernel": "6.1.0-1"}
        made = suite(counts(slope), evidence=evidence, machine=machine)
        results.append(read(write(folder / f"{release}.json", made)))
    (found,) = result_sets(results)
    return found


def test_a_report_of_several_kernels_has_the_study(tmp_path: Path) -> None:
    result_set(tmp_path, SLOPES)
    write_report(sorted(tmp_path.glob("*.json")), tmp_path / "report")
    assert (tmp_path / "report" / "figures" / "path-length-kernels.svg").stat().st_size > 1000
    assert "120.0" in (tmp_path / "report" / "tables" / "path-length-per-page.md").read_text()
