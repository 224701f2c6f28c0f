"""Fits the linear part of the autoencoder and trains the residual decoder on it. The encoder never changes after the
fit, so cached latents stay valid and the denoiser can be trained at the same time."""
from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from . import checkpoint
from .autoencoder import Autoencoder, autoencoder_config
from .dataset import Pictures

COLUMNS = ["step", "seconds", "lr", "loss", "l1", "psnr"]
FIT_PICTURES = 3000
LATENT_NOISE = 0.12  # most; the decoder must bear the small errors of a generated latent


def reconstruction_loss(difference: torch.Tensor) -> torch.Tensor:
    """L1 + ½ L2 + L1 of means over 2, 4 and 8 pixels, which hold the colours."""
    coarse = sum(F.avg_pool2d(difference, k).abs().mean() for k in (2, 4, 8))
    return difference.abs().mean() + 0.5 * difference.pow(2).mean() + coarse


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    """Mean over pictures in -1..1, dB."""
    error = (a.clamp(-1, 1) - b).pow(2).mean((1, 2, 3))
    return (10 * torch.log10(4 / error)).mean().item()


@torch.no_grad()
def validate(model: Autoencoder, pictures: torch.Tensor) -> float:
    return psnr(torch.cat([model.decode(model.encode(x)) for x in pictures.split(16)]), pictures)


def fit(data: Pictures, config: dict) -> Autoencoder:
    model = Autoencoder(config)
    every = max(1, len(data) // FIT_PICTURES)
    pictures = data.batch(range(0, len(data), every))
    model.fit(torch.cat([pictures, pictures.flip(-1)]))
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, required=True, help="0 fits the linear part only")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--channels", type=int, nargs="+", default=[128, 64])
    parser.add_argument("--factor", type=int, default=8)
    parser.add_argument("--latent", type=int, default=12)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--decay-from", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    device = options.device

    data, validation = Pictures(options.data, "train"), Pictures(options.data, "validation")
    held = validation.batch(range(0, len(validation), max(1, len(validation) // 64))).to(device)
    path = options.out / "autoencoder.pt"
    state = checkpoint.load(path, device)
    config = state["config"] if state else autoencoder_config(options.factor, options.channels, options.latent, 8, held.shape[-1])
    model = (Autoencoder(config) if state else fit(data, config)).to(device)
    average = checkpoint.Average(model, 0.995)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=options.lr, betas=(0.9, 0.99), weight_decay=1e-4)
    step, spent = 0, 0.0
    if state:
        model.load_state_dict(state["model"])
        average.model.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, spent = state["step"], state["seconds"]
    log = checkpoint.Log(options.out / "autoencoder.csv", COLUMNS, step)
    checkpoint.record_options(options.out / "autoencoder.json", options)
    start, sums = time.time() - spent, np.zeros(2)

    def save() -> None:
        checkpoint.save(path, {
            "config": model.config, "step": step, "seconds": time.time() - start, "model": model.state_dict(),
            "average": average.model.state_dict(), "optimizer": optimizer.state_dict(),
        })

    if not state:
        save()
        print(f"linear part: {validate(model, held):.2f} dB", flush=True)
    while step < options.steps:
        rate = checkpoint.learning_rate(step, options.steps, options.lr, 100, options.decay_from)
        for group in optimizer.param_groups:
            group["lr"] = rate
        draw = np.random.default_rng((options.seed, step))
        x = data.batch(draw.integers(len(data), size=options.batch)).to(device)
        if draw.random() < 0.5:
            x = x.flip(-1)
        z = model.encode(x)
        noise = torch.from_numpy(draw.standard_normal(z.shape, dtype=np.float32)).to(device)
        z = z + LATENT_NOISE * draw.random() * noise
        with torch.autocast(device, torch.bfloat16):
            residual = model.decoder(z)
        difference = model.patch_out(z) + residual.float() - x
        loss = reconstruction_loss(difference)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        average.update(model, step)
        step += 1
        sums += [loss.item(), difference.abs().mean().item()]
        if step % options.save_every == 0 or step == options.steps:
            since = (step - 1) % options.save_every + 1
            log.add(step=step, seconds=time.time() - start, lr=rate, loss=sums[0] / since, l1=sums[1] / since,
                    psnr=validate(average.model, held))
            sums[:] = 0
            save()


if __name__ == "__main__":
    main()
