"""Makes the small checkpoints of test/golden/checkpoints and the numbers of test/golden/checkpoint-cases.

    python3 tools/checkpoints/make.py test/golden && npx biome check --write test/golden

Weights are random by a fixed seed and exact in half precision, so a folder and a single file hold the same numbers. What
comes out is computed in double precision by the few lines of PyTorch below, which are a second statement of the networks in
src/main/engine/onnx/networks, after diffusers and transformers; tolerances are ten times what single precision strays.
Needs PyTorch and NumPy; nothing else of the project does.
"""

import json
import math
import os
import struct
import sys

import numpy as np
import torch
from torch.nn import functional as F

TOKENS, VOCABULARY = 8, 64


class Weights:
    """Named tensors: made at their first use, asked for again later."""

    def __init__(self, seed):
        self.random = np.random.RandomState(seed)
        self.tensors = {}
        self.dtype = torch.float64

    def get(self, name, *shape):
        if name not in self.tensors:
            fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 0
            scale = math.sqrt(1 / fan_in) if fan_in else 0.1
            made = self.random.randn(*shape) * scale + (1 if len(shape) == 1 and name.endswith(".weight") else 0)
            self.tensors[name] = made.astype(np.float16)
        assert self.tensors[name].shape == shape, (name, shape)
        return torch.from_numpy(self.tensors[name].astype(np.float64)).to(self.dtype)

    def linear(self, name, x, to, bias=True):
        weight = self.get(f"{name}.weight", to, x.shape[-1])
        return F.linear(x, weight, self.get(f"{name}.bias", to) if bias else None)

    def conv(self, name, x, to, kernel=3, stride=1, padding=None):
        weight = self.get(f"{name}.weight", to, x.shape[1], kernel, kernel)
        return F.conv2d(x, weight, self.get(f"{name}.bias", to), stride, kernel // 2 if padding is None else padding)

    def group_norm(self, name, x, eps, groups=8):
        c = x.shape[1]
        return F.group_norm(x, groups, self.get(f"{name}.weight", c), self.get(f"{name}.bias", c), eps)

    def layer_norm(self, name, x, eps=1e-5):
        c = x.shape[-1]
        return F.layer_norm(x, (c,), self.get(f"{name}.weight", c), self.get(f"{name}.bias", c), eps)


def attend(q, k, v, heads, mask=None):
    split = lambda x: x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)
    q, k, v = split(q), split(k), split(v)
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores + mask
    mixed = torch.softmax(scores, -1) @ v
    return mixed.transpose(1, 2).reshape(q.shape[0], -1, heads * q.shape[-1])


def resnet(w, name, x, to, eps, temb=None):
    h = w.conv(f"{name}.conv1", F.silu(w.group_norm(f"{name}.norm1", x, eps)), to)
    if temb is not None:
        h = h + w.linear(f"{name}.time_emb_proj", F.silu(temb), to)[:, :, None, None]
    h = w.conv(f"{name}.conv2", F.silu(w.group_norm(f"{name}.norm2", h, eps)), to)
    return h + (x if x.shape[1] == to else w.conv(f"{name}.conv_shortcut", x, to, kernel=1))


# UNet2DConditionModel


def sinusoid(t, width):
    half = width // 2
    frequencies = torch.exp(-math.log(10000) * torch.arange(half, dtype=t.dtype) / half)
    angles = t[:, None] * frequencies[None]
    return torch.cat([torch.cos(angles), torch.sin(angles)], -1)


def mlp(w, name, x, to):
    return w.linear(f"{name}.linear_2", F.silu(w.linear(f"{name}.linear_1", x, to)), to)


def transformer(w, name, x, text, heads, layers, linear):
    b, c, height, width = x.shape
    tokens = lambda y: y.reshape(b, c, -1).transpose(1, 2)
    picture = lambda y: y.transpose(1, 2).reshape(b, c, height, width)
    h = w.group_norm(f"{name}.norm", x, 1e-6)
    h = w.linear(f"{name}.proj_in", tokens(h), c) if linear else tokens(w.conv(f"{name}.proj_in", h, c, kernel=1))
    for i in range(layers):
        block = f"{name}.transformer_blocks.{i}"
        for n, context in ((1, None), (2, text)):
            normed = w.layer_norm(f"{block}.norm{n}", h)
            other = normed if context is None else context
            attn = f"{block}.attn{n}"
            q = w.linear(f"{attn}.to_q", normed, c, bias=False)
            k = w.linear(f"{attn}.to_k", other, c, bias=False)
            v = w.linear(f"{attn}.to_v", other, c, bias=False)
            h = h + w.linear(f"{attn}.to_out.0", attend(q, k, v, heads), c)
        value, gate = w.linear(f"{block}.ff.net.0.proj", w.layer_norm(f"{block}.norm3", h), 8 * c).chunk(2, -1)
        h = h + w.linear(f"{block}.ff.net.2", value * F.gelu(gate), c)
    if linear:
        return picture(w.linear(f"{name}.proj_out", h, c)) + x
    return w.conv(f"{name}.proj_out", picture(h), c, kernel=1) + x


