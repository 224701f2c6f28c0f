"""Records the numbers beside this file: the shipped models computed by PyTorch in float64, apart from Retake and from onnxruntime.

    python3 record.py            # Python 3.11 with torch, onnx and numpy; nothing of it is needed to run the tests

Tolerances are ten times what onnxruntime's float32 differs from these numbers on one CPU. Operators follow the ONNX specification; text is read by the tokenizer of the models' training (tools/world). Attention,
schedules, steps and inversions are written down here once more, from the papers that the sources name.
"""
import json
import math
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
DEMO = ROOT / "resources/demo"
D = torch.float64
CASTS = {1: D, 6: torch.int32, 7: torch.int64, 9: torch.bool, 10: D, 11: D}


def lists(tensor):
    return [int(v) for v in tensor.reshape(-1)]


def resize(x, a, scales=None, sizes=None):
    """Nearest by whole factors, or linear with half-pixel centres."""
    size = lists(sizes)[2:] if sizes is not None else [int(math.floor(n * s)) for n, s in zip(x.shape[2:], scales.tolist()[2:])]
    mode, centres = a.get("mode", "nearest"), a.get("coordinate_transformation_mode", "half_pixel")
    if mode == "linear":
        assert centres in ("half_pixel", "pytorch_half_pixel"), centres
        return F.interpolate(x, size=size, mode="bilinear", align_corners=False)
    assert mode == "nearest" and all(n % m == 0 for n, m in zip(size, x.shape[2:]))
    return F.interpolate(x, size=size, mode="nearest")


def conv(x, w, b, a):
    pads = a.get("pads", [0, 0, 0, 0])
    x = F.pad(x, (pads[1], pads[3], pads[0], pads[2]))
    return F.conv2d(x, w, b, a.get("strides", 1), 0, a.get("dilations", 1), a.get("group", 1))


def conv_transpose(x, w, b, a):
    pads = a.get("pads", [0, 0, 0, 0])
    assert pads[:2] == pads[2:]
    return F.conv_transpose2d(x, w, b, a.get("strides", 1), pads[:2], a.get("output_padding", 0), a.get("group", 1))


def cut(x, starts, ends, axes=None, steps=None):
    axes = lists(axes) if axes is not None else range(len(starts))
    for i, axis in enumerate(axes):
        step = int(steps[i]) if steps is not None else 1
        assert step > 0
        n = x.shape[axis]
        low, high = (max(0, v + n) if v < 0 else min(v, n) for v in (int(starts[i]), int(ends[i])))
        x = x.index_select(axis, torch.arange(low, max(low, high), step))
    return x


def gather(x, i, a):
    axis = a.get("axis", 0) % x.dim()
    i = i.long() % x.shape[axis]
    return x.index_select(axis, i.reshape(-1)).reshape([*x.shape[:axis], *i.shape, *x.shape[axis + 1 :]])


def reshape(x, shape):
    return x.reshape([x.shape[k] if v == 0 else v for k, v in enumerate(lists(shape))])


def divide(x, y):
    return x / y if x.is_floating_point() else torch.div(x, y, rounding_mode="trunc")


def unsqueeze(x, axes):
    for axis in sorted(lists(axes)):
        x = x.unsqueeze(axis)
    return x


def layer_norm(x, w, b, a):
    axis = a.get("axis", -1) % x.dim()
    return F.layer_norm(x, x.shape[axis:], w, b, a.get("epsilon", 1e-5))


