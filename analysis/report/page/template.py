"""Render the page, with a policy that lets only the page's own script run."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

TEMPLATES = ("report.html", "macros.html", "cases.html", "report.css")
# One script in the order of these files; `page` connects what the others define.
SCRIPT = (
    *("numbers", "quotient", "view", "cells", "cost_list", "controls", "sort", "copy"),
    "page",
)


def render(parts: Mapping[str, Any]) -> str:
    """Return the page."""
    script = _script()
    return _template().render(
        **parts,
        policy=policy(script),
        script=Markup(script),  # noqa: S704 (a file of this package)
    )


@cache
def _template() -> jinja2.Template:
    """Return the page's template; compiling it takes longer than rendering it."""
    environment = jinja2.Environment(
        loader=jinja2.DictLoader({name: _text(name) for name in TEMPLATES}),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"bound": bound, "breakable": breakable}
    return environment.get_template("report.html")


def bound(text: str) -> str:
    """Keep a number and its unit on one line."""
    return re.sub(
        r"(?<=\d) (?=(?:%|ns|µs|ms|s|times|pages?|instructions)\b|%)", "\N{NO-BREAK SPACE}", text
    )


def breakable(text: str) -> Markup:
    """Allow a line break after each part of a case's name."""
    return Markup("/<wbr>").join(text.split("/"))


def policy(script: str) -> str:
    """Return a Content-Security-Policy that allows inline styles and this one script."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'"
    )


def _script() -> str:
    """Return the page's script; nothing in it is visible from outside."""
    parts = "\n".join(_text(f"script/{name}.js") for name in SCRIPT)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


def _text(name: str) -> str:
    folder = resources.files(__package__.rpartition(".")[0]).joinpath("templates")
    return folder.joinpath(name).read_text(encoding="utf-8")