def unet(w, config, sample, timestep, encoder_hidden_states, text_embeds=None, time_ids=None, timestep_cond=None):
    widths, n = config["block_out_channels"], len(config["block_out_channels"])
    heads, layers = config["attention_head_dim"], config["transformer_layers_per_block"]
    heads = heads if isinstance(heads, list) else [heads] * n
    layers = layers if isinstance(layers, list) else [layers] * n
    linear, text, eps = config["use_linear_projection"], encoder_hidden_states, config["norm_eps"]
    waves = sinusoid(timestep, widths[0])
    if timestep_cond is not None:
        waves = waves + w.linear("time_embedding.cond_proj", timestep_cond, widths[0], bias=False)
    temb = mlp(w, "time_embedding", waves, 4 * widths[0])
    if text_embeds is not None:
        sizes = sinusoid(time_ids.reshape(-1), config["addition_time_embed_dim"]).reshape(len(time_ids), -1)
        temb = temb + mlp(w, "add_embedding", torch.cat([text_embeds, sizes], -1), 4 * widths[0])
    x = w.conv("conv_in", sample, widths[0])
    skips = [x]
    for i, kind in enumerate(config["down_block_types"]):
        for j in range(config["layers_per_block"]):
            x = resnet(w, f"down_blocks.{i}.resnets.{j}", x, widths[i], eps, temb)
            if kind == "CrossAttnDownBlock2D":
                x = transformer(w, f"down_blocks.{i}.attentions.{j}", x, text, heads[i], layers[i], linear)
            skips.append(x)
        if i < n - 1:
            x = w.conv(f"down_blocks.{i}.downsamplers.0.conv", x, widths[i], stride=2)
            skips.append(x)
    x = resnet(w, "mid_block.resnets.0", x, widths[-1], eps, temb)
    x = transformer(w, "mid_block.attentions.0", x, text, heads[-1], layers[-1], linear)
    x = resnet(w, "mid_block.resnets.1", x, widths[-1], eps, temb)
    for i, kind in enumerate(config["up_block_types"]):
        for j in range(config["layers_per_block"] + 1):
            x = torch.cat([x, skips.pop()], 1)
            x = resnet(w, f"up_blocks.{i}.resnets.{j}", x, widths[-1 - i], eps, temb)
            if kind == "CrossAttnUpBlock2D":
                x = transformer(w, f"up_blocks.{i}.attentions.{j}", x, text, heads[-1 - i], layers[-1 - i], linear)
        if i < n - 1:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = w.conv(f"up_blocks.{i}.upsamplers.0.conv", x, widths[-1 - i])
    x = F.silu(w.group_norm("conv_norm_out", x, eps))
    return w.conv("conv_out", x, config["out_channels"])


# AutoencoderKL


def vae_middle(w, name, x):
    x = resnet(w, f"{name}.resnets.0", x, x.shape[1], 1e-6)
    b, c, height, width = x.shape
    attn = f"{name}.attentions.0"
    h = w.group_norm(f"{attn}.group_norm", x, 1e-6).reshape(b, c, -1).transpose(1, 2)
    q, k, v = (w.linear(f"{attn}.{part}", h, c) for part in ("to_q", "to_k", "to_v"))
    h = w.linear(f"{attn}.to_out.0", attend(q, k, v, 1), c)
    x = x + h.transpose(1, 2).reshape(b, c, height, width)
    return resnet(w, f"{name}.resnets.1", x, c, 1e-6)


