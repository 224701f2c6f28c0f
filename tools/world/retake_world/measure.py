"""Measures an exported bundle: autoencoder, caption following and inversion -> JSON."""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from .buffers import render_buffers
from .classifier import accuracy, load
from .dataset import FRAMES_PER_SHOT, Pictures, shot_of, shot_times
from .model import Bundle
from .spec import caption
from .train_autoencoder import psnr


def masks_of(data: Pictures, indices) -> torch.Tensor:
    """Object masks of pictures, rendered again from their seeds -> [B, 1, H, W] float."""
    side, masks = data.shards[0].shape[2], []
    for index in indices:
        seed = data.seed(index)
        time = shot_times(seed)[index % FRAMES_PER_SHOT]
        masks.append(render_buffers(shot_of(seed, data.split), [time], side, side).mask)
    return torch.cat(masks)[:, None].float()


def colour_error(a: torch.Tensor, b: torch.Tensor, mask: torch.Tensor) -> float:
    """Distance of the mean colours inside the mask, colours in 0..1, averaged over pictures."""
    def mean(x):
        return (x * mask).sum((2, 3)) / mask.sum((2, 3)).clamp(min=1)
    return ((mean(a) - mean(b)).norm(dim=1) / 2).mean().item()


def measure(bundle: Bundle, data: Pictures, judge: Path | None, count: int, steps: int, guidance: float) -> dict:
    every = max(1, len(data) // count)
    indices = list(range(0, len(data), every))[:count]
    pictures, looks = data.batch(indices), [shot_of(data.seed(i), data.split).look for i in indices]
    latents = bundle.encode(pictures)
    through = torch.cat([bundle.decode(z) for z in latents.split(16)])
    masks = masks_of(data, indices)
    result = {
        "pictures": len(indices),
        "autoencoder_psnr": psnr(through, pictures),
        "autoencoder_colour_error": colour_error(through, pictures, masks),
    }
    inverted = latents[:8]
    words = [caption(look) for look in looks[:8]]
    back = bundle.decode(bundle.sample(bundle.invert(inverted, words, 50), words, 50, 1.0))
    result["inversion_psnr_to_autoencoder"] = psnr(back, through[:8])
    result["inversion_psnr_to_source"] = psnr(back, pictures[:8])
    result["inversion_loss_db"] = psnr(through[:8], pictures[:8]) - result["inversion_psnr_to_source"]
    if judge is not None:
        model = load(judge)
        result["judge_on_rendered"] = accuracy(model, pictures, looks)
        noise = torch.from_numpy(np.random.default_rng(3).standard_normal(latents.shape, dtype=np.float32))
        painted = [
            bundle.decode(bundle.sample(z, [caption(look) for look in part], steps, guidance))
            for z, part in zip(noise.split(16), (looks[i : i + 16] for i in range(0, len(looks), 16)))
        ]
        result["guidance"], result["steps"] = guidance, steps
        result["caption_followed"] = accuracy(model, torch.cat(painted), looks)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="heldout", help="heldout: combinations never trained on")
    parser.add_argument("--judge", type=Path, default=None, help="classifier.pt")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=96)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--guidance", type=float, default=3.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = Pictures(options.data, options.split)
    result = measure(Bundle(options.bundle), data, options.judge, options.count, options.steps, options.guidance)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({"split": options.split, **result}, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
