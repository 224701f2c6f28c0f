"""Renders held-out shots with the true answer to every edit, for measuring editing methods.

OUT/set.json lists the cases; OUT/NN/ holds source.mkv and mask.mkv (FFV1, lossless), and as .npy: source and truth-KIND
uint8 [T, H, W, 3], mask bool [T, H, W], depth float32 [T, H, W] (sky 1e4), flow float32 [T-1, H, W, 2] in pixels to
the next frame, occluded bool [T-1, H, W]. An edit changes the look alone, so mask, depth and flow hold for the truth
too, except where the shape changes.
"""
from __future__ import annotations

import argparse
import json
import random
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np

from .buffers import render_buffers
from .dataset import VALIDATION_SEED
from .render import render
from .spec import COLOURS, ENVIRONMENTS, MATERIALS, SHAPES, Look, Shot, caption, sample_shot

# Few and far between, so that things move by a pixel or two from frame to frame: eight frames show a second.
RATE = 8
FIRST_SEED = VALIDATION_SEED + 500_000  # apart from the validation shards
KINDS = {
    "colour": tuple(COLOURS),
    "material": MATERIALS,
    "environment": ENVIRONMENTS,
    "shape": SHAPES,
}


def edited(look: Look, kind: str, rng: random.Random) -> Look:
    """The look with one attribute changed to another value."""
    return replace(look, **{kind: rng.choice([value for value in KINDS[kind] if value != getattr(look, kind)])})


def write_lossless(ffmpeg: Path, frames: np.ndarray, rate: int, out: Path) -> None:
    """FFV1 of RGB [T, H, W, 3] or grey [T, H, W] pictures, uint8."""
    height, width = frames.shape[1:3]
    given, kept = ("rgb24", "bgr0") if frames.ndim == 4 else ("gray", "gray")
    command = [str(ffmpeg), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", given, "-s", f"{width}x{height}",
               "-r", str(rate), "-i", "-", "-c:v", "ffv1", "-pix_fmt", kept, str(out)]  # fmt: skip
    subprocess.run(command, input=frames.tobytes(), check=True)


def render_case(
    folder: Path, shot: Shot, times: list[float], kinds: tuple[str, ...], rng: random.Random, side: int, rate: int, ffmpeg: Path | None
) -> dict:
    """One shot with one edit of each kind -> its entry of set.json."""
    folder.mkdir(parents=True, exist_ok=True)
    source = render(shot, times, side, side).numpy()
    np.save(folder / "source.npy", source)
    buffers = render_buffers(shot, times, side, side)
    for name in ("mask", "depth", "flow", "occluded"):
        np.save(folder / f"{name}.npy", getattr(buffers, name).numpy())
    if ffmpeg is not None:
        write_lossless(ffmpeg, source, rate, folder / "source.mkv")
        write_lossless(ffmpeg, buffers.mask.numpy().astype(np.uint8) * 255, rate, folder / "mask.mkv")
    edits = []
    for kind in kinds:
        look = edited(shot.look, kind, rng)
        np.save(folder / f"truth-{kind}.npy", render(Shot(look, shot.staging), times, side, side).numpy())
        edits.append({"kind": kind, "to": getattr(look, kind), "prompt": caption(look), "truth": f"truth-{kind}.npy"})
    return {"case": folder.name, "shot": shot.to_json(), "times": times, "sourcePrompt": caption(shot.look), "edits": edits}


def write_case(folder: Path, seed: int, frames: int, side: int, ffmpeg: Path | None) -> dict:
    """The shot of a seed, from a random place in it as if it were four seconds long."""
    rng = random.Random(seed)
    span = (frames - 1) / (4 * RATE)
    first = rng.uniform(0, 1 - span)
    times = [first + i / (4 * RATE) for i in range(frames)]
    case = render_case(folder, sample_shot(seed, held_out=True), times, tuple(KINDS), rng, side, RATE, ffmpeg)
    return {"case": case.pop("case"), "seed": seed, **case}


def write_set(out: Path, rate: int, side: int, frames: int, cases: list[dict]) -> None:
    about = {"rate": rate, "side": side, "frames": frames, "cases": cases}
    (out / "set.json").write_text(json.dumps(about, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=24)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--ffmpeg", type=Path, default=None, help="also writes source.mkv")
    options = parser.parse_args()
    cases = [
        write_case(options.out / f"{i:02d}", FIRST_SEED + i, options.frames, options.side, options.ffmpeg)
        for i in range(options.cases)
    ]
    write_set(options.out, RATE, options.side, options.frames, cases)


if __name__ == "__main__":
    main()
