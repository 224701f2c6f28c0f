"""Stable Diffusion's noise schedule and the v parametrisation (Salimans and Ho 2022, appendix D)."""
from __future__ import annotations

import torch

STEPS = 1000
BETA_START, BETA_END = 0.00085, 0.012

SCHEDULER_CONFIG = {
    "_class_name": "DDIMScheduler",
    "_diffusers_version": "0.35.0",
    "beta_end": BETA_END,
    "beta_schedule": "scaled_linear",
    "beta_start": BETA_START,
    "clip_sample": False,
    "num_train_timesteps": STEPS,
    "prediction_type": "v_prediction",
    "set_alpha_to_one": False,
    "steps_offset": 1,
    "timestep_spacing": "leading",
    "trained_betas": None,
}


def alphas_cumprod() -> torch.Tensor:
    """ᾱ_t of the "scaled linear" schedule -> [1000]."""
    betas = torch.linspace(BETA_START**0.5, BETA_END**0.5, STEPS, dtype=torch.float64) ** 2
    return torch.cumprod(1 - betas, 0).float()


def noised(x: torch.Tensor, noise: torch.Tensor, alpha_bar: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The noised latent and the v that a network should answer; alpha_bar [B]."""
    signal, sigma = alpha_bar.sqrt().view(-1, 1, 1, 1), (1 - alpha_bar).sqrt().view(-1, 1, 1, 1)
    return signal * x + sigma * noise, signal * noise - sigma * x


def timesteps(count: int) -> list[int]:
    """Leading spacing, offset 1, descending."""
    return [i * (STEPS // count) + 1 for i in range(count)][::-1]


def ddim_step(z: torch.Tensor, v: torch.Tensor, t_from: int, t_to: int, alphas: torch.Tensor) -> torch.Tensor:
    """Deterministic DDIM (Song et al. 2021, equation 12, η = 0) between two levels; below 1 the level is ᾱ_0."""
    a, b = alphas[max(t_from, 0)], alphas[max(t_to, 0)]
    x = a.sqrt() * z - (1 - a).sqrt() * v
    noise = a.sqrt() * v + (1 - a).sqrt() * z
    return b.sqrt() * x + (1 - b).sqrt() * noise
