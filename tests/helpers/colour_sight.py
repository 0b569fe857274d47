"""How far apart two colours look, also to people who lack a kind of cone, and their contrast.

Dichromats as simulated by Machado, Oliveira and Fernandes (IEEE TVCG 15(6), 2009, severity 1.0), on
linear sRGB. Distances are Euclidean in Oklab (Ottosson, 2020), times 100: about 2 can just be told.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIGHTS = {
    "normal": np.eye(3),
    "protanope": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranope": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear(colour: str) -> NDArray[np.float64]:
    """Linear sRGB of #rrggbb."""
    values = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def distance(one: str, other: str, sight: str) -> float:
    """How far apart two colours look to this sight."""
    seen = [np.clip(SIGHTS[sight] @ linear(colour), 0, 1) for colour in (one, other)]
    here, there = (TO_OKLAB @ np.cbrt(TO_CONES @ each) for each in seen)
    return float(np.linalg.norm(here - there) * 100)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    darker, lighter = sorted(float(linear(each) @ [0.2126, 0.7152, 0.0722]) for each in (one, other))
    return (lighter + 0.05) / (darker + 0.05)
