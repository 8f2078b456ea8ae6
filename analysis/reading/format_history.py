"""The versions of the result format, and the keys that older versions had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# 1: the first.
# 2: `pkbench_profile` became `pkbench_preset`, `pkbench_alone_share` became
#    `pkbench_uncontended_share`, `pkbench_counted` became `pkbench_counter_scope`.
CURRENT = 2
READABLE = (1, 2)
# Old key to current key, in the metadata of a file, a benchmark or a run.
RENAMED = {
    "pkbench_profile": "pkbench_preset",
    "pkbench_alone_share": "pkbench_uncontended_share",
    "pkbench_counted": "pkbench_counter_scope",
}


def current(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata of any readable version under the current keys."""
    return {RENAMED.get(key, key): value for key, value in metadata.items()}