OPS = {
    "Add": lambda a, x, y: x + y,
    "Mul": lambda a, x, y: x * y,
    "Div": lambda a, x, y: divide(x, y),
    "Pow": lambda a, x, y: x**y,
    "Sqrt": lambda a, x: x.sqrt(),
    "Erf": lambda a, x: torch.erf(x),
    "Sigmoid": lambda a, x: torch.sigmoid(x),
    "Relu": lambda a, x: x.relu(),
    "Sin": lambda a, x: x.sin(),
    "Cos": lambda a, x: x.cos(),
    "Softmax": lambda a, x: x.softmax(a.get("axis", -1)),
    "MatMul": lambda a, x, y: x @ y,
    "Gemm": lambda a, x, w, b: x @ (w.T if a.get("transB") else w) + b,
    "Conv": lambda a, x, w, b=None: conv(x, w, b, a),
    "ConvTranspose": lambda a, x, w, b=None: conv_transpose(x, w, b, a),
    "InstanceNormalization": lambda a, x, w, b: F.instance_norm(x, weight=w, bias=b, eps=a.get("epsilon", 1e-5)),
    "LayerNormalization": lambda a, x, w, b=None: layer_norm(x, w, b, a),
    "Resize": lambda a, x, roi=None, scales=None, sizes=None: resize(x, a, scales, sizes),
    "Cast": lambda a, x: x.to(CASTS[a["to"]]),
    "Shape": lambda a, x: torch.tensor(x.shape),
    "Unsqueeze": lambda a, x, axes: unsqueeze(x, axes),
    "Concat": lambda a, *xs: torch.cat(xs, a["axis"]),
    "Reshape": lambda a, x, shape: reshape(x, shape),
    "Transpose": lambda a, x: x.permute(a["perm"]),
    "Flatten": lambda a, x: x.reshape(math.prod(x.shape[: a.get("axis", 1)]), -1),
    "Gather": lambda a, x, i: gather(x, i, a),
    "Slice": lambda a, x, *more: cut(x, *more),
    "Expand": lambda a, x, shape: x.expand(torch.broadcast_shapes(x.shape, lists(shape))),
    "Equal": lambda a, x, y: x == y,
    "Where": lambda a, c, x, y: torch.where(c, x, y),
    "Range": lambda a, low, high, step: torch.arange(int(low), int(high), int(step)),
    "ArgMax": lambda a, x: x.argmax(a.get("axis", 0), bool(a.get("keepdims", 1))),
    "Trilu": lambda a, x, k=torch.tensor(0): x.triu(int(k)) if a.get("upper", 1) else x.tril(int(k)),
    "ConstantOfShape": lambda a, shape: torch.full(lists(shape), a["value"].item()),
}


class Network:
    """A graph, run node by node in float64. `attend` may change what a self-attention's keys and values see."""

    def __init__(self, file):
        self.graph = onnx.load(file).graph
        self.weights = {t.name: self.tensor(numpy_helper.to_array(t)) for t in self.graph.initializer}
        self.sites, self.keys = self.find_sites()

    @staticmethod
    def tensor(array):
        tensor = torch.from_numpy(np.array(array))
        return tensor.to(D) if tensor.is_floating_point() else tensor

    def find_sites(self):
        """Self-attentions by the name of their norm, in running order: its output, and the products that make K and V."""
        sites, keys = [], {}
        for node in self.graph.node:
            if node.op_type != "LayerNormalization" or ".norm1." not in node.input[1]:
                continue
            users = [n for n in self.graph.node if n.op_type == "MatMul" and n.input[0] == node.output[0]]
            assert len(users) == 3, node.input[1]
            # Query, key, value, as the modules call them.
            for user in users[1:]:
                keys[user.output[0]] = len(sites)
            sites.append((node.input[1].removesuffix(".norm1.weight"), node.output[0]))
        return sites, keys

    def __call__(self, attend=None, **feeds):
        """:param attend: (site, hidden of all rows) -> what keys and values are made from"""
        values = {**self.weights, **feeds, "": None}
        for node in self.graph.node:
            a = {x.name: onnx.helper.get_attribute_value(x) for x in node.attribute}
            a = {k: v.decode() if isinstance(v, bytes) else v for k, v in a.items()}
            if node.op_type == "Constant":
                values[node.output[0]] = self.tensor(numpy_helper.to_array(a["value"]))
                continue
            if "value" in a:
                a["value"] = numpy_helper.to_array(a["value"])
            inputs = [values[name] for name in node.input]
            if attend and node.output[0] in self.keys:
                inputs[0] = attend(self.keys[node.output[0]], inputs[0])
            values[node.output[0]] = OPS[node.op_type](a, *inputs)
        self.features = [values[name] for _, name in self.sites]
        return [values[o.name] for o in self.graph.output]


# --- Schedules, solvers and inversions -------------------------------------------------------------------------------


