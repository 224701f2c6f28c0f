"""Contact sheets: what the autoencoder loses and what captions give."""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .dataset import Pictures
from .model import Bundle
from .spec import COLOURS, ENVIRONMENTS, MATERIALS, SHAPES, Look, caption

GUIDANCE = (1.0, 3.0, 5.0)


def save_sheet(path: Path, rows: list[torch.Tensor]) -> None:
    """Rows of pictures [n, 3, H, W] in -1..1, one under another."""
    sheet = torch.cat([torch.cat(list(row), 2) for row in rows], 1)
    pixels = ((sheet.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, optimize=True)


def sampled_looks() -> list[Look]:
    """Every environment, material, shape and colour at least once in ten captions."""
    colours = list(COLOURS)
    return [
        Look(SHAPES[(i + i // 5) % 5], colours[i % 8], MATERIALS[(i + i // 5) % 4], ENVIRONMENTS[i % 5]) for i in range(10)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=25)
    options = parser.parse_args()
    torch.set_num_threads(1)
    bundle = Bundle(options.bundle)
    data = Pictures(options.data, "validation")
    pictures = data.batch(range(0, len(data), len(data) // 10))[:10]
    save_sheet(options.out / "autoencoder.png", [pictures, bundle.decode(bundle.encode(pictures))])
    looks = sampled_looks()
    captions = [caption(look) for look in looks]
    latent = bundle.encode(pictures)
    noise = torch.from_numpy(np.random.default_rng(1).standard_normal(latent.shape, dtype=np.float32))
    rows = [bundle.decode(bundle.sample(noise, captions, options.steps, scale)) for scale in GUIDANCE]
    save_sheet(options.out / "captions.png", rows)
    (options.out / "captions.txt").write_text("\n".join(captions) + "\n")


if __name__ == "__main__":
    main()