def vae_encode(w, config, image):
    widths = config["block_out_channels"]
    x = w.conv("encoder.conv_in", image, widths[0])
    for i, width in enumerate(widths):
        for j in range(config["layers_per_block"]):
            x = resnet(w, f"encoder.down_blocks.{i}.resnets.{j}", x, width, 1e-6)
        if i < len(widths) - 1:
            x = w.conv(f"encoder.down_blocks.{i}.downsamplers.0.conv", F.pad(x, (0, 1, 0, 1)), width, stride=2, padding=0)
    x = vae_middle(w, "encoder.mid_block", x)
    x = w.conv("encoder.conv_out", F.silu(w.group_norm("encoder.conv_norm_out", x, 1e-6)), 8)
    return w.conv("quant_conv", x, 8, kernel=1)[:, :4]


def vae_decode(w, config, z):
    widths = config["block_out_channels"][::-1]
    x = w.conv("decoder.conv_in", w.conv("post_quant_conv", z, 4, kernel=1), widths[0])
    x = vae_middle(w, "decoder.mid_block", x)
    for i, width in enumerate(widths):
        for j in range(config["layers_per_block"] + 1):
            x = resnet(w, f"decoder.up_blocks.{i}.resnets.{j}", x, width, 1e-6)
        if i < len(widths) - 1:
            x = w.conv(f"decoder.up_blocks.{i}.upsamplers.0.conv", F.interpolate(x, scale_factor=2, mode="nearest"), width)
    return w.conv("decoder.conv_out", F.silu(w.group_norm("decoder.conv_norm_out", x, 1e-6)), 3)


# CLIPTextModel


def clip(w, config, ids):
    """Last state, last but one before the norm, and what stands at the end, projected where there is a projection."""
    width = config["hidden_size"]
    x = w.get("text_model.embeddings.token_embedding.weight", VOCABULARY, width)[ids]
    x = x + w.get("text_model.embeddings.position_embedding.weight", TOKENS, width)
    mask = torch.full((TOKENS, TOKENS), -math.inf, dtype=x.dtype).triu(1)
    states = [x]
    for i in range(config["num_hidden_layers"]):
        layer = f"text_model.encoder.layers.{i}"
        normed = w.layer_norm(f"{layer}.layer_norm1", x)
        q, k, v = (w.linear(f"{layer}.self_attn.{part}_proj", normed, width) for part in "qkv")
        x = x + w.linear(f"{layer}.self_attn.out_proj", attend(q, k, v, config["num_attention_heads"], mask), width)
        h = w.linear(f"{layer}.mlp.fc1", w.layer_norm(f"{layer}.layer_norm2", x), config["intermediate_size"])
        h = F.gelu(h) if config["hidden_act"] == "gelu" else h * torch.sigmoid(1.702 * h)
        x = x + w.linear(f"{layer}.mlp.fc2", h, width)
        states.append(x)
    last = w.layer_norm("text_model.final_layer_norm", x)
    ends = ids.argmax(-1) if config["eos_token_id"] == 2 else (ids == config["eos_token_id"]).int().argmax(-1)
    pooled = last[torch.arange(len(ids)), ends]
    if config["architectures"] == ["CLIPTextModelWithProjection"]:
        pooled = w.linear("text_projection", pooled, config["projection_dim"], bias=False)
    return last, states[-2], pooled


# Names


OLDER_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def older_vae(tensors):
    """As folders of before 2023 have them."""
    def name(one):
        for today, then in OLDER_ATTENTION.items():
            one = one.replace(f".attentions.0.{today}.", f".attentions.0.{then}.")
        return one
    return {name(one): tensor for one, tensor in tensors.items()}


def replaced(name, pairs):
    for today, theirs in pairs:
        name = name.replace(today, theirs)
    return name


