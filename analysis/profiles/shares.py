"""Divide the time of a case among causes, from its samples."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ..flame.folded import KERNEL, Stack
from .profile import CaseProfile

USER, OTHER = "user mode", "elsewhere in the kernel"
MAPPINGS = (
    r"\w*vma|mas_|mt_|mtree|mprotect_fixup|vm_area|do_mmap|\w*munmap|do_mprotect|may_expand"
    r"|tlb_[gf]i?"
)
# The innermost function that matches decides. The names are those of Linux 6.1 to 6.18 on x86.
CAUSES = (
    ("the TLB flush", r"\w*flush_tlb|tlb_flush|tlb_remove|native_flush|kvm_flush|hyperv_flush"),
    ("waiting for other CPUs", r"smp_call_function|on_each_cpu|csd_|native_send_call|x2apic_send"),
    ("page tables", r"change_p|walk_p|pte_|\w*pmd_|__pte_|ptep_|pmdp_|pgd_|huge_pte|copy_p[tmu]"),
    ("page faults", r"\w*page_fault|handle_mm|do_anonymous|do_wp_page|do_user_addr|handle_pte"),
    ("signals", r"\w*signal|\w*sigreturn|\w*sigframe|setup_rt_frame|\w*sigcontext|\w*fpu|fpstate"),
    ("locks", r"down_|up_|rwsem|mutex|mmap_(read|write)_|vma_start_write|lock_vma|\w*slowpath"),
    ("scheduling", r"\w*schedule|\w*switch|\w*wake_up|futex|pick_next|dequeue|enqueue|finish_task"),
    ("mappings", MAPPINGS),
    ("memory", r"clear_page|copy_page|\w*alloc|kmem_|\w*free|lru_|folio_|\w*charge|\w*memset"),
    ("interrupts", r"\w*sysvec|hrtimer|tick_|_*irq_|irqentry|handle_softirq|common_interrupt"),
)
# Everything in the kernel is called from these; only the time in themselves is theirs.
ENTRY = "system-call entry and exit"
ENTRIES = re.compile(
    r"entry_|do_syscall|syscall_|__x64_|__do_sys|__se_sys|ret_from|exit_to|asm_|x64_"
)
RULES = tuple((name, re.compile(pattern)) for name, pattern in CAUSES)


@dataclass(frozen=True)
class Share:
    """A cause's share of the time, with its sampling error."""

    cause: str
    share: float
    error: float  # half of a 95 % interval, from the number of samples
    samples: int


def of_case(case: CaseProfile) -> list[Share]:
    """Return each cause's share of a case's time, none where the kernel was not sampled."""
    return of(case.samples.timed) if case.samples and case.samples.sees_kernel else []


def of(timed: Mapping[Stack, int]) -> list[Share]:
    """Return each cause's share of samples, the largest first.

    `timed` maps stacks to numbers of samples. The error is the normal approximation of a binomial
    share: 1.96 standard errors.
    """
    counts: Counter[str] = Counter()
    for stack, count in timed.items():
        counts[cause(stack)] += count
    total = counts.total()
    return [
        Share(name, count / total, 1.96 * math.sqrt(_variance(count / total) / total), count)
        for name, count in counts.most_common()
    ]


def cause(stack: Stack) -> str:
    """Return the cause that a stack's time is spent on."""
    kernel = [frame.removesuffix(KERNEL) for frame in stack if frame.endswith(KERNEL)]
    if not kernel:
        return USER
    for frame in reversed(kernel):
        for name, pattern in RULES:
            if pattern.match(frame):
                return name
    return ENTRY if ENTRIES.match(kernel[-1]) else OTHER


def _variance(share: float) -> float:
    """Return the variance of one draw of a binomial share."""
    return share * (1 - share)
