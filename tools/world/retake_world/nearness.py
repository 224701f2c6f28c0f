"""Nearness (1 / depth, sky 0) of the training pictures, rendered again from their seeds: what a depth estimator answers."""
from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .buffers import render_buffers
from .dataset import FRAMES_PER_SHOT, Pictures, shot_of, shot_times

SIDE = 32


def cache_nearness(data: Pictures, path: Path) -> np.ndarray:
    """float16 [pictures, SIDE, SIDE], in the order of the pictures."""
    if not path.exists():
        seeds = [data.seed(i) for i in range(0, len(data), FRAMES_PER_SHOT)]
        depth = [render_buffers(shot_of(seed, data.split), shot_times(seed), SIDE, SIDE).depth for seed in seeds]
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            np.save(file, (1 / torch.cat(depth)).half().numpy())
        temporary.replace(path)
    return np.load(path, mmap_mode="r")


def depth_channel(nearness: np.ndarray, side: int) -> np.ndarray:
    """float32 [pictures, 1, side, side], scaled to -1 (far) .. 1 (near) over every shot, as the editor does it."""
    small = F.adaptive_avg_pool2d(torch.from_numpy(nearness.astype(np.float32))[:, None], side)
    shots = small.view(-1, FRAMES_PER_SHOT, side * side)
    low, high = shots.amin((1, 2), keepdim=True), shots.amax((1, 2), keepdim=True)
    return ((shots - low) / (high - low) * 2 - 1).view_as(small).numpy()
