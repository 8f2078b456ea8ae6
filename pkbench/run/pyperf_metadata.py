"""Collect pyperf's metadata for the runs of a worker that doesn't import pyperf.

Importing pyperf takes several times as long as everything else that a worker imports.
"""

import pyperf

from pkbench.resultfile import Metadata

# They describe the process that asks, or its CPUs: not the worker.
OWN = ("cpu_affinity", "cpu_config", "cpu_freq", "mem_max_rss")


def surroundings() -> Metadata:
    """Return pyperf's metadata of the machine and the moment, without that of this process."""
    metadata: Metadata = pyperf.Run([1.0]).get_metadata()
    return {key: value for key, value in metadata.items() if key not in OWN}
