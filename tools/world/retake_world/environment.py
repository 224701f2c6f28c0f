"""Skies and grounds of the five environments, in linear light."""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from .maths import dot, hash01, mix, normalise, smoothstep
from .scene import Scene

TEXTURE_SIDE = 256


def linear(colour: tuple[float, float, float], device=None) -> torch.Tensor:
    return torch.tensor(colour, dtype=torch.float32, device=device) ** 2.2


@dataclass(frozen=True)
class Palette:
    """Colours are display-referred; strengths multiply linear light."""

    zenith: tuple[float, float, float]
    horizon: tuple[float, float, float]
    sun: tuple[float, float, float]
    bounce: tuple[float, float, float]
    sun_strength: float
    ambient: float
    haze: float = 1.0


PALETTES = {
    "meadow": Palette((0.22, 0.48, 0.88), (0.72, 0.85, 0.96), (1.0, 0.95, 0.85), (0.22, 0.45, 0.10), 2.2, 0.75),
    "desert": Palette((0.30, 0.55, 0.85), (0.92, 0.80, 0.62), (1.0, 0.90, 0.72), (0.75, 0.50, 0.25), 2.4, 0.65),
    "snow": Palette((0.36, 0.54, 0.80), (0.76, 0.83, 0.92), (1.0, 0.96, 0.90), (0.72, 0.80, 0.92), 1.5, 0.70),
    "sea": Palette((0.22, 0.18, 0.42), (1.0, 0.55, 0.25), (1.0, 0.72, 0.45), (0.35, 0.25, 0.35), 2.2, 1.0),
    "city": Palette((0.02, 0.02, 0.07), (0.28, 0.10, 0.36), (0.75, 0.80, 1.0), (0.10, 0.10, 0.22), 1.5, 1.1, 0.5),
}
CLOUDS = {"meadow": 0.8, "desert": 0.2, "snow": 0.4, "sea": 0.65}
# Silhouette on the horizon: base height, low-frequency height, fine height.
HILLS = {"meadow": (0.02, 0.08, 0.03), "desert": (0.0, 0.10, 0.01), "snow": (0.02, 0.24, 0.02)}


def make_textures(device=None) -> torch.Tensor:
    """Three periodic noises (cloudy, fine, blobs) in [0, 1] -> [1, 3, N+2, N+2], wrapped by one texel."""
    generator = np.random.default_rng(7)
    frequency = np.fft.fftfreq(TEXTURE_SIDE) * TEXTURE_SIDE
    radius = np.hypot(frequency[:, None], frequency[None])
    radius[0, 0] = 1
    channels = []
    for spectrum in (
        radius**-1.9 * (radius < 60),
        radius**-0.9 * (radius > 6) * (radius < 80),
        np.exp(-(((radius - 5) / 3.0) ** 2)),
    ):
        white = generator.standard_normal((TEXTURE_SIDE, TEXTURE_SIDE))
        noise = np.fft.ifft2(np.fft.fft2(white) * spectrum).real
        channels.append(np.clip(0.5 + 0.22 * noise / noise.std(), 0, 1))
    textures = torch.tensor(np.stack(channels), dtype=torch.float32, device=device)[None]
    return F.pad(textures, (1, 1, 1, 1), mode="circular")


