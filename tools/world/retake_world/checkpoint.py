"""Training state on disk, replaced atomically, and the moving average of weights."""
from __future__ import annotations

import argparse
import copy
import csv
import json
import os
from pathlib import Path

import torch
from torch import nn


def save(path: Path, state: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with open(temporary, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def load(path: Path, device: str = "cpu") -> dict | None:
    return torch.load(path, map_location=device, weights_only=True) if path.exists() else None


def record_options(path: Path, options: argparse.Namespace, **more: int) -> None:
    """The options of a run beside its log; folders and device are the machine's, not the run's."""
    kept = {k: v for k, v in vars(options).items() if not isinstance(v, Path) and k not in ("threads", "device")}
    path.write_text(json.dumps({**kept, **more, "torch": torch.__version__}, indent=2) + "\n")


class Average:
    """Exponential moving average; the decay grows with the step so that early weights are soon forgotten."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = copy.deepcopy(model).requires_grad_(False).eval()
        self.decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        weight = 1 - min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.model.parameters()), [p.data for p in model.parameters()], weight)


def learning_rate(step: int, steps: int, peak: float, warmup: int, decay_from: float) -> float:
    """Linear warm-up, constant, then linear to 2 % over the last part; the end can be moved while running."""
    if step < warmup:
        return peak * (step + 1) / warmup
    start = decay_from * steps
    return peak * (1 - 0.98 * max(0.0, min(1.0, (step - start) / (steps - start))))


class Log:
    """One CSV row per report; rows after a resumed step are dropped, so a curve has no doubled part."""

    def __init__(self, path: Path, columns: list[str], resumed_at: int) -> None:
        self.path, self.columns = path, columns
        rows = []
        if path.exists():
            with open(path, newline="") as file:
                rows = [row for row in csv.reader(file)][1:]
        kept = [row for row in rows if int(row[0]) <= resumed_at]
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows([columns, *kept])

    def add(self, **values: float) -> None:
        row = [f"{values[c]:.6g}" for c in self.columns]
        with open(self.path, "a", newline="") as file:
            csv.writer(file).writerow(row)
        print("  ".join(f"{c} {v}" for c, v in zip(self.columns, row)), flush=True)
