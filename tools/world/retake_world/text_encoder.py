"""CLIPTextModel (Radford et al. 2021): causal transformer with quick GELU, under transformers' module names."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class Embeddings(nn.Module):
    def __init__(self, vocabulary: int, width: int, length: int) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.position_embedding = nn.Embedding(length, width)
        self.register_buffer("position_ids", torch.arange(length)[None], persistent=False)
        nn.init.normal_(self.token_embedding.weight, std=0.02 * 5)
        nn.init.normal_(self.position_embedding.weight, std=0.02)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.token_embedding(ids) + self.position_embedding(self.position_ids[:, : ids.shape[1]])


class SelfAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.k_proj, self.v_proj, self.q_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        q, k, v = (
            proj(x).view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for proj in (self.q_proj, self.k_proj, self.v_proj)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out_proj(y.transpose(1, 2).reshape(batch, length, width))


class QuickGELU(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(1.702 * x)


class MLP(nn.Module):
    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.activation_fn = QuickGELU()
        self.fc1 = nn.Linear(width, inner)
        self.fc2 = nn.Linear(inner, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(self.activation_fn(self.fc1(x)))


class EncoderLayer(nn.Module):
    def __init__(self, width: int, inner: int, heads: int) -> None:
        super().__init__()
        self.self_attn = SelfAttention(width, heads)
        self.layer_norm1 = nn.LayerNorm(width)
        self.mlp = MLP(width, inner)
        self.layer_norm2 = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class Encoder(nn.Module):
    def __init__(self, width: int, inner: int, heads: int, layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([EncoderLayer(width, inner, heads) for _ in range(layers)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class CLIPTextModel(nn.Module):
    """ids int64 [B, L] -> last hidden state [B, L, D] and the state at the first end token [B, D]."""

    def __init__(self, config: dict) -> None:
        super().__init__()
        self.config = config
        width = config["hidden_size"]
        self.embeddings = Embeddings(config["vocab_size"], width, config["max_position_embeddings"])
        self.encoder = Encoder(width, config["intermediate_size"], config["num_attention_heads"], config["num_hidden_layers"])
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = self.final_layer_norm(self.encoder(self.embeddings(input_ids)))
        end = (input_ids == self.config["eos_token_id"]).int().argmax(-1)
        return hidden, hidden[torch.arange(hidden.shape[0], device=hidden.device), end]


def text_config(vocabulary: int, length: int, width: int, layers: int = 2, heads: int = 4) -> dict:
    return {
        "architectures": ["CLIPTextModel"],
        "attention_dropout": 0.0,
        "bos_token_id": vocabulary - 2,
        "eos_token_id": vocabulary - 1,
        "hidden_act": "quick_gelu",
        "hidden_size": width,
        "initializer_factor": 1.0,
        "initializer_range": 0.02,
        "intermediate_size": width * 3,
        "layer_norm_eps": 1e-05,
        "max_position_embeddings": length,
        "model_type": "clip_text_model",
        "num_attention_heads": heads,
        "num_hidden_layers": layers,
        "pad_token_id": vocabulary - 1,
        "projection_dim": width,
        "vocab_size": vocabulary,
    }
