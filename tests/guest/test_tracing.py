"""A trace counts what is counted without one."""

import needs
import pytest

from pkbench.cases.catalogue import parse_case
from pkbench.count import guest
from pkbench.tracing.guest import trace

# Who called whom


# Symbols


# The log


# The path length


# In a guest


@pytest.mark.guest
def test_functions_add_up_to_the_path_length_as_it_is_counted_without_a_trace():
    needs.qemu()
    kernel, case = needs.kernel(), parse_case("protect/mprotect-rw-ro/pages:1")
    found = trace(kernel, case)
    (plain,) = guest.count(kernel, [case]).cases
    assert plain.value == found.path_length == sum(found.stacks.values()) / found.operations
    assert any("do_mprotect_pkey_[k]" in stack for stack in found.stacks)
    assert plain.user_value == found.stacks["user mode",] / found.operations
