"""The autoencoder: patch PCA as encoder, its inverse plus a learned residual as decoder.

A small convolutional encoder needs days of CPU time to beat principal components of its patches, and it learns absolute
colour last. The linear transform is exact from the start; only what it loses (block edges, fine texture) is learned.
The residual decoder is built of the blocks of diffusers' AutoencoderKL decoder, under the same names.
"""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from .blocks import ResnetBlock2D, Upsample2D

EPS = 1e-6
LOG_VARIANCE = -20.0  # the encoder is deterministic; the moments keep the shape other encoders have


class MidBlock(nn.Module):
    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.resnets = nn.ModuleList([ResnetBlock2D(channels, channels, groups, EPS) for _ in range(2)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for resnet in self.resnets:
            x = resnet(x)
        return x


class UpBlock(nn.Module):
    def __init__(self, inner: int, outer: int, more: int, groups: int, last: bool) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            [ResnetBlock2D(inner if i == 0 else outer, outer, groups, EPS) for i in range(more + 1)]
        )
        self.upsamplers = nn.ModuleList([] if last else [Upsample2D(outer)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in [*self.resnets, *self.upsamplers]:
            x = layer(x)
        return x


class Decoder(nn.Module):
    """Latent to residual picture. It works on up to a quarter of the picture's side only: a deblocking filter needs its
    neighbours' latents more than full-size layers, which would cost ten times as much."""

    def __init__(self, channels: list[int], latent: int, factor: int, groups: int) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(latent, channels[0], 3, padding=1)
        self.mid_block = MidBlock(channels[0], groups)
        self.up_blocks = nn.ModuleList()
        for i, outer in enumerate(channels):
            last = i == len(channels) - 1
            self.up_blocks.append(UpBlock(channels[max(0, i - 1)], outer, 1 if last else 0, groups, last))
        self.conv_norm_out = nn.GroupNorm(groups, channels[-1], eps=EPS)
        self.conv_act = nn.SiLU()
        stride = factor // 2 ** (len(channels) - 1)
        # Windows overlap by half a stride, so that no new block edges appear.
        self.conv_out = nn.ConvTranspose2d(channels[-1], 3, stride * 3 // 2, stride=stride, padding=stride // 4)
        nn.init.zeros_(self.conv_out.weight)
        nn.init.zeros_(self.conv_out.bias)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        x = self.mid_block(self.conv_in(z))
        for block in self.up_blocks:
            x = block(x)
        return self.conv_out(self.conv_act(self.conv_norm_out(x)))


class Autoencoder(nn.Module):
    """Pictures [B, 3, H, W] in -1..1; latents [B, C, H/f, W/f] of unit overall standard deviation."""

    def __init__(self, config: dict) -> None:
        super().__init__()
        self.config = config
        latent = config["latent_channels"]
        self.factor = 2 ** (len(config["block_out_channels"]) - 1)
        self.patch_in = nn.Conv2d(3, 2 * latent, self.factor, stride=self.factor)
        self.patch_out = nn.ConvTranspose2d(latent, 3, self.factor, stride=self.factor)
        self.patch_in.requires_grad_(False)
        self.patch_out.requires_grad_(False)
        self.decoder = Decoder(config["residual_channels"], latent, self.factor, config["norm_num_groups"])

    @torch.no_grad()
    def fit(self, pictures: torch.Tensor) -> None:
        """Sets the linear part from pictures. Component k gets the deviation (σ_k / mean σ)^½, unit variance overall: layout
        and colour outweigh texture in the denoiser's loss, and texture still does not drown in its noise."""
        latent, f = self.config["latent_channels"], self.factor
        patches = F.unfold(pictures, f, stride=f).transpose(1, 2).reshape(-1, 3 * f * f).double()
        colour = pictures.double().mean((0, 2, 3))
        centred = patches - colour.repeat_interleave(f * f)
        variance, vectors = torch.linalg.eigh(centred.T @ centred / len(centred))
        sigma, vectors = variance[-latent:].sqrt().flip(0), vectors[:, -latent:].flip(1)
        vectors = vectors * vectors.sum(0).sign()  # an eigenvector has no sign of its own
        gain = (sigma * sigma.mean()) ** -0.5
        self.patch_in.weight.zero_()
        self.patch_in.bias.fill_(LOG_VARIANCE)
        self.patch_in.weight[:latent] = (vectors * gain).T.reshape(latent, 3, f, f).float()
        self.patch_in.bias[:latent] = -(colour.repeat_interleave(f * f) @ vectors * gain).float()
        self.patch_out.weight.copy_((vectors / gain).T.reshape(latent, 3, f, f))
        self.patch_out.bias.copy_(colour)

    def moments(self, x: torch.Tensor) -> torch.Tensor:
        """Mean and log variance, stacked along channels -> [B, 2C, h, w]."""
        return self.patch_in(x)

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return self.moments(x).chunk(2, 1)[0]

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return self.patch_out(z) + self.decoder(z)


def autoencoder_config(factor: int, channels: list[int], latent: int, groups: int, side: int) -> dict:
    """Keys of diffusers' AutoencoderKL, as readers of bundles expect: the length of block_out_channels gives the factor.
    channels: the residual decoder's, from the latent's resolution upwards."""
    levels = factor.bit_length()
    return {
        "_class_name": "AutoencoderKL",
        "_diffusers_version": "0.35.0",
        "act_fn": "silu",
        "block_out_channels": [channels[-1]] * (levels - 1) + [channels[0]],
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "force_upcast": False,
        "in_channels": 3,
        "latent_channels": latent,
        "latents_mean": None,
        "latents_std": None,
        "layers_per_block": 1,
        "mid_block_add_attention": False,
        "norm_num_groups": groups,
        "out_channels": 3,
        "residual_channels": channels,
        "sample_size": side,
        "scaling_factor": 1.0,
        "shift_factor": None,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
        "use_post_quant_conv": False,
        "use_quant_conv": False,
    }
