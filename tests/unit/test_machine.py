"""What a machine is, read from made file trees and made probes."""

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from machines_made import ARM64, CPU, DESKTOP, NO_KEYS, WITH_KEYS, guest, plant

from pkbench import machine
from pkbench.machine import (
    HYPERVISORS,
    Probe,
    cpu_list,
    detect,
    probe_native,
    read,
    read_number,
    selected,
)


def test_the_card_is_what_a_result_file_says_of_a_machine(tmp_path):
    card = detect(plant(tmp_path, DESKTOP), WITH_KEYS).card()

    assert {
        "name": "Intel Core i7-1185G7, Linux 6.12.117-amd64",
        "cpu_model": "Intel(R) Core(TM) i7-1185G7 CPU @ 3.00GHz",
        "cpu_version": "family 6, model 140, stepping 1",
        "architecture": "x86_64",
        "kernel": "6.12.117-amd64",
        "cpus": 7,
        "memory_bytes": 16_384_000_000,
        "page_size": os.sysconf("SC_PAGE_SIZE"),
        "virtualisation": "",
        "microcode": "0xb4",
        "clocksource": "tsc",
        "governor": "powersave",
        "thp": "madvise",
        "smt": "on",
        "mitigations": {"meltdown": "Not affected"},
        "tsc_hz": 2_995_200_000.0,
        "libc": card["libc"],
        "compiler": "GCC: (Debian 12.2.0-14) 12.2.0",
        "native_build": "0123456789abcdef",
        "keys": {"supported": True, "reason": "", "count": 15, "initial_pkru": "0x55555554"},
    } == card


def test_a_card_survives_json(tmp_path):
    card = detect(plant(tmp_path, DESKTOP), WITH_KEYS).card()

    assert card == json.loads(json.dumps(card))


def test_what_cannot_be_read_is_none_never_zero_or_empty(tmp_path):
    card = detect(tmp_path, NO_KEYS).card()

    unread = {key for key, value in card.items() if value is None}
    assert {
        "cpu_model", "cpu_version", "kernel", "memory_bytes", "microcode", "clocksource",
        "governor", "thp", "smt", "tsc_hz", "compiler", "native_build",
    } == unread  # fmt: skip
    assert {} == card["mitigations"]
    assert len(os.sched_getaffinity(0)) == card["cpus"]


def test_a_machine_is_named_after_what_can_be_read(tmp_path):
    assert "x86_64, Linux (version not known)" == detect(tmp_path, NO_KEYS).name


def test_a_user_may_name_the_machine(tmp_path):
    assert "the fast one" == detect(tmp_path, NO_KEYS, name="the fast one").card()["name"]


def test_this_machine_s_card_holds_neither_host_name_nor_a_path():
    card = json.dumps(detect(native=NO_KEYS).card())

    # A host may be called "vm" or "linux": look for the name as a word of its own.
    words = card.replace('"', " ").replace(",", " ").split()
    assert os.uname().nodename not in words
    assert [] == [word for word in words if word.startswith("/")]


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("AMD EPYC 7763 64-Core Processor", "AMD EPYC 7763 64-Core"),
        ("Intel(R) Xeon(R) Processor @ 2.60GHz", "Intel Xeon"),
        ("QEMU TCG CPU version 2.5+", "QEMU TCG CPU version 2.5+"),
    ],
)
def test_a_machine_s_name_drops_what_says_nothing_of_the_cpu(tmp_path, model, name):
    plant(tmp_path, {"proc/cpuinfo": f"model name\t: {model}\n"})

    assert f"{name}, Linux (version not known)" == detect(tmp_path, NO_KEYS).name


def test_an_arm64_cpu_is_known_by_its_numbers(tmp_path):
    numbers = "CPU implementer\t: 0x41\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n"
    plant(tmp_path, {"proc/cpuinfo": numbers})

    found = detect(tmp_path, ARM64)
    assert "implementer 0x41 part 0xd0c" == found.cpu_model
    assert "variant 0x3, revision 1" == found.cpu_version


def test_a_power_cpu_is_known_by_the_name_it_has_there(tmp_path):
    plant(tmp_path, {"proc/cpuinfo": "processor\t: 0\ncpu\t\t: POWER9, altivec supported\n"})

    assert "POWER9, altivec supported" == detect(tmp_path, Probe("ppc64le", "no")).cpu_model


def test_governors_that_differ_are_all_told(tmp_path):
    plant(tmp_path, DESKTOP | {f"{CPU}/cpufreq/policy1/scaling_governor": "performance\n"})

    assert "performance, powersave" == detect(tmp_path, NO_KEYS).governor


# virtualisation


@pytest.mark.parametrize(("vendor", "name"), HYPERVISORS.items())
def test_a_hypervisor_is_called_by_its_name(tmp_path, vendor, name):
    assert name == detect(tmp_path, guest(vendor)).virtualisation


def test_a_vendor_padded_to_its_twelve_bytes_is_the_same_vendor(tmp_path):
    assert "bhyve" == detect(tmp_path, guest("bhyve bhyve ")).virtualisation


def test_an_unknown_hypervisor_is_called_what_it_calls_itself(tmp_path):
    assert "MyHypervisor" == detect(tmp_path, guest("MyHypervisor")).virtualisation
    assert "unknown hypervisor" == detect(tmp_path, guest("")).virtualisation


