"""Small vector helpers shared by the renderer. Vectors are [..., 3] float32."""
from __future__ import annotations

import torch


def dot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum(-1)


def normalise(v: torch.Tensor) -> torch.Tensor:
    return v * torch.rsqrt((v * v).sum(-1, keepdim=True) + 1e-9)


def smoothstep(low: float, high: float, x: torch.Tensor) -> torch.Tensor:
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def mix(a, b, t):
    return a + (b - a) * t


def reflect(d: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
    return d - 2 * dot(d, n)[:, None] * n


def hash01(x: torch.Tensor) -> torch.Tensor:
    """A repeatable number in [0, 1) per integer-valued input."""
    return torch.frac(torch.sin(x * 12.9898) * 4375.8545).abs()
