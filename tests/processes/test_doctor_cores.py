"""The doctor's commands about turbo do what they say."""

import pytest
from doctor_made import look, run
from machines_made import CPU, plant


@pytest.mark.parametrize(
    ("path", "on", "off"), [("intel_pstate/no_turbo", "0", "1"), ("cpufreq/boost", "1", "0")]
)
def test_turbo_is_read_the_way_round_its_driver_means_it(tmp_path, path, on, off):
    root = plant(tmp_path, {f"{CPU}/{path}": on})
    found = look(root)["turbo"]
    assert "warning" == found.status

    run(found.fix, root)
    assert (f"{off}\n", "ok") == ((root / CPU / path).read_text(), look(root)["turbo"].status)

    run(found.undo, root)
    assert f"{on}\n" == (root / CPU / path).read_text()
