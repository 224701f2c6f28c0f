"""Renders held-out shots that move a lot, with the true answer to every edit, for telling editing methods apart.

The layout is heldout.py's. Every shot says what moves: "turn" (new sides come into view), "fast" (things cross the
picture), "occlusion" (the object goes out of sight and comes back), "camera".
"""
from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

from .heldout import render_case, write_set
from .spec import Look, Shot, Staging

RATE = 24
KINDS = ("colour", "environment")


@dataclass(frozen=True)
class Moving:
    motions: tuple[str, ...]
    shot: Shot
    there_and_back: bool = False

    def times(self, frames: int) -> list[float]:
        """Evenly from 0 to 1, or to 1 in the middle and back to 0."""
        last = max(1, frames - 1)
        return [2 * min(i, last - i) / last if self.there_and_back else i / last for i in range(frames)]


def _moving(motions: str, look: str, there_and_back: bool = False, **moves: float) -> Moving:
    """A quiet shot of an object in the middle, but for what moves."""
    quiet = dict(direction=1, size=0.9, x0=0.0, span=0.0, z=0.1, yaw=0.3, spin=0.0, camera_x=0.0, camera_dx=0.0, camera_y=1.4,
                 camera_z=-4.6, camera_dz=0.0, look_y=0.7, light_x=-0.7, sun_x=0.15, pattern=0.37)  # fmt: skip
    return Moving(tuple(motions.split()), Shot(Look(*look.split()), Staging(**(quiet | moves))), there_and_back)


SHOTS = (
    # Three quarters of a turn.
    _moving("turn", "cube red matte sea", x0=-0.2, span=0.4, spin=4.4),
    # From edge to edge, rolling.
    _moving("fast", "sphere orange matte desert", x0=-2.1, span=4.2, size=0.85, pattern=0.62),
    # Behind a post, hidden altogether on the way.
    _moving("occlusion", "cylinder blue matte meadow", x0=-1.2, span=2.4, z=0.6, size=0.62, post=0.0),
    # Round a ring: narrow, wide, narrow.
    _moving("camera turn", "torus red matte snow", camera_x=-3.8, camera_dx=7.0, camera_z=-3.6, pattern=0.2),
    _moving("turn", "cube pink metal meadow", direction=-1, x0=0.3, span=0.6, spin=-4.4, light_x=0.6, pattern=0.8),
    # Out of the picture and back.
    _moving("occlusion fast", "cone purple matte city", True, x0=1.7, span=2.8, z=-1.0, size=0.6, pattern=0.11),
    # The camera goes along, more slowly.
    _moving("camera fast", "sphere green matte sea", x0=-2.0, span=4.0, camera_x=-1.6, camera_dx=3.4, pattern=0.45),
    # Towards a cube that turns.
    _moving("camera turn", "cube white matte meadow", camera_z=-6.6, camera_dz=3.3, spin=2.4, yaw=-0.4, pattern=0.9),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--ffmpeg", type=Path, default=None, help="also writes source.mkv and mask.mkv")
    options = parser.parse_args()
    cases = []
    for i, moving in enumerate(SHOTS):
        times = moving.times(options.frames)
        folder = options.out / f"{i:02d}"
        case = render_case(folder, moving.shot, times, KINDS, random.Random(i), options.side, RATE, options.ffmpeg)
        cases.append({**case, "motions": moving.motions})
    write_set(options.out, RATE, options.side, options.frames, cases)


if __name__ == "__main__":
    main()
