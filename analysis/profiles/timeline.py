"""Draw one operation of several threads: system calls, interrupts and waits on a time axis."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import jinja2

from .. import formatting
from ..reading.bounded_json import clean
from .profile import UNPROFILED, CaseProfile, Part, Timeline

WIDTH, MARGIN, LEFT = 1000, 12, 130
TOP, LANE, LEGEND = 104, 58, 62
BAR, TICKS = 16, 5
LETTER = 5.6  # average width of a letter in a bar
# Okabe and Ito's colours. Outer spans come first, so that inner ones are drawn over them.
LAYERS = {
    "system call": ("#56b4e9", 14),
    "interrupt": ("#e69f00", 14),
    "waiting for the answer": ("#f0e442", 32),
    "flush or other call": ("#009e73", 32),
}
MARKS = {"asks another CPU": "#cc79a7", "leaves the CPU": "#000000", "page fault": "#d55e00"}
FLUSH, FLUSH_FILL = "TLB flush", "#0072b2"


@dataclass(frozen=True)
class Bar:
    """A span of time as it is drawn."""

    x: str
    y: int
    width: str
    height: int
    fill: str
    words: str
    label: str
    text_x: str
    text_y: int


@dataclass(frozen=True)
class Mark:
    """A moment as it is drawn."""

    x: str
    y: int
    fill: str
    words: str


def svg(case: CaseProfile, timeline: Timeline) -> str:
    """Return the picture as an SVG document."""
    bottom = TOP + LANE * len(timeline.lanes)
    spans = [part for part in timeline.parts if part.kind in LAYERS]
    spans.sort(key=lambda part: list(LAYERS).index(part.kind))
    moments = [part for part in timeline.parts if part.kind not in LAYERS]
    return _template().render(
        width=WIDTH,
        height=bottom + LEGEND,
        margin=MARGIN,
        left=LEFT,
        right=WIDTH - MARGIN,
        top=TOP,
        bottom=bottom,
        lane_height=LANE - 6,
        title=clean(f"{case.case}: one operation"),
        about=about(timeline),
        lines=_lines(case, timeline),
        ticks=[_tick(timeline, place) for place in range(TICKS + 1)],
        lanes=[{"name": name, "y": TOP + LANE * i} for i, name in enumerate(timeline.lanes)],
        bars=[_bar(timeline, part) for part in spans],
        marks=[_mark(timeline, part) for part in moments],
        legend=_legend(timeline),
    )


def about(timeline: Timeline) -> str:
    """Say in words what the picture shows."""
    waits = [part for part in timeline.parts if part.kind == "waiting for the answer"]
    waited = sum(part.end - part.start for part in waits)
    interrupts = sum(part.kind == "interrupt" for part in timeline.parts)
    calls = formatting.count(timeline.system_calls, "system call")
    disturbed = formatting.count(interrupts, "interrupt") if interrupts else "no interrupt"
    text = f"{calls} in {_time(timeline.nanoseconds)}, {disturbed} of other threads"
    return f"{text}; the caller waits {_time(waited)} for their answers." if waits else f"{text}."


def _lines(case: CaseProfile, timeline: Timeline) -> list[str]:
    untraced = case.seconds.get(UNPROFILED)
    without = f", untraced {formatting.seconds(untraced)}" if untraced else ""
    number = f"{timeline.operations:,}"
    return [
        about(timeline),
        f"Traced, it takes {_time(timeline.nanoseconds)}{without}: recording an event takes time.",
        f"Median of the operations that other threads took part in; {number} were traced.",
    ]


def _x(timeline: Timeline, at: int) -> float:
    return LEFT + (WIDTH - MARGIN - LEFT) * at / timeline.nanoseconds


def _bar(timeline: Timeline, part: Part) -> Bar:
    fill, down = LAYERS[part.kind]
    x = _x(timeline, part.start)
    width = max(0.5, _x(timeline, part.end) - x)
    y = TOP + LANE * part.lane + down
    fits = width > LETTER * len(part.kind) + 6
    detail = f": {clean(part.text, 120)}" if part.text else ""
    return Bar(
        x=f"{x:.1f}",
        y=y,
        width=f"{width:.1f}",
        height=BAR,
        fill=fill,
        words=f"{part.kind}, {_time(part.end - part.start)}{detail}",
        label=part.kind if fits else "",
        text_x=f"{x + 3:.1f}",
        text_y=y + 12,
    )


def _mark(timeline: Timeline, part: Part) -> Mark:
    fill = FLUSH_FILL if part.kind.startswith(FLUSH) else MARKS.get(part.kind, "#999999")
    words = f"{part.kind} after {_time(part.start)}"
    return Mark(f"{_x(timeline, part.start):.1f}", TOP + LANE * part.lane + 12, fill, words)


def _tick(timeline: Timeline, place: int) -> dict[str, str]:
    at = timeline.nanoseconds * place // TICKS
    anchor = "end" if place == TICKS else "middle"
    return {"x": f"{_x(timeline, at):.1f}", "text": _time(at), "anchor": anchor}


def _legend(timeline: Timeline) -> list[dict[str, object]]:
    kinds = {FLUSH if part.kind.startswith(FLUSH) else part.kind for part in timeline.parts}
    fills = {name: fill for name, (fill, _) in LAYERS.items()} | MARKS | {FLUSH: FLUSH_FILL}
    shown = [(name, fill) for name, fill in fills.items() if name in kinds]
    return [
        {"x": MARGIN + 162 * place, "fill": fill, "label": name, "span": name in LAYERS}
        for place, (name, fill) in enumerate(shown)
    ]


def _time(nanoseconds: int) -> str:
    return formatting.seconds(nanoseconds * 1e-9)


def _template() -> jinja2.Template:
    text = (resources.files(__package__) / "timeline.svg").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(text)
