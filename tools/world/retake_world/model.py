"""The exported bundle as functions, run by onnxruntime: what ships is what is looked at and measured."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import torch

from . import schedule
from .tokenizer import Tokenizer


class Bundle:
    """Pictures are float -1..1 [B, 3, H, W]; latents [B, C, h, w]; captions lists of text."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.sessions = {
            part: onnxruntime.InferenceSession(str(folder / part / "model.onnx"), options, providers=["CPUExecutionProvider"])
            for part in ("unet", "text_encoder", "vae_encoder", "vae_decoder")
        }
        self.tokenizer = Tokenizer()
        self.alphas = schedule.alphas_cumprod()

    def _run(self, part: str, **inputs: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(self.sessions[part].run(None, inputs)[0])

    def embed(self, captions: list[str]) -> torch.Tensor:
        return self._run("text_encoder", input_ids=np.array([self.tokenizer.encode(c) for c in captions], dtype=np.int64))

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        return self._run("vae_encoder", sample=pictures.contiguous().numpy()).chunk(2, 1)[0]

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return self._run("vae_decoder", latent_sample=z.contiguous().numpy()).clamp(-1, 1)

    def velocity(self, z: torch.Tensor, t: int, context: torch.Tensor) -> torch.Tensor:
        return self._run("unet", sample=z.contiguous().numpy(), timestep=np.array(t, dtype=np.int64),
                         encoder_hidden_states=context.contiguous().numpy())

    def guided(self, z: torch.Tensor, t: int, context: torch.Tensor, empty: torch.Tensor, scale: float) -> torch.Tensor:
        """Classifier-free guidance (Ho and Salimans 2022); scale 1 asks the conditional branch alone."""
        if scale == 1:
            return self.velocity(z, t, context)
        without, along = self.velocity(torch.cat([z, z]), t, torch.cat([empty, context])).chunk(2)
        return without + scale * (along - without)

    def sample(self, z: torch.Tensor, captions: list[str], steps: int, scale: float, start: int | None = None) -> torch.Tensor:
        """DDIM from noise, or from the level of the start-th lowest timestep."""
        context, empty = self.embed(captions), self.embed([""] * len(captions))
        levels = schedule.timesteps(steps)[-(start or steps):]
        for t, after in zip(levels, [*levels[1:], -1]):
            z = schedule.ddim_step(z, self.guided(z, t, context, empty, scale), t, after, self.alphas)
        return z

    def invert(self, z: torch.Tensor, captions: list[str], steps: int) -> torch.Tensor:
        """DDIM inversion, each step evaluated at the noisier level's timestep."""
        context, before = self.embed(captions), -1
        for t in reversed(schedule.timesteps(steps)):
            z = schedule.ddim_step(z, self.velocity(z, t, context), before, t, self.alphas)
            before = t
        return z
