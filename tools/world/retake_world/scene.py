"""One shot made ready for rendering: poses, camera and light at each requested time."""
from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch

from .maths import normalise
from .spec import COLOURS, FOOT, Look, Shot, Staging

FIELD_OF_VIEW = math.radians(42)  # vertical


@dataclass
class Scene:
    """times [T] in 0..1; positions [T, 3] world; rotation [T, 3, 3] object to world; camera axes [T, 3]."""

    look: Look
    staging: Staging
    textures: torch.Tensor
    times: torch.Tensor
    centre: torch.Tensor = field(init=False)
    rotation: torch.Tensor = field(init=False)
    eye: torch.Tensor = field(init=False)
    forward: torch.Tensor = field(init=False)
    right: torch.Tensor = field(init=False)
    up: torch.Tensor = field(init=False)
    light: torch.Tensor = field(init=False)
    sun: torch.Tensor = field(init=False)
    colour: torch.Tensor = field(init=False)

    def __post_init__(self) -> None:
        s, t = self.staging, self.times
        x = s.x0 + s.direction * s.span * t
        self.centre = torch.stack([x, torch.full_like(x, FOOT[self.look.shape] * s.size), torch.full_like(x, s.z)], -1)
        self.rotation = self._rotation(x)
        self.eye = torch.stack(
            [s.camera_x + s.camera_dx * t, torch.full_like(t, s.camera_y), s.camera_z + s.camera_dz * t], -1
        )
        target = torch.stack([x * 0.45, torch.full_like(t, s.look_y), torch.zeros_like(t)], -1)
        self.forward = normalise(target - self.eye)
        world_up = self.vector(0, 1, 0).expand_as(self.forward)
        self.right = normalise(torch.linalg.cross(world_up, self.forward))
        self.up = torch.linalg.cross(self.forward, self.right)
        at_sea = self.look.environment == "sea"
        self.light = normalise(self.vector(s.light_x, 0.5 if at_sea else 0.85, -0.15 if at_sea else -0.35))
        self.sun = normalise(self.vector(s.sun_x, 0.10, 1.0)) if at_sea else self.light
        self.colour = self.linear(COLOURS[self.look.colour])

    @property
    def device(self) -> torch.device:
        return self.textures.device

    def vector(self, *values: float) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.device)

    def linear(self, colour: tuple[float, float, float]) -> torch.Tensor:
        return self.vector(*colour) ** 2.2

    def _rotation(self, x: torch.Tensor) -> torch.Tensor:
        s, zero = self.staging, torch.zeros_like(x)
        one = zero + 1
        if self.look.shape in ("sphere", "torus"):
            angle = -(x - s.x0) / s.size  # rolls without slipping
            c, n = angle.cos(), angle.sin()
            roll = torch.stack([c, -n, zero, n, c, zero, zero, zero, one], -1).view(-1, 3, 3)
            yaw = torch.full_like(x, s.yaw * 0.8)
        else:
            roll = None
            yaw = s.yaw + s.spin * self.times
        c, n = yaw.cos(), yaw.sin()
        turn = torch.stack([c, zero, n, zero, one, zero, -n, zero, c], -1).view(-1, 3, 3)
        return turn if roll is None else turn @ roll

    def rays(self, width: int, height: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Unit directions [T·H·W, 3] through pixel centres, row-major, and the frame index of each."""
        tan = math.tan(FIELD_OF_VIEW / 2)
        px = ((torch.arange(width, device=self.device) + 0.5) / width * 2 - 1) * tan * width / height
        py = -((torch.arange(height, device=self.device) + 0.5) / height * 2 - 1) * tan
        x = px[None, :].expand(height, width).reshape(1, -1, 1)
        y = py[:, None].expand(height, width).reshape(1, -1, 1)
        d = normalise(self.forward[:, None] + self.right[:, None] * x + self.up[:, None] * y)
        frame = torch.arange(len(self.times), device=self.device).repeat_interleave(width * height)
        return d.reshape(-1, 3), frame

    def project(self, offset: torch.Tensor, frame: torch.Tensor, width: int, height: int):
        """World offsets from the eye of each point's frame [M, 3] -> pixel x, y (centres at .5) and depth along the axis."""
        depth = (offset * self.forward[frame]).sum(-1)
        scale = 1 / (depth.clamp(min=1e-6) * math.tan(FIELD_OF_VIEW / 2))
        x = (offset * self.right[frame]).sum(-1) * scale * height / width
        y = (offset * self.up[frame]).sum(-1) * scale
        return (x + 1) / 2 * width, (1 - y) / 2 * height, depth


def build_scene(shot: Shot, times: list[float], textures: torch.Tensor) -> Scene:
    return Scene(shot.look, shot.staging, textures, torch.tensor(times, dtype=torch.float32, device=textures.device))