def levels(config, steps):
    """Descending timesteps with their alpha-bar, 'leading' spacing, and the level below the last."""
    n = config["num_train_timesteps"]
    betas = np.linspace(config["beta_start"] ** 0.5, config["beta_end"] ** 0.5, n) ** 2
    bars = np.cumprod(1 - betas)
    times = [i * (n // steps) + config["steps_offset"] for i in range(steps)][::-1]
    return [(t, float(bars[t])) for t in times], (0, float(bars[0]))


def clean_and_noise(kind, z, raw, bar):
    """x0 and epsilon of a latent sqrt(bar) x0 + sqrt(1-bar) eps."""
    signal, noise = math.sqrt(bar), math.sqrt(1 - bar)
    if kind == "v_prediction":
        return signal * z - noise * raw, signal * raw + noise * z
    assert kind == "epsilon"
    return (z - noise * raw) / signal, raw


class Sampler:
    def __init__(self, bundle, steps, structure=None):
        self.unet = Network(bundle / "unet/model.onnx")
        self.config = json.loads((bundle / "scheduler/scheduler_config.json").read_text())
        self.levels, self.final = levels(self.config, steps)
        self.structure = structure

    def raw(self, z, t, ctx, attend=None):
        """All frames in one batch: (frames, c, h, w) and one context -> the network's answer."""
        sample = z if self.structure is None else torch.cat([z, self.structure[: len(z)]], 1)
        hidden = ctx.expand(len(z), *ctx.shape)
        return self.unet(attend, sample=sample, timestep=torch.tensor(t), encoder_hidden_states=hidden)[0]

    def guided(self, z, t, ctx, g, attend=None):
        if g == 1:
            return self.raw(z, t, ctx[1], attend)
        empty, full = (self.raw(z, t, one, attend) for one in ctx)
        return empty + g * (full - empty)

    def split(self, z, raw, bar):
        return clean_and_noise(self.config["prediction_type"], z, raw, bar)

    def ddim(self, z, ctx, g, attend=None):
        """Song et al. 2020, Eq. 12, eta 0."""
        out = []
        for (t, bar), (_, low) in zip(self.levels, [*self.levels[1:], self.final]):
            x0, eps = self.split(z, self.guided(z, t, ctx, g, attend), bar)
            z = math.sqrt(low) * x0 + math.sqrt(1 - low) * eps
            out.append(z)
        return torch.stack(out)

    def ddim_up(self, z, ctx, mode="upper", k=0):
        """The same step upwards; asked at the upper or lower timestep, converted where the latent stands; then k corrections."""
        out, low = [z], self.final
        for t, bar in self.levels[::-1]:
            at = t if mode == "upper" else low[0]
            x0, eps = self.split(z, self.raw(z, at, ctx[1]), low[1])
            up = math.sqrt(bar) * x0 + math.sqrt(1 - bar) * eps
            for _ in range(k):
                _, eps = self.split(up, self.raw(up, t, ctx[1]), bar)
                x0 = (z - math.sqrt(1 - low[1]) * eps) / math.sqrt(low[1])
                up = math.sqrt(bar) * x0 + math.sqrt(1 - bar) * eps
            z, low = up, (t, bar)
            out.append(z)
        return torch.stack(out)

    @staticmethod
    def sigma(bar):
        return math.sqrt((1 - bar) / bar)

    def denoised(self, x, level, ctx, g):
        """Of a latent x0 + sigma eps."""
        t, bar = level
        z = x * math.sqrt(bar)
        return self.split(z, self.guided(z, t, ctx, g), bar)[0]

    def euler(self, x, ctx, g):
        """Karras et al. 2022, Alg. 1 without churn, to sigma 0."""
        out = []
        sigmas = [self.sigma(bar) for _, bar in self.levels] + [0.0]
        for level, s, low in zip(self.levels, sigmas, sigmas[1:]):
            x = x + (low - s) * (x - self.denoised(x, level, ctx, g)) / s
            out.append(x)
        return torch.stack(out)

    def dpmpp_2m(self, x, ctx, g):
        """Lu et al. 2022, Alg. 2, to sigma 0; lambda = -log sigma."""
        out, before = [], None
        sigmas = [self.sigma(bar) for _, bar in self.levels] + [0.0]
        for i, level in enumerate(self.levels):
            x0 = self.denoised(x, level, ctx, g)
            if sigmas[i + 1] == 0:
                x = x0
            else:
                h = math.log(sigmas[i] / sigmas[i + 1])
                ahead = x0
                if before is not None:
                    r = math.log(sigmas[i - 1] / sigmas[i]) / h
                    ahead = (1 + 1 / (2 * r)) * x0 - before / (2 * r)
                x = sigmas[i + 1] / sigmas[i] * x - math.expm1(-h) * ahead
            before = x0
            out.append(x)
        return torch.stack(out)

    def euler_up(self, x, ctx, k=0):
        out, low = [x], 0.0
        for level in self.levels[::-1]:
            s, up = self.sigma(level[1]), x
            for _ in range(k + 1):
                up = x + (s - low) * (up - self.denoised(up, level, ctx, 1)) / s
            x, low = up, s
            out.append(x)
        return torch.stack(out)


# --- Attention across frames: the rows of a batch are the frames --------------------------------------------------------


def full(_, h):
    return h.reshape(1, -1, h.shape[2]).expand(len(h), -1, -1)


def first(_, h):
    return h[:1].expand(len(h), -1, -1)


def sparse_causal(_, h):
    """Frame 0 and the one before; frame 0 itself alone, which is the same as twice."""
    return torch.stack([torch.cat([h[0], h[max(0, i - 1)]]) for i in range(len(h))])


def banked(sites, banks):
    """Frame i sees the frames of banks[i], in the decoder alone. Repeating a whole bank changes nothing, and makes them equally long."""
    decoder = {i for i, (site, _) in enumerate(sites) if site.startswith("up_blocks")}
    longest = math.lcm(*(len(bank) for bank in banks))

    def attend(site, h):
        if site not in decoder:
            return h
        return torch.stack([torch.cat([h[j] for j in bank * (longest // len(bank))]) for bank in banks])

    return attend


# --- The cases ----------------------------------------------------------------------------------------------------------

RNG = np.random.default_rng(20)
HEIGHT, WIDTH, STEPS, TOKENS = 4, 8, 3, 5


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def save(name, bundle, settings, inputs, outputs, notes=()):
    """:param outputs: name -> (array, tolerance); the tolerance is of float32 against these exact numbers"""
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    manifest = {"case": name, "bundle": bundle, "settings": settings, "notes": list(notes), "inputs": {}, "outputs": {}}
    for key, array in inputs.items():
        np.save(folder / f"{key}.npy", array)
        manifest["inputs"][key] = {"file": f"{key}.npy", "shape": list(array.shape)}
    for key, (array, tolerance) in outputs.items():
        array = array.detach().numpy() if isinstance(array, torch.Tensor) else np.asarray(array)
        exact = array.dtype.kind == "i"
        np.save(folder / f"{key}.npy", array if exact else array.astype(np.float32))
        entry = {"file": f"{key}.npy", "shape": list(array.shape)}
        if not exact:
            entry |= {"rms": float(np.sqrt((array**2).mean())), "suggested_atol": tolerance}
        manifest["outputs"][key] = entry
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def text(bundle):
    sys.path.insert(0, str(ROOT / "tools/world"))
    from retake_world.tokenizer import Tokenizer

    tokenizer = Tokenizer()
    prompts = ["", "a red matte ball rolling across a snowy plain", "A Blue zyx cube"]
    ids = [tokenizer.encode(prompt) for prompt in prompts]
    network = Network(DEMO / bundle / "text_encoder/model.onnx")
    hidden, pooled = network(input_ids=torch.tensor(ids))
    outputs = {
        "input_ids": (np.array(ids, dtype=np.int32), 0),
        "last_hidden_state": (hidden, 1.5e-5),
        "pooler_output": (pooled, 1e-5),
    }
    save("text", bundle, {"prompts": prompts}, {}, outputs)


def vae(bundle):
    y, x = np.mgrid[0:32, 0:32]
    frame = np.stack([x * 8, y * 8, (x * y) % 256], -1).astype(np.uint8)[None]
    pixels = torch.from_numpy(frame).to(D).permute(0, 3, 1, 2) / 127.5 - 1
    [moments] = Network(DEMO / bundle / "vae_encoder/model.onnx")(sample=pixels)
    scale = json.loads((DEMO / bundle / "vae_decoder/config.json").read_text())["scaling_factor"]
    latent = moments[:, : moments.shape[1] // 2] * scale
    [decoded] = Network(DEMO / bundle / "vae_decoder/model.onnx")(latent_sample=latent.float().to(D) / scale)
    outputs = {"moments": (moments, 1.2e-5), "latent": (latent, 1.2e-5), "decoded": (decoded, 4e-6)}
    save("vae", bundle, {"scaling_factor": scale}, {"frames_u8": frame}, outputs)


def depth():
    """A picture of the size the estimator looks at, so that nothing is resized before it: squares of four pixels."""
    y, x = np.mgrid[0:32, 0:32]
    frame = np.stack([np.hypot(x - 15, y - 18) * 8 % 256, y * 8, x * 4], -1).astype(np.uint8)[None]
    large = frame.repeat(4, 1).repeat(4, 2)
    pixels = (torch.from_numpy(large).to(D).permute(0, 3, 1, 2) / 255 - 0.5) / 0.5
    [near] = Network(DEMO / "depth-bundle/depth_estimator/model.onnx")(pixel_values=pixels)
    save("depth", "depth-bundle", {"repeat": 4}, {"frames_u8": frame}, {"predicted_depth": (near, 5e-6)})


def unet(bundle, name, extra):
    """One pass: the network as it is, and with what another frame saw in its decoder's attentions."""
    sampler = Sampler(DEMO / bundle, STEPS)
    network = sampler.unet
    channels = 12
    latent, other, ctx = normal(1, channels, HEIGHT, WIDTH), normal(1, channels, HEIGHT, WIDTH), normal(2, TOKENS, 96)
    structure = np.tanh(normal(1, extra, HEIGHT, WIDTH)) if extra else None
    if extra:
        sampler.structure = torch.from_numpy(structure).to(D)
    t = 501
    z, o, c = (torch.from_numpy(v).to(D) for v in (latent, other, ctx))
    decoder = [i for i, (site, _) in enumerate(network.sites) if site.startswith("up_blocks")]
    plain, banked, alone, feature = [], [], [], None
    for branch in (0, 1):
        plain.append(sampler.raw(z, t, c[branch])[0])
        sampler.raw(o, t, c[branch])
        bank = list(network.features)
        seen = bank[decoder[-1]] if branch == 1 else None
        feature = seen if seen is not None else feature
        banked.append(sampler.raw(z, t, c[branch], lambda i, h: torch.cat([bank[i], h], 1) if i in decoder else h)[0])
        alone.append(sampler.raw(z, t, c[branch], lambda i, h: bank[i] if i in decoder else h)[0])
    inputs = {"latent": latent, "other": other, "ctx": ctx, **({"depth": structure} if extra else {})}
    outputs = {
        "plain": (torch.stack(plain), 2.5e-5),
        "bank_and_self": (torch.stack(banked), 2.5e-5),
        "bank_alone": (torch.stack(alone), 2.5e-5),
        "feature_last_site": (feature[0], 2e-5),
    }
    save(name, bundle, {"timestep": t}, inputs, outputs, ["features: of `other`, conditional branch, last self-attention of the decoder"])


def joint():
    structure = np.tanh(normal(3, 1, HEIGHT, WIDTH))
    sampler = Sampler(DEMO / "depth-bundle", 2, torch.from_numpy(structure).to(D))
    zT, ctx = normal(3, 12, HEIGHT, WIDTH), normal(2, TOKENS, 96)
    z, c = torch.from_numpy(zT).to(D), torch.from_numpy(ctx).to(D)
    kinds = {"full": full, "first": first, "sparse_causal": sparse_causal}
    outputs = {key: (sampler.ddim(z, c, 3.0, attend)[-1], 7e-5) for key, attend in kinds.items()}
    save("joint", "depth-bundle", {"steps": 2, "guidance": 3.0}, {"zT": zT, "depth": structure, "ctx": ctx}, outputs)


def solvers():
    sampler = Sampler(DEMO / "bundle", STEPS)
    z0, noise, ctx = normal(1, 12, HEIGHT, WIDTH), normal(1, 12, HEIGHT, WIDTH), normal(2, TOKENS, 96)
    z, n, c = (torch.from_numpy(v).to(D) for v in (z0, noise, ctx))
    g = 3.0
    ascending = sampler.levels[::-1]
    schedule = {
        "steps": STEPS,
        "guidance": g,
        "timesteps_ascending": [t for t, _ in ascending],
        "alpha_bar": [bar for _, bar in ascending],
        "alpha_bar_clean": sampler.final[1],
    }
    inputs = {"z0": z0, "noise": noise, "ctx": ctx}
    outputs = {
        "sample_cfg": (sampler.ddim(n, c, g), 5e-5),
        "invert_lower": (sampler.ddim_up(z, c, "lower")[-1], 2e-5),
        "invert_upper": (sampler.ddim_up(z, c)[-1], 2e-5),
        "invert_upper_k2": (sampler.ddim_up(z, c, k=2)[-1], 2e-5),
    }
    save("ddim", "bundle", schedule, inputs, outputs)
    sigmas = [sampler.sigma(bar) for _, bar in sampler.levels] + [0.0]
    settings = {"steps": STEPS, "guidance": g, "sigmas_descending": sigmas}
    start = n * math.sqrt(sigmas[0] ** 2 + 1)
    outputs = {
        "sample_cfg": (sampler.euler(start, c, g), 5e-5),
        "invert_k0": (sampler.euler_up(z, c)[-1], 4e-5),
        "invert_k2": (sampler.euler_up(z, c, 2)[-1], 4e-5),
    }
    save("euler", "bundle", settings, inputs, outputs)
    sampler.levels, sampler.final = levels(sampler.config, 4)
    start = n * math.sqrt(sampler.sigma(sampler.levels[0][1]) ** 2 + 1)
    outputs = {"sample_cfg": (sampler.dpmpp_2m(start, c, g), 5e-5)}
    save("dpmpp-2m", "bundle", {"steps": 4, "guidance": g}, {"noise": noise, "ctx": ctx}, outputs)


def anchors():
    """Pix2Video (Ceylan et al. 2023, Sec. 3) around frames 1 and 5 of seven, whose ways meet in another frame between them in every step."""
    rng = np.random.default_rng(21)
    count, steps, g, weight = 7, 3, 3.0, 1000
    zT, ctx = (rng.standard_normal(shape).astype(np.float32) for shape in [(count, 12, HEIGHT, WIDTH), (2, TOKENS, 96)])
    for how, own in {"joint": {1: [1, 5], 5: [1, 5]}, "own": {1: [1], 5: [5]}}.items():
        sampler = Sampler(DEMO / "bundle", steps)
        z, c = torch.from_numpy(zT).to(D), torch.from_numpy(ctx).to(D)
        out = []
        for step, ((t, bar), (_, low)) in enumerate(zip(sampler.levels, [*sampler.levels[1:], sampler.final])):
            meeting = 2 + int((0.5 + step * (math.sqrt(5) - 1) / 2) % 1 * 3)
            near = {0: [1], 6: [5]} | {i: [i - 1] if i < meeting else [i + 1] for i in (2, 3, 4)} | {meeting: [meeting - 1, meeting + 1]}
            led = {0: [1], 6: [5], 2: [1, 5], 3: [1, 5], 4: [1, 5]}
            attend = banked(sampler.unet.sites, [own[i] if i in own else led[i] + near[i] for i in range(count)])
            x0, eps = sampler.split(z, sampler.guided(z, t, c, g, attend), bar)
            z = math.sqrt(low) * x0 + math.sqrt(1 - low) * eps
            if step < steps / 2:
                for i in led:
                    z[i] -= 2 * weight / 16384 * (x0[i] - x0[near[i]].mean(0))
            out.append(z.clone())
        settings = {"steps": steps, "guidance": g, "method": "pix2video", "solver": "ddim", "anchor": 1, "anchors": [1, 5]}
        save(f"anchors-{how}", "bundle", settings | {"params": {"weight": weight, "anchors": how}}, {"z_T": zT, "ctx": ctx}, {"trajectory": (torch.stack(out), 7e-5)})


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    text("bundle")
    vae("bundle")
    depth()
    unet("bundle", "unet", 0)
    unet("depth-bundle", "unet-with-depth", 1)
    joint()
    solvers()
    anchors()
    (HERE / "set.json").write_text(json.dumps({"bundle": "bundle", "bundles": "../../../resources/demo"}, indent=1) + "\n")
