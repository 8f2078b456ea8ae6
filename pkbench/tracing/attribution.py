"""Attribute the instructions of an operation to functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd

from pkbench.count.result import Counted
from pkbench.kernels.available import Kernel
from pkbench.tracing.call_tree import CallTree, Stack


class AttributionError(Exception):
    """Instructions can't be attributed; the message completes a sentence about the guest."""


@dataclass(frozen=True)
class Run:
    """A traced run of `loops` iterations."""

    loops: int
    ticks: int  # instructions, counted by the program's own clock
    tree: CallTree


@dataclass(frozen=True)
class Attribution:
    """The instructions and calls of `operations` operations, by stack.

    `operations` is the smallest number for which all counts are whole.
    """

    kernel: Kernel
    machine: str
    counted: Counted
    operations: int
    stacks: Mapping[Stack, int]
    calls: Mapping[Stack, int]

    @property
    def path_length(self) -> float:
        """Return the instructions of one operation, the same as counted without a trace."""
        return sum(self.stacks.values()) / self.operations


def attribute(kernel: Kernel, machine: str, counted: Counted, runs: Sequence[Run]) -> Attribution:
    """Attribute the difference between twice the iterations and one time, as for the path length.

    What surrounds the iterations is in both runs and cancels out. A case whose iterations can't
    follow each other has one run, which counts whole. Raise AttributionError unless the functions
    add up to the path length.
    """
    if counted.instructions is None or not runs:
        raise AttributionError(f"did not count {counted.case.name}: {counted.reason}")
    for run in runs:
        _check(run)
    stacks = _difference([_instructions(run.tree) for run in runs])
    calls = _difference([_calls(run.tree) for run in runs])
    totals = counted.instructions.totals
    if sum(stacks.values()) != totals[-1] - sum(totals[:-1]):
        raise AttributionError("traced other instructions than it counted")
    if min([*stacks.values(), *calls.values()]) < 0:
        raise AttributionError(
            "executed other functions in twice the iterations: their difference is negative"
        )
    operations = runs[0].loops * counted.case.benchmark.inner_loops
    common = gcd(operations, *stacks.values(), *calls.values())
    return Attribution(
        kernel=kernel,
        machine=machine,
        counted=counted,
        operations=operations // common,
        stacks={stack: number // common for stack, number in stacks.items() if number},
        calls={stack: number // common for stack, number in calls.items() if number},
    )


def _check(run: Run) -> None:
    """Check that the trace holds each instruction of the timed run, and nothing else."""
    if run.tree.instructions != run.ticks:
        raise AttributionError(
            f"traced {run.tree.instructions:,} instructions between its clock's readings, "
            f"but its clock counted {run.ticks:,}"
        )


def _instructions(tree: CallTree) -> dict[Stack, int]:
    return {node.stack: node.instructions for node in tree.nodes}


def _calls(tree: CallTree) -> dict[Stack, int]:
    return {node.stack: node.calls for node in tree.nodes}


def _difference(counts: Sequence[Mapping[Stack, int]]) -> dict[Stack, int]:
    if len(counts) == 1:
        return dict(counts[0])
    once, twice = counts
    return {
        stack: twice.get(stack, 0) - once.get(stack, 0) for stack in dict.fromkeys([*twice, *once])
    }
