"""Flame graphs show what was counted, whatever the functions are called."""

import json
import random
from xml.etree import ElementTree

import pytest

from pkbench.analysis import ResultError
from pkbench.analysis.flame import difference, folded, graph, speedscope
from pkbench.analysis.flame.caption import Caption
from pkbench.analysis.flame.folded import Stacks
from pkbench.analysis.flame.tree import Box, boxes, grow

CAPTION = Caption("protect/mprotect", "Linux 6.1.192: instructions, exact.", "instructions")
STACKS: Stacks = {
    ("main",): 12,
    ("main", "entry_[k]"): 80,
    ("main", "entry_[k]", "change_[k]"): 568,
    ("main", "entry_[k]", "walk_[k]"): 427,
}
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("1")</script>&\'\x00\ud800'


def forest(seed: int, stacks: int) -> dict[tuple[str, ...], int]:
    """Make stacks of any depth."""
    draw = random.Random(seed)
    names = [f"f{number}" for number in range(30)]
    return {
        tuple(draw.choices(names, k=draw.randint(1, 12))): draw.randint(0, 10_000)
        for _ in range(stacks)
    }


def frames(svg: str) -> list[ElementTree.Element]:
    tree = ElementTree.fromstring(svg)
    return [group for group in tree.iter(f"{SVG}g") if group.get("class") == "flame-frame"]


def words(frame: ElementTree.Element) -> str:
    return frame.findtext(f"{SVG}title") or ""


def said(svg: str) -> list[str]:
    """Return what each frame says of itself."""
    return [words(frame) for frame in frames(svg)]


def fill(svg: str, name: str) -> str:
    frame = next(frame for frame in frames(svg) if frame.get("data-name") == name)
    rect = frame.find(f"{SVG}rect")
    assert rect is not None
    return rect.get("fill", "")


# Folded stacks


def test_folded_stacks_are_read_back_as_they_were_written():
    assert STACKS == folded.parse("it", folded.text(STACKS))


def test_lines_of_one_stack_are_added_up():
    assert {("a", "b c"): 5} == folded.parse("it", "a;b c 2\n\na;b c 3\n")


def test_a_name_that_would_break_the_text_is_replaced():
    assert {("a:b", "?", "c d"): 1} == folded.parse("it", folded.text({("a;b", "", "c\nd"): 1}))


@pytest.mark.parametrize(
    "line", ["a;b", "a;b -1", "a;b 1_0", "a;;b 1", "a 1.5", "a " + "9" * 30, "7"]
)
def test_what_is_no_folded_stack_is_one_sentence_with_its_line(line):
    with pytest.raises(ResultError, match=r"^it, line 2, is not `outer;inner count`\.$"):
        folded.parse("it", f"a 1\n{line}\n")


def test_stacks_without_end_are_refused():
    with pytest.raises(ResultError, match=r"line 1, is deeper than 512 functions"):
        folded.parse("it", ";".join(["f"] * 513) + " 1\n")
    with pytest.raises(ResultError, match="more than 50,000 stacks"):
        folded.parse("it", "".join(f"f{number} 1\n" for number in range(50_001)))


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(ResultError, match="No such file"):
        folded.read(tmp_path / "none")


# The layout


def inside(outer: Box, inner: Box) -> bool:
    return (
        inner.depth == outer.depth + 1
        and outer.start <= inner.start
        and inner.start + inner.width <= outer.start + outer.width
    )


@pytest.mark.parametrize("most", [10, 100, 100_000])
@pytest.mark.parametrize("seed", range(5))
def test_callers_are_as_wide_as_themselves_and_what_they_call(seed, most):
    laid = boxes(grow([forest(seed, 80)], "all"), most)
    assert len(laid) <= most
    for box in laid:
        called = [other for other in laid if inside(box, other)]
        if called:
            assert box.width == box.own[0] + sum(other.width for other in called)
    assert sum(forest(seed, 80).values()) == laid[0].width == laid[0].whole[0]


def test_neighbours_do_not_overlap():
    laid = boxes(grow([forest(1, 200)], "all"))
    for depth in range(12):
        level = sorted((box.start, box.width) for box in laid if box.depth == depth)
        ends = [start + width for start, width in level]
        assert all(start >= end for (start, _), end in zip(level[1:], ends, strict=False))


