"""A small depth estimator, trained on rendered pictures, so that clips without a depth pass can be edited by depth models."""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import checkpoint
from .dataset import Pictures
from .nearness import cache_nearness

COLUMNS = ["step", "lr", "loss"]
# Nearness 1/4, the object's, becomes about 1.
SCALE = 4.0


def block(inner: int, outer: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inner, outer, 3, stride, 1), nn.BatchNorm2d(outer), nn.ReLU())


class DepthEstimator(nn.Module):
    """pixel_values [B, 3, H, W] in -1..1, sides multiples of 32 -> predicted_depth [B, H/4, W/4], larger is nearer."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        widths = [width, 2 * width, 3 * width, 4 * width, 4 * width]
        self.down = nn.ModuleList(
            [nn.Sequential(block(i, o, 2), block(o, o)) for i, o in zip([3, *widths], widths)]
        )
        self.up = nn.ModuleList(
            [block(widths[i] + widths[i - 1], widths[i - 1]) for i in range(4, 1, -1)]
        )
        self.head = nn.Conv2d(widths[1], 1, 3, padding=1)

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        x, skips = pixel_values, []
        for layer in self.down:
            x = layer(x)
            skips.append(x)
        for i, layer in zip(range(3, 0, -1), self.up):
            x = layer(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), skips[i]], 1))
        return self.head(x)[:, 0].relu()


def errors(model: DepthEstimator, data: Pictures, nearness: np.ndarray, indices) -> dict[str, float]:
    """Mean absolute error of nearness scaled to 0..1 by the picture's own range, and its correlation with the truth."""
    with torch.no_grad():
        answer = torch.cat([model.eval()(data.batch(part)) for part in np.array_split(np.array(list(indices)), 8)])
    truth = torch.from_numpy(nearness[list(indices)].astype(np.float32)) * SCALE
    a, b = answer.flatten(1), truth.flatten(1)
    span = b.amax(1) - b.amin(1)
    correlation = torch.stack([torch.corrcoef(torch.stack(pair))[0, 1] for pair in zip(a, b)])
    return {"absolute": ((a - b).abs().mean(1) / span).mean().item(), "correlation": correlation.mean().item()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    data, held = Pictures(options.data, "train"), Pictures(options.data, "heldout")
    nearness = cache_nearness(data, options.out / "nearness.npy")
    path = options.out / "depth_estimator.pt"
    model = DepthEstimator()
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.lr, weight_decay=1e-3)
    state, step = checkpoint.load(path), 0
    if state:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    log = checkpoint.Log(options.out / "depth_estimator.csv", COLUMNS, step)
    total = 0.0
    while step < options.steps:
        rate = checkpoint.learning_rate(step, options.steps, options.lr, 50, 0.5)
        for group in optimizer.param_groups:
            group["lr"] = rate
        draw = np.random.default_rng((options.seed, step))
        index = draw.integers(len(data), size=options.batch)
        x, truth = data.batch(index), torch.from_numpy(nearness[index].astype(np.float32)) * SCALE
        if draw.random() < 0.5:
            x, truth = x.flip(-1), truth.flip(-1)
        loss = (model.train()(x) - truth).abs().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        step += 1
        total += loss.item()
        if step % 100 == 0 or step == options.steps:
            log.add(step=step, lr=rate, loss=total / ((step - 1) % 100 + 1))
            total = 0.0
            checkpoint.save(path, {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step})
    result = errors(model, held, cache_nearness(held, options.out / "nearness-heldout.npy"), range(0, len(held), 2))
    (options.out / "depth_estimator.json").write_text(json.dumps({"heldout_error": result}, indent=2) + "\n")
    print(result)


if __name__ == "__main__":
    main()