def trainers_unet(tensors, config):
    each = config["layers_per_block"] + 1
    inner = [("norm1", "in_layers.0"), ("conv1", "in_layers.2"), ("norm2", "out_layers.0"), ("conv2", "out_layers.3"),
             ("time_emb_proj", "emb_layers.1"), ("conv_shortcut", "skip_connection")]
    whole = [("time_embedding.linear_1", "time_embed.0"), ("time_embedding.linear_2", "time_embed.2"),
             ("time_embedding.cond_proj", "time_embed.cond_proj"), ("add_embedding.linear_1", "label_emb.0.0"),
             ("add_embedding.linear_2", "label_emb.0.2"), ("conv_in.", "input_blocks.0.0."),
             ("conv_norm_out.", "out.0."), ("conv_out.", "out.2.")]
    def name(one):
        parts = one.split(".")
        if parts[0] == "mid_block":
            place = {"resnets.0": 0, "attentions.0": 1, "resnets.1": 2}[".".join(parts[1:3])]
            rest = ".".join(parts[3:])
            return f"middle_block.{place}.{replaced(rest, inner) if parts[1] == 'resnets' else rest}"
        if parts[0] not in ("down_blocks", "up_blocks"):
            return replaced(one, whole)
        down, i, kind, j, rest = parts[0] == "down_blocks", int(parts[1]), parts[2], int(parts[3]), ".".join(parts[4:])
        side, first = ("input_blocks", 1) if down else ("output_blocks", 0)
        if kind == "downsamplers":
            return f"{side}.{first + i * each + each - 1}.0.{rest.replace('conv', 'op')}"
        if kind == "upsamplers":
            place = 2 if config["up_block_types"][i] == "CrossAttnUpBlock2D" else 1
            return f"{side}.{i * each + each - 1}.{place}.{rest}"
        at = f"{side}.{first + i * each + j}.{1 if kind == 'attentions' else 0}"
        return f"{at}.{rest if kind == 'attentions' else replaced(rest, inner)}"
    return {f"model.diffusion_model.{name(one)}": tensor for one, tensor in tensors.items()}


