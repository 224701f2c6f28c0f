"""A small image-text encoder (CLIP's role), so that takes can be measured against their prompts.

Trained on rendered pictures and their captions with the pairwise sigmoid loss (Zhai et al. 2023, SigLIP): a picture
belongs to every caption of the same look, which a softmax over the batch would punish.
"""
from __future__ import annotations

import json
import random

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .classifier import ATTRIBUTES, looks_of
from .dataset import Pictures
from .small_training import parse_options, soften, train
from .spec import Look, caption
from .text_encoder import CLIPTextModel, text_config
from .tokenizer import LENGTH, Tokenizer

SIDE = 64


class ImageEncoder(nn.Module):
    """pixel_values [B, 3, 64, 64] in -1..1 -> image_embeds [B, D], not normalised."""

    def __init__(self, dimensions: int, width: int = 32) -> None:
        super().__init__()
        layers, inner = [], 3
        for outer in (width, 2 * width, 3 * width, 4 * width):
            layers += [nn.Conv2d(inner, outer, 3, stride=2, padding=1), nn.BatchNorm2d(outer), nn.ReLU()]
            layers += [nn.Conv2d(outer, outer, 3, padding=1), nn.BatchNorm2d(outer), nn.ReLU()] if inner > 3 else []
            inner = outer
        self.features = nn.Sequential(*layers)
        self.projection = nn.Linear(2 * inner, dimensions)

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        h = self.features(pixel_values)
        return self.projection(torch.cat([h.mean((2, 3)), h.amax((2, 3))], 1))


class TextEncoder(nn.Module):
    """input_ids [B, L] -> text_embeds [B, D], not normalised."""

    def __init__(self, config: dict, dimensions: int) -> None:
        super().__init__()
        self.text_model = CLIPTextModel(config)
        self.text_projection = nn.Linear(config["hidden_size"], dimensions, bias=False)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        return self.text_projection(self.text_model(input_ids)[1])


class ImageText(nn.Module):
    def __init__(self, dimensions: int = 64) -> None:
        super().__init__()
        tokenizer = Tokenizer()
        self.config = text_config(len(tokenizer.tokens), LENGTH, 64, layers=2)
        self.vision, self.text = ImageEncoder(dimensions), TextEncoder(self.config, dimensions)
        self.scale, self.bias = nn.Parameter(torch.tensor(2.3)), nn.Parameter(torch.tensor(-6.0))

    def cosines(self, pictures: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.vision(pictures), dim=1) @ F.normalize(self.text(ids), dim=1).T

    def forward(self, pictures: torch.Tensor, ids: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
        logits = self.cosines(pictures, ids) * self.scale.exp() + self.bias
        return -F.logsigmoid(torch.where(same, logits, -logits)).sum(1).mean()


def shrink(pictures: torch.Tensor) -> torch.Tensor:
    return F.interpolate(pictures, size=(SIDE, SIDE), mode="bicubic", antialias=True)


@torch.no_grad()
def retrieval(model: ImageText, pictures: torch.Tensor, looks: list[Look]) -> dict[str, float]:
    """Share of pictures nearer to their own caption than to every caption with one attribute changed, by attribute."""
    model.eval()
    tokenizer, share = Tokenizer(), {}
    images = F.normalize(model.vision(shrink(pictures)), dim=1)
    for name, values in ATTRIBUTES.items():
        hits = 0
        for image, look in zip(images, looks):
            ids = [tokenizer.encode(caption(Look(**{**vars(look), name: value}))) for value in values]
            texts = F.normalize(model.text(torch.tensor(ids)), dim=1)
            hits += int((texts @ image).argmax()) == values.index(getattr(look, name))
        share[name] = hits / len(looks)
    return share


def main() -> None:
    options = parse_options(__doc__, batch=64, lr=1.5e-3, seed=3)
    data, held, tokenizer = Pictures(options.data, "train"), Pictures(options.data, "heldout"), Tokenizer()
    model = ImageText()

    def loss_of(step: int, draw: np.random.Generator) -> torch.Tensor:
        words = random.Random(options.seed * 1_000_003 + step)
        index = draw.integers(len(data), size=options.batch)
        looks = looks_of(data, index)
        x = shrink(data.batch(index))
        if draw.random() < 0.5:
            x = x.flip(-1)
        ids = torch.tensor([tokenizer.encode(caption(look, words)) for look in looks])
        same = torch.tensor([[a == b for b in looks] for a in looks])
        x = soften(x) if draw.random() < 0.3 else x
        return model(x + 0.03 * torch.randn_like(x), ids, same)

    train(model, "image_text", options, loss_of)
    index = range(0, len(held), 3)
    result = retrieval(model, held.batch(index), looks_of(held, index))
    (options.out / "image_text.json").write_text(json.dumps({"heldout_own_caption_nearest": result}, indent=2) + "\n")
    print(result)


if __name__ == "__main__":
    main()
