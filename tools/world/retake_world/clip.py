"""Renders the demo clip: picture, sound and timecode in one MP4."""
from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

from .render import render
from .spec import Look, Shot, Staging, caption

RATE, SECONDS, SIDE = 24, 4, 256
SAMPLE_RATE = 48_000
TIMECODE = "01:00:00:00"
DEMO = Shot(
    Look("sphere", "red", "matte", "meadow"),
    Staging(direction=1, size=0.95, x0=-0.85, span=1.7, z=0.1, yaw=0.3, spin=0.5, camera_x=-0.25, camera_dx=0.5,
            camera_y=1.35, camera_z=-4.6, camera_dz=0.25, look_y=0.7, light_x=-0.7, sun_x=0.15, pattern=0.37),
)


def frame_times(count: int) -> list[float]:
    return [i / (count - 1) for i in range(count)]


def sound(seconds: float) -> np.ndarray:
    """A rolling whoosh that passes from left to right over two soft tones -> int16 [N, 2]."""
    generator = np.random.default_rng(24)
    count = round(seconds * SAMPLE_RATE)
    t = np.arange(count) / SAMPLE_RATE
    progress = t / seconds
    spectrum = np.fft.rfft(generator.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    spectrum *= (frequency > 60) / (1 + (frequency / 320) ** 2)
    rumble = np.fft.irfft(spectrum, count)
    rumble *= 0.25 / np.abs(rumble).max() * np.exp(-(((progress - 0.5) / 0.28) ** 2))
    rumble *= 1 + 0.35 * np.sin(2 * np.pi * 2.2 * t)
    pad = 0.05 * np.sin(2 * np.pi * 220 * t) + 0.03 * np.sin(2 * np.pi * 329.6 * t)
    edges = np.clip(np.minimum(t, seconds - t) / 0.15, 0, 1)
    left = (rumble * np.cos(progress * np.pi / 2) * 1.3 + pad) * edges
    right = (rumble * np.sin(progress * np.pi / 2) * 1.3 + pad) * edges
    return (np.stack([left, right], 1) * 32767).round().astype(np.int16)


def write_sound(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())


def encode(ffmpeg: Path, frames: np.ndarray, samples: np.ndarray, out: Path) -> None:
    """RGB8 frames [T, H, W, 3] and sound to H.264 (BT.709) with AAC."""
    with tempfile.TemporaryDirectory() as folder:
        track = Path(folder) / "sound.wav"
        write_sound(track, samples)
        height, width = frames.shape[1:3]
        command = [
            str(ffmpeg), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(RATE),
            "-i", "-", "-i", str(track), "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
            "-c:v", "libx264", "-preset", "slow", "-crf", "16", "-colorspace", "bt709", "-color_primaries", "bt709",
            "-color_trc", "bt709", "-c:a", "aac", "-b:a", "96k", "-timecode", TIMECODE, "-movflags", "+faststart",
            "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", str(out),
        ]  # fmt: skip
        subprocess.run(command, input=frames.tobytes(), check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ffmpeg", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--side", type=int, default=SIDE)
    options = parser.parse_args()
    count = RATE * SECONDS
    frames = np.concatenate([render(DEMO, [t], options.side, options.side).numpy() for t in frame_times(count)])
    encode(options.ffmpeg, frames, sound(SECONDS), options.out)
    print(json.dumps({"caption": caption(DEMO.look), "frames": count, **dataclasses.asdict(DEMO.look)}))


if __name__ == "__main__":
    main()
