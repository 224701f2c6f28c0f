"""The other side of tools/bench/peers: the same network, weights, schedule and loops in PyTorch. Needs PyTorch and NumPy.

    python3 peer.py make FOLDER      writes weights for FOLDER/unet/config.json, random by a fixed seed
    python3 peer.py measure FOLDER   inverts and samples what FOLDER/request.json asks for, and prints what that took as JSON

The network is tools/world's, which has diffusers' names. Attention is scaled_dot_product_attention where PyTorch has it (2.0 and later) and
written out otherwise, as diffusers did then.
"""

import json
import math
import os
import re
import struct
import sys
import time

folder = sys.argv[2]
request = json.load(open(f"{folder}/request.json"))
# Libraries read it when they are loaded.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(request["threads"])

import numpy as np
import torch
from torch.nn import functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../world"))
from retake_world.unet import UNet2DConditionModel

FUSED = hasattr(F, "scaled_dot_product_attention")
if not FUSED:
    F.scaled_dot_product_attention = lambda q, k, v: (q * q.shape[-1] ** -0.5 @ k.transpose(-1, -2)).softmax(-1) @ v

WEIGHTS = f"{folder}/unet/diffusion_pytorch_model.safetensors"


def network():
    return UNet2DConditionModel(json.load(open(f"{folder}/unet/config.json"))).eval()


def make():
    torch.manual_seed(0)
    state = network().state_dict()
    header, end = {}, 0
    for name, tensor in state.items():
        size = tensor.numel() * 4
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(WEIGHTS, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for tensor in state.values():
            out.write(tensor.contiguous().numpy().tobytes())


def load():
    """Read into memory, one weight at a time."""
    for name in ("kaiming_uniform_", "uniform_", "ones_", "zeros_"):
        setattr(torch.nn.init, name, lambda tensor, *_, **__: tensor)
    model = network()
    with open(WEIGHTS, "rb") as file, torch.no_grad():
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        start = file.tell()
        for name, tensor in model.state_dict().items():
            begin, end = header[name]["data_offsets"]
            file.seek(start + begin)
            data = np.frombuffer(file.read(end - begin), dtype=np.float32)
            tensor.copy_(torch.from_numpy(data.reshape(header[name]["shape"]).copy()))
    return model


def status(key):
    return int(re.search(rf"{key}:\s+(\d+)", open("/proc/self/status").read())[1]) * 1024


def measure():
    torch.set_num_threads(request["threads"])
    model = load()
    channels, side = request["channels"], request["side"]
    read = lambda name: torch.from_numpy(np.fromfile(f"{folder}/{name}.bin", dtype=np.float32))
    latent = read("latent").reshape(1, channels, side, side)
    text = read("text").reshape(2, request["tokens"], request["dim"])
    calls = []

    def call(z, timestep, branches):
        """Raw output and the time it took: of the branches at once."""
        wall, processor = time.perf_counter(), time.process_time()
        out = model(z.expand(len(branches), -1, -1, -1), torch.tensor([timestep]).expand(len(branches)), branches)
        calls.append({
            "branches": len(branches),
            "processor": time.process_time() - processor,
            "wall": time.perf_counter() - wall,
        })
        return out

    def step(raw, z, at, to):
        """DDIM: epsilon or v, from the level where z stands to another."""
        signal, noise = math.sqrt(at["alphaBar"]), math.sqrt(1 - at["alphaBar"])
        if request["prediction"] == "epsilon":
            clean, eps = (z - noise * raw) / signal, raw
        else:
            clean, eps = signal * z - noise * raw, signal * raw + noise * z
        return math.sqrt(to["alphaBar"]) * clean + math.sqrt(1 - to["alphaBar"]) * eps

    open("/proc/self/clear_refs", "w").write("5")
    wall, processor = time.perf_counter(), time.process_time()
    with torch.no_grad():
        z, low = latent, request["final"]
        for high in reversed(request["levels"]):
            z, low = step(call(z, high["timestep"], text[:1]), z, low, high), high
        inverted = z
        ends = request["levels"][1:] + [request["final"]]
        for level, to in zip(request["levels"], ends):
            source, target = call(z, level["timestep"], text)
            raw = source + request["guidance"] * (target - source)
            z = step(raw[None], z, level, to)
    edit = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
    for name, made in (("inverted", inverted), ("edited", z)):
        made.numpy().tofile(f"{folder}/torch-{name}.bin")
    libraries = {os.path.basename(line.split()[-1]) for line in open("/proc/self/maps") if "blas" in line}
    real = {os.path.basename(os.path.realpath(line.split()[-1])) for line in open("/proc/self/maps") if "blas" in line}
    print(json.dumps({
        "calls": calls,
        "edit": edit,
        "peak": status("VmHWM"),
        "about": {"version": torch.__version__, "fused": FUSED, "blas": sorted(libraries | real)},
    }))


{"make": make, "measure": measure}[sys.argv[1]]()
