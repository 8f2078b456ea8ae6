"""Write stacks in the file format of the viewer speedscope.

Source: speedscope's src/lib/file-format-spec.ts, version 0.0.1.
"""

from __future__ import annotations

import json

from .caption import Caption
from .folded import Stacks, total

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def document(stacks: Stacks, caption: Caption) -> str:
    """Return stacks as a sampled profile: each stack is a sample, weighted by its count."""
    order = sorted(stacks)
    names = sorted({name for stack in order for name in stack})
    places = {name: place for place, name in enumerate(names)}
    profile = {
        "type": "sampled",
        "name": f"{caption.title} ({caption.subtitle})",
        "unit": "none",
        "startValue": 0,
        "endValue": total(stacks),
        "samples": [[places[name] for name in stack] for stack in order],
        "weights": [stacks[stack] for stack in order],
    }
    return json.dumps(
        {
            "$schema": SCHEMA,
            "name": caption.title,
            "exporter": "pkbench",
            "activeProfileIndex": 0,
            "shared": {"frames": [{"name": name} for name in names]},
            "profiles": [profile],
        },
        indent=1,
    )
