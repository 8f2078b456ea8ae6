"""What pyperf tells of the machine and the moment, for the runs of a worker that doesn't load it.

pyperf takes several times as long to load as all else that a worker needs.
"""

import pyperf

from pkbench.resultfile import Metadata

# Of the process that asks, which is not the one that measures, and of the CPUs that it may use.
OWN = ("cpu_affinity", "cpu_config", "cpu_freq", "mem_max_rss")


def surroundings() -> Metadata:
    """Return the metadata that pyperf puts beside a run, but what is of the process itself."""
    told: Metadata = pyperf.Run([1.0]).get_metadata()
    return {key: value for key, value in told.items() if key not in OWN}