def test_a_machine_that_has_no_cpuid_does_not_claim_to_be_bare_metal(tmp_path):
    assert detect(tmp_path, ARM64).virtualisation is None


def test_only_under_software_emulation_is_the_evidence_function(tmp_path):
    evidence = {name: detect(tmp_path, guest(name)).evidence for name in HYPERVISORS}

    assert {"TCGTCGTCGTCG"} == {name for name, kind in evidence.items() if kind == "function"}
    assert "silicon" == detect(tmp_path, NO_KEYS).evidence


def test_an_emulator_that_hides_its_vendor_is_known_by_its_cpu(tmp_path):
    plant(tmp_path, {"proc/cpuinfo": "model name\t: QEMU TCG CPU version 2.5+\n"})

    assert "function" == detect(tmp_path, NO_KEYS).evidence


# keys


def test_a_register_that_is_not_there_has_no_initial_value(tmp_path):
    keys = detect(tmp_path, NO_KEYS).card()["keys"]

    assert {
        "supported": False,
        "reason": "the CPU has no protection keys (CPUID.7.0:ECX.PKU is clear)",
        "count": 0,
        "initial_pkru": None,
    } == keys


def test_an_initial_pkru_of_zero_is_a_value(tmp_path):
    probe = Probe("x86_64", "", has_pkru=True, cpu_pku=True, os_pke=True, initial_pkru=0)

    keys = detect(tmp_path, probe).card()["keys"]

    assert isinstance(keys, dict)
    assert "0x00000000" == keys["initial_pkru"]


def test_an_architecture_without_cpuid_says_nothing_of_the_cpu_s_keys(tmp_path):
    keys = detect(tmp_path, ARM64).keys

    assert (None, None, None) == (keys.cpu, keys.kernel, keys.alloc_errno)


# native code


@pytest.fixture
def native(monkeypatch):
    """Stand in for the compiled module: texts are bytes behind pointers, numbers are C's."""
    found = SimpleNamespace(
        architecture=b"x86_64",
        has_pkru=1,
        cpu_pku=1,
        os_pke=1,
        hypervisor=1,
        hypervisor_vendor=b"TCGTCGTCGTCG",
        initial_pkru=0x55555554,
        alloc_errno=0,
        keys=15,
        keys_missing=None,
        compiler=b"GNU 12.2.0",
        flags=b" -O2",
        build=b"0123456789abcdef",
    )
    module = SimpleNamespace(
        lib=SimpleNamespace(pk_machine_probe=lambda: found),
        ffi=SimpleNamespace(string=bytes),
        found=found,
    )
    monkeypatch.setitem(sys.modules, "pkbench._native", module)
    probe_native.cache_clear()
    yield module
    probe_native.cache_clear()


def test_native_code_s_findings_arrive_as_texts_and_truths(native):
    probe = probe_native()

    assert ("x86_64", True, "TCGTCGTCGTCG", 15, "") == (
        probe.architecture,
        probe.os_pke,
        probe.hypervisor_vendor,
        probe.keys,
        probe.keys_missing,
    )


def test_native_code_s_reason_for_missing_keys_is_the_machine_s(native, tmp_path):
    native.found.keys_missing = b"the kernel has them turned off"

    keys = detect(tmp_path).keys

    assert (False, "the kernel has them turned off") == (keys.supported, keys.reason)


def test_native_code_says_what_it_was_built_from_and_how(native):
    probe = probe_native()

    assert ("GNU 12.2.0 -O2", "0123456789abcdef") == (probe.compiler, probe.build)


def test_the_real_native_code_is_understood():
    pytest.importorskip("pkbench._native")
    probe_native.cache_clear()

    probe = probe_native()

    assert os.uname().machine == probe.architecture
    assert (probe.keys > 0) == (probe.keys_missing == "")


# reading


def test_a_file_that_is_missing_empty_or_a_folder_reads_as_none(tmp_path):
    plant(tmp_path, {"empty": "\n", "folder/file": "text"})

    assert [None] * 3 == [read(tmp_path, path) for path in ("missing", "empty", "folder")]


def test_the_choice_in_brackets_is_the_selected_one():
    assert "defer+madvise" == selected("always defer [defer+madvise] never")
    assert selected("no brackets") is None
    assert selected(None) is None


def test_the_machine_module_costs_a_worker_nothing_heavy():
    imported = Path(machine.__file__).read_text()

    assert not {"numpy", "pandas", "matplotlib", "pyperf"} & set(imported.split())


@pytest.mark.parametrize(
    ("ranges", "cpus"),
    [("0", {0}), ("0-2,8", {0, 1, 2, 8}), ("", set()), ("(null)", set())],
)
def test_a_list_of_cpus_is_read_as_the_kernel_writes_it(ranges, cpus):
    assert cpus == cpu_list(ranges)


@pytest.mark.parametrize(("text", "number"), [("-1\n", -1), ("33", 33), ("max", None), ("", None)])
def test_a_number_that_is_none_is_not_known(tmp_path, text, number):
    assert number == read_number(plant(tmp_path, {"file": text}), "file")
