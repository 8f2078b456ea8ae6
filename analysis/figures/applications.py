"""Applications and kernel paths beside their twins without keys or protection."""

from __future__ import annotations

import pandas as pd

from .ratios import Ratios

WAY = r"-(key|mprotect|mprotect-page|mprotect-all|double-mapping)$"


def _unprotected(rows: pd.DataFrame) -> pd.Series[str]:
    """Return each application's twin that protects nothing, at the same points."""
    names = set(rows["case"])

    def twin(case: str) -> str:
        family, benchmark, *points = case.split("/")
        stem = pd.Series([benchmark]).str.replace(WAY, "", regex=True)[0]
        for end in ("unprotected", "plain"):
            name = "/".join([family, f"{stem}-{end}", *points])
            if stem != benchmark and name in names:
                return name
        return ""

    return rows["case"].map(twin).astype(str)


def _plain(rows: pd.DataFrame) -> pd.Series[str]:
    """Return each kernel path's twin without keys, which has no rights and no PKRU to choose."""

    def twin(case: str) -> str:
        family, benchmark, *points = case.split("/")
        if benchmark.endswith("-plain"):
            return ""
        kept = [point for point in points if not point.startswith(("rights:", "pkru:"))]
        return "/".join([family, f"{benchmark}-plain", *kept])

    return rows["case"].map(twin).astype(str)


def _without_wrpkru(rows: pd.DataFrame) -> pd.Series[str]:
    """Return the same work without WRPKRU before or after it."""
    twins = rows["case"].str.replace(r"/wrpkru-(after|before)-", "/", regex=True)
    return twins.where(twins != rows["case"], "").astype(str)


APPLICATIONS = Ratios(
    NAME="applications",
    TITLE="Applications beside their unprotected twins",
    cases=r"application/.*",
    twin=_unprotected,
    base="its unprotected twin",
    operation="One operation is one request: what is protected is opened for it and closed after.",
    rates=True,
)

KERNEL = Ratios(
    NAME="kernel",
    TITLE="What keys cost inside the kernel",
    cases=r"kernel/[^/]+(/(rights|pkru):[^/]+)?(/bytes:1)?",
    twin=_plain,
    base="the same path without keys",
    operation="Threads, processes, signals, context switches and copies of one byte, with PKRU as "
    "found, changed or zero, or with rights that allow or refuse.",
)

SHADOW = Ratios(
    NAME="shadow",
    TITLE="WRPKRU in the shadow of other work",
    cases=r"instruction/(wrpkru-(after|before)-)?(alu|load|miss|stores|l1-loads)(/.*)?",
    twin=_without_wrpkru,
    base="the same work without WRPKRU",
    operation="WRPKRU lets no access pass it: what it costs depends on the loads and stores under "
    "way. Each row is work with a WRPKRU before or after it.",
)
