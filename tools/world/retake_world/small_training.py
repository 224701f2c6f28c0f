"""The training loop of the small networks beside the denoiser: one optimiser, a rate that falls over the second half."""
from __future__ import annotations

import argparse
from pathlib import Path
from typing import Callable

import numpy as np
import torch
from torch import nn

from . import checkpoint

COLUMNS = ["step", "lr", "loss"]


def parse_options(description: str | None, *, batch: int, lr: float, seed: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--lr", type=float, default=lr)
    parser.add_argument("--seed", type=int, default=seed)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    return options


def train(model: nn.Module, name: str, options: argparse.Namespace, loss_of: Callable[[int, np.random.Generator], torch.Tensor]) -> None:
    """Trains in place to options.steps, from OUT/name.pt where that exists; loss_of(step, draw) is the loss of a step's batch."""
    path = options.out / f"{name}.pt"
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.lr, weight_decay=1e-3)
    state, step = checkpoint.load(path), 0
    if state:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    log = checkpoint.Log(options.out / f"{name}.csv", COLUMNS, step)
    total = 0.0
    model.train()
    while step < options.steps:
        rate = checkpoint.learning_rate(step, options.steps, options.lr, 50, 0.5)
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = loss_of(step, np.random.default_rng((options.seed, step)))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        step += 1
        total += loss.item()
        if step % 100 == 0 or step == options.steps:
            log.add(step=step, lr=rate, loss=total / ((step - 1) % 100 + 1))
            total = 0.0
            checkpoint.save(path, {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step})


def soften(pictures: torch.Tensor) -> torch.Tensor:
    """Averaged over 3×3: generated pictures are softer than rendered ones, and a measure must not lean on sharpness."""
    return torch.nn.functional.avg_pool2d(torch.nn.functional.pad(pictures, (1,) * 4, mode="replicate"), 3, 1)