def sample(scene: Scene, u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Noise at (u, v), one tile per unit -> [3, M]."""
    scale = 2.0 / (TEXTURE_SIDE + 2)
    grid = torch.stack([((w - w.floor()) * TEXTURE_SIDE + 1.0) * scale - 1 for w in (u, v)], -1)
    return F.grid_sample(scene.textures, grid[None, None], padding_mode="border", align_corners=False)[0, :, 0]


def sky(d: torch.Tensor, scene: Scene) -> torch.Tensor:
    """Colour of directions [M, 3] that meet no ground -> [M, 3]."""
    name, palette = scene.look.environment, PALETTES[scene.look.environment]
    pattern, lin = scene.staging.pattern, scene.linear
    height = d[:, 1].clamp(min=0)
    azimuth = torch.atan2(d[:, 0], d[:, 2])
    colour = mix(lin(palette.horizon), lin(palette.zenith), (1 - torch.exp(-height * 3.3))[:, None])
    if name in CLOUDS:
        q = 0.10 / (height + 0.12)
        noise = sample(scene, d[:, 0] * q + pattern, d[:, 2] * q + pattern * 1.7)[0]
        cover = smoothstep(0.48, 0.82, noise) * smoothstep(0.01, 0.14, height) * CLOUDS[name]
        colour = mix(colour, lin((1.0, 0.48, 0.42) if name == "sea" else (1.0, 0.97, 0.95)), cover[:, None])
    toward_sun = dot(d, scene.sun).clamp(min=0)
    if name == "sea":
        colour = colour + lin((1.0, 0.6, 0.25)) * (toward_sun**14 * 0.55)[:, None]
        disc = smoothstep(0.9955, 0.9972, toward_sun) * 2.2
        return colour + scene.vector(1.0, 0.85, 0.55) * disc[:, None]
    if name == "city":
        return _skyline(colour, azimuth, height, scene)
    colour = colour + lin(palette.sun) * (toward_sun**60 * 0.5)[:, None]
    turn = azimuth / (2 * math.pi)
    noise = sample(scene, turn * 2 + pattern, torch.full_like(turn, pattern * 0.37))
    base, tall, fine = HILLS[name]
    ridge = base + tall * noise[0] + fine * (noise[1] - 0.5)
    rock = {"meadow": (0.25, 0.42, 0.30), "desert": (0.74, 0.52, 0.34), "snow": (0.40, 0.50, 0.68)}[name]
    hills = mix(lin(rock), lin(palette.horizon), 0.35).expand_as(colour)
    if name == "snow":
        hills = mix(hills, lin((0.93, 0.95, 1.0)), smoothstep(0.05, 0.13, height)[:, None])
    return mix(colour, hills, smoothstep(-0.004, 0.004, ridge - height)[:, None])


def _skyline(colour: torch.Tensor, azimuth: torch.Tensor, height: torch.Tensor, scene: Scene) -> torch.Tensor:
    column = azimuth * 7 + scene.staging.pattern * 10
    roof = 0.06 + 0.20 * hash01(column.floor())
    row = height * 30
    cell = hash01((column * 4).floor() * 0.59 + row.floor() * 1.31)
    pane = ((torch.frac(column * 4).abs() - 0.5).abs() < 0.3) & ((torch.frac(row) - 0.5).abs() < 0.3)
    lit = (pane & (cell > 0.6)).float() * 0.7
    warm_or_cold = mix(scene.vector(0.9, 0.62, 0.22), scene.vector(0.15, 0.55, 0.9), (cell > 0.86).float()[:, None])
    building = scene.vector(0.006, 0.006, 0.018) + warm_or_cold * lit[:, None]
    return torch.where((height < roof)[:, None], building, colour)


def ground(p: torch.Tensor, t: torch.Tensor, d: torch.Tensor, lit: torch.Tensor, time: torch.Tensor, scene: Scene):
    """Colour of ground points p [M, 3] at ray length t seen along d; lit is 1 in full light -> [M, 3]."""
    name, palette = scene.look.environment, PALETTES[scene.look.environment]
    lin = scene.linear
    u, v = p[:, 0] + scene.staging.pattern * 31, p[:, 2] + scene.staging.pattern * 17
    fade = torch.exp(-t * 0.09)
    sun = lin(palette.sun) * (palette.sun_strength * scene.light[1])
    light = sun * lit[:, None] + lin(palette.zenith) * palette.ambient
    if name == "meadow":
        broad, fine, middle = sample(scene, u * 0.09, v * 0.09), sample(scene, u * 0.5, v * 0.4), sample(scene, u * 0.23, v * 0.23)
        tone = broad[0] * 0.6 + middle[0] * 0.3 + (fine[1] - 0.5) * 0.5 * fade + 0.05
        return mix(lin((0.13, 0.34, 0.06)), lin((0.44, 0.64, 0.16)), tone.clamp(0, 1)[:, None]) * light
    if name == "desert":
        broad = sample(scene, u * 0.07, v * 0.07)[0]
        ripple = torch.sin((v * 1.1 + u * 0.35) * 4.5 + broad * 14) * fade
        tone = (broad * 0.7 + 0.14 * ripple + 0.2).clamp(0, 1)
        return mix(lin((0.66, 0.42, 0.19)), lin((0.88, 0.64, 0.36)), tone[:, None]) * light
    if name == "snow":
        broad, fine = sample(scene, u * 0.06, v * 0.06)[0], sample(scene, u * 0.5, v * 0.5)[1]
        tone = (broad * 0.9 + (fine - 0.5) * 0.3 * fade + 0.1).clamp(0, 1)
        return mix(lin((0.58, 0.69, 0.88)), lin((0.86, 0.90, 0.97)), tone[:, None]) * light
    if name == "sea":
        return _water(u, v, d, lit, fade, time, scene)
    return _neon(u, v, t, lit, sun, scene)


def _water(u, v, d, lit, fade, time, scene: Scene) -> torch.Tensor:
    lin, w = scene.linear, time * 20
    swell = sample(scene, u * 0.10 + w * 0.01, v * 0.22 - w * 0.02)
    chop = sample(scene, u * 0.26 - w * 0.02, v * 0.5 + w * 0.015)
    k = 0.05 + 0.14 * fade
    tilt_x = ((swell[0] - 0.5) + (chop[2] - 0.5) * 0.6) * k * 1.3
    tilt_z = ((swell[2] - 0.5) + (chop[0] - 0.5) * 0.7) * k * 2.0
    n = normalise(torch.stack([tilt_x, torch.ones_like(u), tilt_z], -1))
    r = d - 2 * dot(d, n)[:, None] * n
    r = normalise(torch.stack([r[:, 0], r[:, 1].abs() + 0.02, r[:, 2]], -1))
    fresnel = (1 - dot(-d, n).clamp(0, 1)) ** 4
    colour = mix(lin((0.05, 0.13, 0.22)), sky(r, scene), (0.12 + 0.8 * fresnel).clamp(0, 1)[:, None])
    glint = dot(r, scene.sun).clamp(min=0) ** 180 * 2.0
    return (colour + lin((1.0, 0.65, 0.3)) * glint[:, None]) * (0.45 + 0.55 * lit)[:, None]


def _neon(u, v, t, lit, sun, scene: Scene) -> torch.Tensor:
    lin = scene.linear
    width = 0.035 + 0.006 * t
    near = [0.5 - (torch.frac(w * 0.62).abs() - 0.5).abs() for w in (u, v)]  # 0 on a line
    line = torch.maximum(*(torch.exp(-((g / width) ** 2)) for g in near))
    halo = torch.maximum(*(torch.exp(-g * 9) for g in near))
    hue = smoothstep(0.35, 0.65, sample(scene, u * 0.025, v * 0.025)[0])
    neon = mix(lin((0.1, 0.9, 1.0)), lin((1.0, 0.15, 0.85)), hue[:, None])
    ambient = lin(PALETTES["city"].zenith) * 3.3
    base = lin((0.09, 0.09, 0.16)) * (sun * lit[:, None] + ambient)
    return base + neon * ((line * 0.9 + halo * 0.12) * (0.4 + 0.6 * torch.exp(-t * 0.05)))[:, None]
