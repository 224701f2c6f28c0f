"""Trains the denoising network and the text encoder together on cached latents.

With --depth it trains a network that also reads a depth channel, from the weights of the first; the text encoder stays.
"""
from __future__ import annotations

import argparse
import copy
import os
import random
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as distributed

from . import checkpoint, schedule
from .autoencoder import Autoencoder
from .dataset import FRAMES_PER_SHOT, Pictures, shot_of
from .nearness import cache_nearness, depth_channel
from .spec import caption
from .text_encoder import CLIPTextModel, text_config
from .tokenizer import LENGTH, Tokenizer
from .unet import UNet2DConditionModel, unet_config

COLUMNS = ["step", "seconds", "lr", "loss", "loss_t250", "loss_t500", "loss_t750", "loss_t1000"]
CAPTION_DROPOUT = 0.1
# Largest weight of the error of x₀ (as in min-SNR, Hang et al. 2023): below that noise level only texture is left to
# learn, which would take most of a short run.
MOST_WEIGHT = 5.0


class Denoiser(torch.nn.Module):
    """The two networks one optimiser trains."""

    def __init__(self, unet: dict, text: dict) -> None:
        super().__init__()
        self.unet = UNet2DConditionModel(unet)
        self.text = CLIPTextModel(text)

    def forward(self, z: torch.Tensor, t: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        return self.unet(z, t, self.text(ids)[0])


@torch.no_grad()
def cache_latents(data: Pictures, autoencoder: Autoencoder, path: Path) -> np.ndarray:
    """float16 [2, pictures, C, h, w]: as rendered and mirrored. Captions name no side, so both are true."""
    if not path.exists():
        parts = [[], []]
        for start in range(0, len(data), 128):
            x = data.batch(range(start, min(start + 128, len(data))))
            for part, picture in zip(parts, (x, x.flip(-1))):
                part.append(autoencoder.encode(picture).half().numpy())
        temporary = path.with_suffix(".tmp")
        with open(temporary, "wb") as file:
            np.save(file, np.stack([np.concatenate(part) for part in parts]))
        temporary.replace(path)
    return np.load(path, mmap_mode="r")


class Batches:
    """The batch of a step is a function of (seed, step, process): a resumed run sees what an unbroken one would."""

    def __init__(
        self, data: Pictures, latents: np.ndarray, depth: np.ndarray | None, batch: int, seed: int, process: int
    ) -> None:
        self.latents, self.depth, self.batch, self.seed, self.process = latents, depth, batch, seed, process
        self.tokenizer = Tokenizer()
        self.looks = [shot_of(data.seed(i), data.split).look for i in range(0, len(data), FRAMES_PER_SHOT)]

    def __call__(self, step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Latents, structure [B, 0 or 1, h, w], noise, timesteps (stratified) and token ids of a step."""
        draw = np.random.default_rng((self.seed, step, self.process))
        words = random.Random((self.seed * 1_000_003 + step) * 97 + self.process)
        index = draw.integers(self.latents.shape[1], size=self.batch)
        mirrored = draw.integers(2, size=self.batch)
        z = torch.from_numpy(np.stack([self.latents[m, i] for m, i in zip(mirrored, index)])).float()
        structure = torch.zeros(self.batch, 0, *z.shape[2:])
        if self.depth is not None:
            maps = [self.depth[i, :, :, ::-1] if m else self.depth[i] for m, i in zip(mirrored, index)]
            structure = torch.from_numpy(np.stack(maps))
        noise = torch.from_numpy(draw.standard_normal(z.shape, dtype=np.float32))
        t = (np.arange(self.batch) + draw.random()) / self.batch * schedule.STEPS
        captions = [
            "" if words.random() < CAPTION_DROPOUT else caption(self.looks[i // FRAMES_PER_SHOT], words) for i in index
        ]
        ids = torch.tensor([self.tokenizer.encode(text) for text in captions])
        return z, structure, noise, torch.from_numpy(t.astype(np.int64)).clamp(max=schedule.STEPS - 1), ids


def with_depth(state: dict, side: int) -> dict:
    """Averaged weights of a trained denoiser as the start of one with a depth channel, which has no say at first."""
    weights = dict(state["average"])
    first = weights["unet.conv_in.weight"]
    weights["unet.conv_in.weight"] = torch.cat([first, torch.zeros_like(first[:, :1])], 1)
    unet = {**state["unet"], "in_channels": state["unet"]["in_channels"] + 1, "sample_size": side}
    return {"unet": unet, "text": state["text"], "model": weights, "average": weights, "step": 0, "seconds": 0.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--channels", type=int, nargs="+", default=[64, 128, 192])
    parser.add_argument("--context", type=int, default=96)
    parser.add_argument("--heads", type=int, default=2)
    parser.add_argument("--lr", type=float, default=8e-4)
    parser.add_argument("--decay-from", type=float, default=0.6)
    parser.add_argument("--average", type=float, default=0.998)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--depth", action="store_true", help="starts from denoiser.pt of the run, writes denoiser_depth.pt")
    parser.add_argument("--compile", action="store_true", help="half as fast again; needs a C++ compiler")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    device = options.device
    # Started by torchrun, processes share a step: each has --batch pictures, and their gradients are averaged.
    processes, process = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    if processes > 1:
        distributed.init_process_group("gloo" if device == "cpu" else "nccl")
    first = process == 0

    data = Pictures(options.data, "train")
    trained = checkpoint.load(options.out / "autoencoder.pt")
    assert trained, f"no autoencoder in {options.out}: run retake_world.train_autoencoder first"
    autoencoder = Autoencoder(trained["config"]).eval()
    autoencoder.load_state_dict(trained["average"])
    latents = cache_latents(data, autoencoder, options.out / "latents.npy")
    depth = depth_channel(cache_nearness(data, options.out / "nearness.npy"), latents.shape[3]) if options.depth else None
    batches = Batches(data, latents, depth, options.batch, options.seed, process)

    name = "denoiser_depth" if options.depth else "denoiser"
    path = options.out / f"{name}.pt"
    state = checkpoint.load(path, device)
    if options.depth and not state:
        base = checkpoint.load(options.out / "denoiser.pt", device)
        assert base, f"no denoiser in {options.out}: train it without --depth first"
        state = with_depth(base, latents.shape[3])
    unet = state["unet"] if state else unet_config(
        options.channels, latents.shape[2], 0, options.context, options.heads, 16, latents.shape[3])
    text = state["text"] if state else text_config(len(batches.tokenizer.tokens), LENGTH, options.context)
    model = Denoiser(unet, text).to(device)
    model.text.requires_grad_(not options.depth)
    average = checkpoint.Average(model, options.average)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=options.lr, betas=(0.9, 0.99), weight_decay=1e-2, fused=True)
    step, spent = 0, 0.0
    if state:
        model.load_state_dict(state["model"])
        average.model.load_state_dict(state["average"])
        if "optimizer" in state:
            optimizer.load_state_dict(state["optimizer"])
        step, spent = state["step"], state["seconds"]
    if first:
        log = checkpoint.Log(options.out / f"{name}.csv", COLUMNS, step)
        checkpoint.record_options(options.out / f"{name}.json", options, processes=processes)
    alphas = schedule.alphas_cumprod().to(device)
    # Arithmetic in bfloat16 on a copy, updates in float32: autocast would convert at every layer.
    worker = copy.deepcopy(model).to(torch.bfloat16).to(memory_format=torch.channels_last)
    masters, workers = ([p for p in m.parameters() if p.requires_grad] for m in (model, worker))
    answer_of = torch.compile(worker) if options.compile else worker
    start, losses, levels = time.time() - spent, [], []

    while step < options.steps:
        rate = checkpoint.learning_rate(step, options.steps, options.lr, 100, options.decay_from)
        for group in optimizer.param_groups:
            group["lr"] = rate
        z, structure, noise, t, ids = (w.to(device) for w in batches(step))
        noisy, target = schedule.noised(z, noise, alphas[t])
        with torch.no_grad():
            torch._foreach_copy_(workers, masters)
        noisy = torch.cat([noisy, structure], 1)
        answer = answer_of(noisy.bfloat16().contiguous(memory_format=torch.channels_last), t, ids)
        each = (answer.float() - target).pow(2).mean((1, 2, 3))
        certainty = 1 / (1 - alphas[t])  # SNR + 1, the weight the v error gives to x₀'s
        (each * certainty.clamp(max=MOST_WEIGHT) / certainty).mean().backward()
        gradient = torch.cat([low.grad.flatten() for low in workers]).float()
        if processes > 1:
            distributed.all_reduce(gradient)
            gradient /= processes
        for master, low, part in zip(masters, workers, gradient.split([low.numel() for low in workers])):
            master.grad, low.grad = part.view_as(low), None
        torch.nn.utils.clip_grad_norm_(masters, 1.0)
        optimizer.step()
        average.update(model, step)
        step += 1
        losses.append(each.detach().cpu())
        levels.append(t.cpu())
        if first and (step % options.save_every == 0 or step == options.steps):
            loss, level = torch.cat(losses), torch.cat(levels)
            bins = {f"loss_t{b + 250}": loss[(level >= b) & (level < b + 250)].mean().item() for b in range(0, 1000, 250)}
            log.add(step=step, seconds=time.time() - start, lr=rate, loss=loss.mean().item(), **bins)
            losses, levels = [], []
            checkpoint.save(path, {
                "unet": unet, "text": text, "step": step, "seconds": time.time() - start, "model": model.state_dict(),
                "average": average.model.state_dict(), "optimizer": optimizer.state_dict(),
            })


if __name__ == "__main__":
    main()
