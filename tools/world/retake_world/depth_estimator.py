"""A small depth estimator, trained on rendered pictures, so that clips without a depth pass can be edited by depth models."""
from __future__ import annotations

import json

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .dataset import Pictures
from .nearness import cache_nearness
from .small_training import parse_options, train

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
    options = parse_options(__doc__, batch=16, lr=2e-3, seed=2)
    data, held = Pictures(options.data, "train"), Pictures(options.data, "heldout")
    nearness = cache_nearness(data, options.out / "nearness.npy")
    model = DepthEstimator()

    def loss_of(_: int, draw: np.random.Generator) -> torch.Tensor:
        index = draw.integers(len(data), size=options.batch)
        x, truth = data.batch(index), torch.from_numpy(nearness[index].astype(np.float32)) * SCALE
        if draw.random() < 0.5:
            x, truth = x.flip(-1), truth.flip(-1)
        return (model(x) - truth).abs().mean()

    train(model, "depth_estimator", options, loss_of)
    result = errors(model, held, cache_nearness(held, options.out / "nearness-heldout.npy"), range(0, len(held), 2))
    (options.out / "depth_estimator.json").write_text(json.dumps({"heldout_error": result}, indent=2) + "\n")
    print(result)


if __name__ == "__main__":
    main()