def test_what_is_too_narrow_is_merged_and_says_how_many_frames_it_is():
    narrow: list[tuple[str, ...]] = [("main", f"f{number}") for number in range(5000)]
    many = {**dict.fromkeys(narrow, 1), ("main", "wide"): 100_000}
    assert "5,000 narrow frames: 5,000 instructions, 4.8 %" in said(graph.svg(many, CAPTION))


# The picture


def test_a_frame_says_its_count_its_share_and_its_own_part():
    shown = said(graph.svg(STACKS, CAPTION))
    assert "entry (kernel): 1,075 instructions, 98.9 %; in itself 80" in shown
    assert "change (kernel): 568 instructions, 52.3 %" in shown


def test_the_picture_has_title_origin_and_total():
    tree = ElementTree.fromstring(graph.svg(STACKS, CAPTION))
    texts = [text.text for text in tree.findall(f"{SVG}text")]
    assert [CAPTION.title, CAPTION.subtitle, "1,087 instructions in all."] == texts[:3]


@pytest.mark.parametrize("seed", range(3))
def test_the_same_stacks_give_the_same_bytes_in_whatever_order(seed):
    stacks = forest(seed, 100)
    shuffled = dict(random.Random(seed).sample(sorted(stacks.items()), len(stacks)))
    assert graph.svg(stacks, CAPTION) == graph.svg(shuffled, CAPTION)
    assert difference.svg(stacks, STACKS, CAPTION) == difference.svg(shuffled, STACKS, CAPTION)


def test_a_name_is_text_whatever_it_holds():
    plain: Stacks = {("main", "b"): 1}
    hostile: Stacks = {("main", HOSTILE): 1}
    caption = Caption(HOSTILE, HOSTILE, "instructions")
    for svg in (graph.svg(hostile, caption), difference.svg(plain, hostile, caption)):
        tree = ElementTree.fromstring(svg)
        assert 1 == len(list(tree.iter(f"{SVG}script")))
        assert any('<script>alert("1")</script>&\'' in text for text in said(svg))


def test_the_kernels_frames_have_a_colour_and_a_legend_of_their_own():
    svg = graph.svg(STACKS, CAPTION)
    assert fill(svg, "main") != fill(svg, "change_[k]")
    assert ">kernel</text>" in svg
    assert ">user mode</text>" in svg


def test_no_stack_at_all_is_an_empty_picture():
    assert ["all: 0 instructions, 0 %"] == said(graph.svg({}, CAPTION))
    assert ["all: 0 → 0 instructions (no change)"] == said(difference.svg({}, {}, CAPTION))


# Two profiles


def changed() -> str:
    new = {**STACKS, ("main", "entry_[k]", "change_[k]"): 513, ("main", "entry_[k]", "mas_[k]"): 55}
    del new["main", "entry_[k]", "walk_[k]"]
    return difference.svg(STACKS, new, CAPTION)


def test_a_frame_says_what_it_was_and_what_it_is():
    shown = said(changed())
    assert "change (kernel): 568 → 513 instructions (−55, −9.7 %)" in shown
    assert "walk (kernel): 427 → 0 instructions (gone)" in shown
    assert "mas (kernel): 0 → 55 instructions (new)" in shown


def test_more_is_orange_less_is_blue_and_the_same_is_grey():
    svg = changed()
    blue, grey, orange = ("#56b4e9", "#ebebeb", "#e69f00")
    assert blue == fill(svg, "walk_[k]")
    assert grey == fill(svg, "entry_[k]")
    assert orange == fill(difference.svg({}, {("a",): 1}, CAPTION), "a")


def test_both_totals_stand_above_and_nothing_that_is_gone_is_lost():
    svg = changed()
    assert "1,087 → 660 instructions in all (−427, −39.3 %)." in svg
    assert 12 + 80 + 568 + 427 + 55 == int(frames(svg)[0].get("data-width", ""))


# Another viewer's file


def test_the_file_for_speedscope_holds_every_stack_and_its_weight():
    document = json.loads(speedscope.document(STACKS, CAPTION))
    names = [frame["name"] for frame in document["shared"]["frames"]]
    (profile,) = document["profiles"]
    read = {
        tuple(names[place] for place in sample): weight
        for sample, weight in zip(profile["samples"], profile["weights"], strict=True)
    }
    assert STACKS == read
    assert ("sampled", 0, 1087) == (profile["type"], profile["startValue"], profile["endValue"])
    assert speedscope.SCHEMA == document["$schema"]
