"""A small classifier of the four attributes, trained on rendered pictures alone, that judges whether captions are followed.

It never sees the generator or its latents. Pictures are averaged to half size first: what is judged is what one sees.
"""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import checkpoint
from .dataset import Pictures, shot_of
from .small_training import parse_options, soften, train
from .spec import COLOURS, ENVIRONMENTS, MATERIALS, SHAPES, Look

ATTRIBUTES = {
    "shape": SHAPES,
    "colour": tuple(COLOURS),
    "material": MATERIALS,
    "environment": ENVIRONMENTS,
}


class Classifier(nn.Module):
    """Pictures [B, 3, 128, 128] in -1..1 -> logits by attribute."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        layers, inner = [], 3
        for outer in (width, 2 * width, 3 * width, 4 * width):
            layers += [nn.Conv2d(inner, outer, 3, stride=2, padding=1), nn.BatchNorm2d(outer), nn.ReLU()]
            layers += [nn.Conv2d(outer, outer, 3, padding=1), nn.BatchNorm2d(outer), nn.ReLU()] if inner > 3 else []
            inner = outer
        self.features = nn.Sequential(*layers)
        self.heads = nn.ModuleDict({name: nn.Linear(2 * inner, len(values)) for name, values in ATTRIBUTES.items()})

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        h = self.features(F.avg_pool2d(x, 2))
        h = torch.cat([h.mean((2, 3)), h.amax((2, 3))], 1)
        return {name: head(h) for name, head in self.heads.items()}


def labels(looks: list[Look]) -> dict[str, torch.Tensor]:
    return {n: torch.tensor([values.index(getattr(look, n)) for look in looks]) for n, values in ATTRIBUTES.items()}


@torch.no_grad()
def accuracy(model: Classifier, pictures: torch.Tensor, looks: list[Look]) -> dict[str, float]:
    """Share of pictures whose attribute is recognised as the look's."""
    answer, truth = model.eval()(pictures), labels(looks)
    return {n: (answer[n].argmax(1) == truth[n]).float().mean().item() for n in ATTRIBUTES}


def looks_of(data: Pictures, indices) -> list[Look]:
    return [shot_of(data.seed(int(i)), data.split).look for i in indices]


def load(path: Path) -> Classifier:
    state = checkpoint.load(path)
    assert state, f"no classifier at {path}"
    model = Classifier()
    model.load_state_dict(state["model"])
    return model.eval()


def main() -> None:
    options = parse_options(__doc__, batch=32, lr=2e-3, seed=1)
    data, held = Pictures(options.data, "train"), Pictures(options.data, "heldout")
    model = Classifier()

    def loss_of(_: int, draw: np.random.Generator) -> torch.Tensor:
        index = draw.integers(len(data), size=options.batch)
        x, truth = data.batch(index), labels(looks_of(data, index))
        if draw.random() < 0.5:
            x = x.flip(-1)
        x = soften(x) if draw.random() < 0.5 else x
        answer = model(x + 0.03 * torch.randn_like(x))
        return sum(F.cross_entropy(answer[n], truth[n]) for n in ATTRIBUTES)

    train(model, "classifier", options, loss_of)
    index = range(0, len(held), 2)
    result = accuracy(model, held.batch(index), looks_of(held, index))
    (options.out / "classifier.json").write_text(json.dumps({"heldout_accuracy": result}, indent=2) + "\n")
    print(result)


if __name__ == "__main__":
    main()