def trainers_vae(tensors, levels):
    attention = [("group_norm", "norm"), ("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("to_out.0", "proj_out")]
    made = {}
    for one, tensor in tensors.items():
        if "mid_block.attentions.0" in one:
            one = replaced(one, [("mid_block.attentions.0", "mid.attn_1"), *attention])
            tensor = tensor[:, :, None, None] if tensor.ndim == 2 else tensor
        one = replaced(one, [("mid_block.resnets.0", "mid.block_1"), ("mid_block.resnets.1", "mid.block_2"),
                             ("down_blocks.", "down."), ("resnets.", "block."), ("downsamplers.0", "downsample"),
                             ("upsamplers.0", "upsample"), ("conv_shortcut", "nin_shortcut"), ("conv_norm_out", "norm_out")])
        for i in range(levels):
            one = one.replace(f"up_blocks.{i}.", f"up.{levels - 1 - i}.")
        made[f"first_stage_model.{one}"] = tensor
    return made


def open_clip(tensors, layers):
    made = {}
    for i in range(layers):
        attn = f"text_model.encoder.layers.{i}.self_attn"
        for kind in ("weight", "bias"):
            packed = [tensors[f"{attn}.{part}_proj.{kind}"] for part in "qkv"]
            made[f"transformer.resblocks.{i}.attn.in_proj_{kind}"] = np.concatenate(packed)
    for one, tensor in tensors.items():
        if any(f".{part}_proj." in one for part in "qkv"):
            continue
        if one == "text_projection.weight":
            made["text_projection"] = np.ascontiguousarray(tensor.T)
            continue
        made[replaced(one, [("text_model.encoder.layers.", "transformer.resblocks."), ("self_attn.out_proj", "attn.out_proj"),
                            ("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"), ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj"),
                            ("text_model.final_layer_norm", "ln_final"),
                            ("text_model.embeddings.token_embedding", "token_embedding"),
                            ("text_model.embeddings.position_embedding.weight", "positional_embedding")])] = tensor
    made["logit_scale"] = np.float16(4.6).reshape(())
    return {f"conditioner.embedders.1.model.{one}": tensor for one, tensor in made.items()}


# Files


DTYPES = {"float16": "F16", "float32": "F32", "int64": "I64"}


def write_safetensors(path, tensors):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name in sorted(tensors):
        tensor = tensors[name]
        end = offset + tensor.nbytes
        header[name] = {"dtype": DTYPES[str(tensor.dtype)], "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in sorted(tensors):
            file.write(np.ascontiguousarray(tensors[name]).tobytes())


def write_json(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def widened(tensors):
    return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}


def write_case(root, name, bundle, inputs, compute):
    """compute gives its outputs, in the precision that the weights are asked for."""
    folder = os.path.join(root, "checkpoint-cases", name)
    os.makedirs(folder, exist_ok=True)
    exact, single = compute(torch.float64), compute(torch.float32)
    manifest = {"case": name, "bundle": bundle, "dtype": "float32", "settings": {}, "inputs": {}, "outputs": {}}
    for key, array in inputs.items():
        np.save(os.path.join(folder, f"{key}.npy"), array)
        manifest["inputs"][key] = {"file": f"{key}.npy", "shape": list(array.shape), "dtype": str(array.dtype)}
    for key, value in exact.items():
        array = value.detach().numpy()
        np.save(os.path.join(folder, f"{key}.npy"), array.astype(np.float32))
        rms = float(np.sqrt((array**2).mean()))
        strayed = float(np.abs(single[key].detach().numpy() - array).max())
        manifest["outputs"][key] = {"file": f"{key}.npy", "shape": list(array.shape), "dtype": "float32", "rms": rms,
                                    "suggested_atol": max(10 * strayed, 2e-6 * rms)}
    write_json(os.path.join(folder, "manifest.json"), manifest)


UNET = {
    "_class_name": "UNet2DConditionModel", "act_fn": "silu", "block_out_channels": [8, 16], "center_input_sample": False,
    "class_embed_type": None, "downsample_padding": 1, "flip_sin_to_cos": True, "freq_shift": 0, "in_channels": 4,
    "layers_per_block": 1, "mid_block_scale_factor": 1, "mid_block_type": "UNetMidBlock2DCrossAttn", "norm_eps": 1e-05,
    "norm_num_groups": 8, "out_channels": 4, "sample_size": 8,
}
VAE = {
    "_class_name": "AutoencoderKL", "act_fn": "silu", "block_out_channels": [8, 8], "in_channels": 3, "latent_channels": 4,
    "layers_per_block": 1, "norm_num_groups": 8, "out_channels": 3, "sample_size": 16,
    "down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2,
}
TEXT = {
    "architectures": ["CLIPTextModel"], "eos_token_id": 2, "hidden_act": "quick_gelu", "hidden_size": 8,
    "intermediate_size": 24, "layer_norm_eps": 1e-05, "max_position_embeddings": TOKENS, "model_type": "clip_text_model",
    "num_attention_heads": 4, "num_hidden_layers": 2, "projection_dim": 8, "vocab_size": VOCABULARY,
}
CROSS = {
    "attention_head_dim": 8, "cross_attention_dim": 8, "transformer_layers_per_block": 1, "use_linear_projection": False,
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"], "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
}
SETS = {
    "sd1": {
        "index": "StableDiffusionPipeline", "unet": {**UNET, **CROSS}, "vae": {**VAE, "scaling_factor": 0.18215},
        "text": [TEXT],
    },
    "sdxl": {
        "index": "StableDiffusionXLPipeline",
        "unet": {
            **UNET, "block_out_channels": [8, 8], "addition_embed_type": "text_time", "addition_time_embed_dim": 4, "attention_head_dim": [2, 4],
            "cross_attention_dim": 20, "projection_class_embeddings_input_dim": 36, "transformer_layers_per_block": [1, 2],
            "use_linear_projection": True, "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
            "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
        },
        "vae": {**VAE, "force_upcast": True, "scaling_factor": 0.13025},
        "text": [TEXT, {**TEXT, "architectures": ["CLIPTextModelWithProjection"], "eos_token_id": VOCABULARY - 1,
                        "hidden_act": "gelu", "hidden_size": 12, "intermediate_size": 36, "projection_dim": 12}],
    },
    # Told its guidance, as latent consistency models are; its network alone.
    "lcm": {"unet": {**UNET, **CROSS, "block_out_channels": [8, 8], "time_cond_proj_dim": 6}, "text": []},
}


def make(root, kind, seed):
    about, bundle = SETS[kind], f"{kind}-folder"
    folder = os.path.join(root, "checkpoints", bundle)
    random = np.random.RandomState(seed + 100)
    noise = lambda *shape: random.randn(*shape).astype(np.float32)
    parts = {}

    def case(name, part, inputs, compute):
        w = parts.setdefault(part, Weights(seed + len(parts)))
        def run(dtype):
            w.dtype = dtype
            return compute(w, {key: torch.from_numpy(a).to(dtype) if a.dtype == np.float32 else torch.from_numpy(a)
                               for key, a in inputs.items()})
        write_case(root, f"{kind}-{name}", bundle, inputs, run)

    config = about["unet"]
    inputs = {"sample": noise(2, 4, 8, 8), "timestep": np.array([761], np.float32),
              "encoder_hidden_states": noise(2, TOKENS, config["cross_attention_dim"])}
    if kind == "sdxl":
        inputs.update(text_embeds=noise(2, 12), time_ids=np.array([[16, 16, 0, 0, 16, 16], [24, 8, 2, 1, 16, 16]], np.float32))
    if kind == "lcm":
        inputs.update(timestep_cond=noise(2, config["time_cond_proj_dim"]))
    case("unet", "unet", inputs, lambda w, given: {"out": unet(w, config, **given)})
    write_json(f"{folder}/unet/config.json", config)

    if "vae" in about:
        vae = about["vae"]
        case("vae", "vae", {"image": noise(1, 3, 16, 24).clip(-1, 1), "z": noise(1, 4, 8, 12)}, lambda w, given: {
            "latent": vae_encode(w, vae, given["image"]), "decoded": vae_decode(w, vae, given["z"])})
        write_json(f"{folder}/vae/config.json", vae)

    end = VOCABULARY - 1
    ids = np.array([[62, 5, 17, 40, end, end, end, end], [62, 9, 9, 33, 21, 4, 50, end]], np.int64)
    if kind == "sd1":
        case("text", "text_encoder", {"input_ids": ids}, lambda w, given: {"hidden": clip(w, TEXT, given["input_ids"])[0]})
    if kind == "sdxl":
        second = np.where(np.cumsum(ids == end, 1) > 1, 0, ids)
        w2 = parts.setdefault("text_encoder_2", Weights(seed + 50))
        def both(w, given):
            w2.dtype = w.dtype
            _, one, _ = clip(w, about["text"][0], given["input_ids"])
            _, two, pooled = clip(w2, about["text"][1], given["input_ids_2"])
            return {"hidden": torch.cat([one, two], -1), "pooled": pooled}
        case("text", "text_encoder", {"input_ids": ids, "input_ids_2": second}, both)
    for name, text in zip(("text_encoder", "text_encoder_2"), about["text"]):
        write_json(f"{folder}/{name}/config.json", text)

    tensors = {part: w.tensors for part, w in parts.items()}
    if kind == "sd1":
        # As the oldest folders are: older names, positions counted up; one part in single precision.
        positions = {"text_model.embeddings.position_ids": np.arange(TOKENS, dtype=np.int64)[None]}
        write_safetensors(f"{folder}/vae/diffusion_pytorch_model.safetensors", older_vae(tensors["vae"]))
        write_safetensors(f"{folder}/text_encoder/model.safetensors", {**widened(tensors["text_encoder"]), **positions})
        write_safetensors(f"{folder}/unet/diffusion_pytorch_model.safetensors", tensors["unet"])
        single = {f"cond_stage_model.transformer.{one}": tensor for one, tensor in tensors["text_encoder"].items()}
        single["betas"] = np.linspace(0, 1, 4, dtype=np.float32)
    elif kind == "sdxl":
        names = sorted(tensors["unet"])
        halves = [names[: len(names) // 2], names[len(names) // 2 :]]
        shards = [f"diffusion_pytorch_model-0000{i}-of-00002.safetensors" for i in (1, 2)]
        for shard, half in zip(shards, halves):
            write_safetensors(f"{folder}/unet/{shard}", {one: tensors["unet"][one] for one in half})
        weight_map = {one: shard for shard, half in zip(shards, halves) for one in half}
        write_json(f"{folder}/unet/diffusion_pytorch_model.safetensors.index.json", {"metadata": {}, "weight_map": weight_map})
        write_safetensors(f"{folder}/vae/diffusion_pytorch_model.fp16.safetensors", tensors["vae"])
        # The newest transformers leave out "text_model.".
        bare = {one.replace("text_model.", "", 1): tensor for one, tensor in tensors["text_encoder"].items()}
        write_safetensors(f"{folder}/text_encoder/model.fp16.safetensors", bare)
        write_safetensors(f"{folder}/text_encoder_2/model.fp16.safetensors", tensors["text_encoder_2"])
        single = {f"conditioner.embedders.0.transformer.{one}": tensor for one, tensor in tensors["text_encoder"].items()}
        single.update(open_clip(tensors["text_encoder_2"], about["text"][1]["num_hidden_layers"]))
    else:
        write_safetensors(f"{folder}/unet/diffusion_pytorch_model.safetensors", tensors["unet"])
        return
    single.update(trainers_unet(tensors["unet"], config))
    single.update(trainers_vae(tensors["vae"], len(about["vae"]["block_out_channels"])))
    write_safetensors(os.path.join(root, "checkpoints", f"{kind}-single-fp16.safetensors"), single)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for seed, kind in enumerate(SETS):
        make(sys.argv[1], kind, 1000 * (seed + 1))
