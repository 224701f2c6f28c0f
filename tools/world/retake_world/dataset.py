"""Training pictures on disk: shards of shots, rendered once, made again identically from their seeds."""
from __future__ import annotations

import argparse
import os
import random
from pathlib import Path

import numpy as np
import torch

from .render import render
from .spec import Shot, sample_shot

SHOTS_PER_SHARD = 100
FRAMES_PER_SHOT = 3
VALIDATION_SEED = 9_000_000


def shot_times(seed: int, count: int = FRAMES_PER_SHOT) -> list[float]:
    rng = random.Random(seed + 0x5EED)
    return sorted(rng.uniform(0, 1) for _ in range(count))


def shard_seeds(shard: int, split: str) -> list[int]:
    """Seeds of a shard. Splits: train; validation (seen combinations, new staging); heldout (unseen combinations)."""
    first = shard * SHOTS_PER_SHARD + (0 if split == "train" else VALIDATION_SEED)
    return list(range(first, first + SHOTS_PER_SHARD))


def shot_of(seed: int, split: str) -> Shot:
    return sample_shot(seed, held_out=split == "heldout")


def shard_path(folder: Path, split: str, shard: int) -> Path:
    return folder / f"{split}-{shard:04d}.npy"


def render_shard(folder: Path, split: str, shard: int, side: int, device: str) -> None:
    """Writes uint8 [shots, frames, side, side, 3]; skipped when it already exists."""
    path = shard_path(folder, split, shard)
    if path.exists():
        return
    clips = [
        render(shot_of(seed, split), shot_times(seed), side, side, device=device).cpu().numpy()
        for seed in shard_seeds(shard, split)
    ]
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    with open(temporary, "wb") as file:
        np.save(file, np.stack(clips))
    temporary.rename(path)


class Pictures:
    """All rendered shards of a split, memory-mapped: picture i is frame i % FRAMES_PER_SHOT of shot i // FRAMES_PER_SHOT."""

    def __init__(self, folder: Path, split: str, limit: int | None = None) -> None:
        paths = sorted(folder.glob(f"{split}-*.npy"))[:limit]
        assert paths, f"no {split} shards in {folder}: run retake_world.dataset first"
        for expected, path in enumerate(paths):
            assert path == shard_path(folder, split, expected), f"shard {expected} of {split} is missing"
        self.split = split
        self.shards = [np.load(path, mmap_mode="r") for path in paths]
        self.per_shard = SHOTS_PER_SHARD * FRAMES_PER_SHOT

    def __len__(self) -> int:
        return len(self.shards) * self.per_shard

    def seed(self, index: int) -> int:
        shard, within = divmod(index, self.per_shard)
        return shard_seeds(shard, self.split)[within // FRAMES_PER_SHOT]

    def batch(self, indices) -> torch.Tensor:
        """RGB in -1..1 -> [B, 3, side, side]."""
        pictures = []
        for index in indices:
            shard, within = divmod(int(index), self.per_shard)
            pictures.append(self.shards[shard][within // FRAMES_PER_SHOT, within % FRAMES_PER_SHOT])
        return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", choices=("train", "validation", "heldout"), default="train")
    parser.add_argument("--shards", type=int, default=60)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--worker", type=int, default=0, help="renders shards worker, worker + workers, ...")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    if options.device == "cpu":
        torch.set_num_threads(1)  # rays are cheap and many: processes scale, threads do not
    options.out.mkdir(parents=True, exist_ok=True)
    for shard in range(options.worker, options.shards, options.workers):
        render_shard(options.out, options.split, shard, options.side, options.device)
        print(f"{options.split} shard {shard + 1} of {options.shards}", flush=True)


if __name__ == "__main__":
    main()
