"""UNet2DConditionModel with the Stable Diffusion block layout (cross attention on all but the coarsest level)."""
from __future__ import annotations

import math

import torch
from torch import nn

from .blocks import Downsample2D, ResnetBlock2D, Transformer2DModel, Upsample2D

EPS = 1e-5


class Timesteps(nn.Module):
    """Sinusoidal embedding, cosines first (flip_sin_to_cos, freq_shift 0)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.half = channels // 2

    def forward(self, t: torch.Tensor) -> torch.Tensor:
        exponent = -math.log(10000) * torch.arange(self.half, dtype=torch.float32, device=t.device) / self.half
        angle = t[:, None].float() * torch.exp(exponent)[None, :]
        return torch.cat([torch.cos(angle), torch.sin(angle)], dim=-1)


class TimestepEmbedding(nn.Module):
    def __init__(self, inner: int, outer: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(inner, outer)
        self.act = nn.SiLU()
        self.linear_2 = nn.Linear(outer, outer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear_2(self.act(self.linear_1(x)))


class DownBlock2D(nn.Module):
    def __init__(self, inner: int, outer: int, layers: int, last: bool, attend: bool, dims: "Dims") -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            [ResnetBlock2D(inner if i == 0 else outer, outer, dims.groups, EPS, dims.time) for i in range(layers)]
        )
        if attend:
            self.attentions = nn.ModuleList(
                [Transformer2DModel(outer, dims.context, dims.heads, dims.groups) for _ in range(layers)]
            )
        if not last:
            self.downsamplers = nn.ModuleList([Downsample2D(outer, padding=1)])

    def forward(self, x: torch.Tensor, time: torch.Tensor, context: torch.Tensor):
        skips = []
        for i, resnet in enumerate(self.resnets):
            x = resnet(x, time)
            if hasattr(self, "attentions"):
                x = self.attentions[i](x, context)
            skips.append(x)
        if hasattr(self, "downsamplers"):
            x = self.downsamplers[0](x)
            skips.append(x)
        return x, skips


class UpBlock2D(nn.Module):
    def __init__(self, inner: int, skips: list[int], outer: int, last: bool, attend: bool, dims: "Dims") -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            [ResnetBlock2D((inner if i == 0 else outer) + s, outer, dims.groups, EPS, dims.time) for i, s in enumerate(skips)]
        )
        if attend:
            self.attentions = nn.ModuleList(
                [Transformer2DModel(outer, dims.context, dims.heads, dims.groups) for _ in skips]
            )
        if not last:
            self.upsamplers = nn.ModuleList([Upsample2D(outer)])

    def forward(self, x: torch.Tensor, skips: list[torch.Tensor], time: torch.Tensor, context: torch.Tensor):
        for i, resnet in enumerate(self.resnets):
            x = resnet(torch.cat([x, skips.pop()], dim=1), time)
            if hasattr(self, "attentions"):
                x = self.attentions[i](x, context)
        return self.upsamplers[0](x) if hasattr(self, "upsamplers") else x


class UNetMidBlock2DCrossAttn(nn.Module):
    def __init__(self, channels: int, dims: "Dims") -> None:
        super().__init__()
        self.resnets = nn.ModuleList([ResnetBlock2D(channels, channels, dims.groups, EPS, dims.time) for _ in range(2)])
        self.attentions = nn.ModuleList([Transformer2DModel(channels, dims.context, dims.heads, dims.groups)])

    def forward(self, x: torch.Tensor, time: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        x = self.attentions[0](self.resnets[0](x, time), context)
        return self.resnets[1](x, time)


class Dims:
    """Sizes every block shares."""

    def __init__(self, config: dict) -> None:
        self.groups = config["norm_num_groups"]
        self.heads = config["attention_head_dim"]  # diffusers' old misnomer: the number of heads
        self.context = config["cross_attention_dim"]
        self.time = config["block_out_channels"][0] * 4


class UNet2DConditionModel(nn.Module):
    """sample [B, in, h, w], timestep int64 scalar or [B], encoder_hidden_states [B, L, D] -> [B, out, h, w]."""

    def __init__(self, config: dict) -> None:
        super().__init__()
        self.config = config
        dims, channels, layers = Dims(config), config["block_out_channels"], config["layers_per_block"]
        levels = len(channels)
        attends = ["CrossAttn" in name for name in config["down_block_types"]]
        self.conv_in = nn.Conv2d(config["in_channels"], channels[0], 3, padding=1)
        self.time_proj = Timesteps(channels[0])
        self.time_embedding = TimestepEmbedding(channels[0], dims.time)
        self.down_blocks = nn.ModuleList()
        stack = [channels[0]]
        for i, outer in enumerate(channels):
            last = i == levels - 1
            self.down_blocks.append(DownBlock2D(channels[max(0, i - 1)], outer, layers, last, attends[i], dims))
            stack += [outer] * (layers if last else layers + 1)
        self.mid_block = UNetMidBlock2DCrossAttn(channels[-1], dims)
        self.up_blocks = nn.ModuleList()
        inner = channels[-1]
        for i, outer in enumerate(reversed(channels)):
            skips = [stack.pop() for _ in range(layers + 1)]
            self.up_blocks.append(UpBlock2D(inner, skips, outer, i == levels - 1, attends[levels - 1 - i], dims))
            inner = outer
        self.conv_norm_out = nn.GroupNorm(dims.groups, channels[0], eps=EPS)
        self.conv_act = nn.SiLU()
        self.conv_out = nn.Conv2d(channels[0], config["out_channels"], 3, padding=1)

    def forward(self, sample: torch.Tensor, timestep: torch.Tensor, encoder_hidden_states: torch.Tensor) -> torch.Tensor:
        if timestep.ndim == 0:
            timestep = timestep[None].expand(sample.shape[0])
        time = self.time_embedding(self.time_proj(timestep).to(sample.dtype))
        x = self.conv_in(sample)
        skips = [x]
        for block in self.down_blocks:
            x, made = block(x, time, encoder_hidden_states)
            skips += made
        x = self.mid_block(x, time, encoder_hidden_states)
        for block in self.up_blocks:
            x = block(x, skips, time, encoder_hidden_states)
        return self.conv_out(self.conv_act(self.conv_norm_out(x)))


def unet_config(
    channels: list[int], latent: int, extra: int, context: int, heads: int, groups: int, side: int, layers: int = 1
) -> dict:
    """side: latent side trained on; extra: structure channels after the latent (1 for depth)."""
    crossing = len(channels) - 1
    return {
        "_class_name": "UNet2DConditionModel",
        "_diffusers_version": "0.35.0",
        "act_fn": "silu",
        "attention_head_dim": heads,
        "block_out_channels": channels,
        "center_input_sample": False,
        "conv_in_kernel": 3,
        "conv_out_kernel": 3,
        "cross_attention_dim": context,
        "down_block_types": ["CrossAttnDownBlock2D"] * crossing + ["DownBlock2D"],
        "downsample_padding": 1,
        "dropout": 0.0,
        "dual_cross_attention": False,
        "flip_sin_to_cos": True,
        "freq_shift": 0,
        "in_channels": latent + extra,
        "layers_per_block": layers,
        "mid_block_scale_factor": 1,
        "mid_block_type": "UNetMidBlock2DCrossAttn",
        "norm_eps": EPS,
        "norm_num_groups": groups,
        "only_cross_attention": False,
        "out_channels": latent,
        "resnet_time_scale_shift": "default",
        "sample_size": side,
        "time_embedding_type": "positional",
        "transformer_layers_per_block": 1,
        "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * crossing,
        "upcast_attention": False,
        "use_linear_projection": False,
    }
