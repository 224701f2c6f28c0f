"""Signed distances of the five shapes in object space, unit scale. Formulas: I. Quilez, "Distance functions"."""
from __future__ import annotations

import torch

BOUND_SQUARED = 1.5  # squared radius of a sphere that holds every shape


def distance(p: torch.Tensor, shape: str) -> torch.Tensor:
    """Distance of points [M, 3] to the surface, negative inside -> [M]."""
    x, y, z = p.unbind(-1)
    if shape == "sphere":
        return torch.sqrt(x * x + y * y + z * z) - 1
    if shape == "cube":
        q = p.abs() - 0.68
        return q.clamp(min=0).norm(dim=-1) + q.amax(-1).clamp(max=0) - 0.10
    if shape == "cylinder":
        side = torch.sqrt(x * x + z * z) - 0.66
        end = y.abs() - 0.80
        outside = torch.sqrt(side.clamp(min=0) ** 2 + end.clamp(min=0) ** 2)
        return torch.maximum(side, end).clamp(max=0) + outside - 0.07
    if shape == "torus":
        ring = torch.sqrt(x * x + y * y) - 0.72
        return torch.sqrt(ring * ring + z * z) - 0.28
    assert shape == "cone", shape
    return _capped_cone(torch.sqrt(x * x + z * z), y, 0.86, 0.84, 0.06) - 0.05


def _capped_cone(q: torch.Tensor, y: torch.Tensor, h: float, r1: float, r2: float) -> torch.Tensor:
    cap_q = q - torch.minimum(q, torch.where(y < 0, r1, r2))
    cap_y = y.abs() - h
    kx, ky = r2 - r1, 2 * h
    f = (((r2 - q) * kx + (h - y) * ky) / (kx * kx + ky * ky)).clamp(0, 1)
    side_q, side_y = q - r2 + kx * f, y - h + ky * f
    sign = torch.where((side_q < 0) & (cap_y < 0), -1.0, 1.0)
    return sign * torch.sqrt(torch.minimum(cap_q**2 + cap_y**2, side_q**2 + side_y**2))


def normal(p: torch.Tensor, shape: str) -> torch.Tensor:
    """Unnormalised outward normals by the tetrahedron difference."""
    corners = p.new_tensor([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]])
    return sum(k * distance(p + k * 0.004, shape)[:, None] for k in corners)
