"""A small classifier of the four attributes, trained on rendered pictures alone, that judges whether captions are followed.

It never sees the generator or its latents. Pictures are averaged to half size first: what is judged is what one sees.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import checkpoint
from .dataset import Pictures, shot_of
from .spec import COLOURS, ENVIRONMENTS, MATERIALS, SHAPES, Look

ATTRIBUTES = {
    "shape": SHAPES,
    "colour": tuple(COLOURS),
    "material": MATERIALS,
    "environment": ENVIRONMENTS,
}
COLUMNS = ["step", "lr", "loss"]


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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    data, held = Pictures(options.data, "train"), Pictures(options.data, "heldout")
    path = options.out / "classifier.pt"
    model = Classifier()
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.lr, weight_decay=1e-3)
    state, step = checkpoint.load(path), 0
    if state:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    log = checkpoint.Log(options.out / "classifier.csv", COLUMNS, step)
    total = 0.0
    while step < options.steps:
        rate = checkpoint.learning_rate(step, options.steps, options.lr, 50, 0.5)
        for group in optimizer.param_groups:
            group["lr"] = rate
        draw = np.random.default_rng((options.seed, step))
        index = draw.integers(len(data), size=options.batch)
        x, truth = data.batch(index), labels(looks_of(data, index))
        if draw.random() < 0.5:
            x = x.flip(-1)
        # Generated pictures are softer than rendered ones: the judge must not lean on sharpness.
        x = F.avg_pool2d(F.pad(x, (1,) * 4, mode="replicate"), 3, 1) if draw.random() < 0.5 else x
        answer = model.train()(x + 0.03 * torch.randn_like(x))
        loss = sum(F.cross_entropy(answer[n], truth[n]) for n in ATTRIBUTES)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        step += 1
        total += loss.item()
        if step % 100 == 0 or step == options.steps:
            log.add(step=step, lr=rate, loss=total / ((step - 1) % 100 + 1))
            total = 0.0
            checkpoint.save(path, {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step})
    index = range(0, len(held), 2)
    result = accuracy(model, held.batch(index), looks_of(held, index))
    (options.out / "classifier.json").write_text(json.dumps({"heldout_accuracy": result}, indent=2) + "\n")
    print(result)


if __name__ == "__main__":
    main()
