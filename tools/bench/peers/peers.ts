/**
 * Retake beside PyTorch on the same network: one frame inverted and sampled again by DDIM with guidance, without what reads and writes
 * pictures. Weights are random, written once and read by both; both use as many threads, and what comes out is compared. Each run
 * has a process of its own, in turn, and the best counts. PyTorch is Debian's python3-torch, or what RETAKE_PYTHON names.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { noiseFor } from '../../../src/main/engine/diffusion/noise.ts';
import { makeLevels } from '../../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../../src/main/engine/diffusion/solvers/ddim.ts';
import type { SchedulerConfig } from '../../../src/main/engine/diffusion/types.ts';
import { inChild, inFolder } from '../child.ts';
import type { Measure, Row, Say } from '../measure.ts';
import { gigabytes } from '../units.ts';
import type { PeerMeasured, PeerRequest } from './retake.ts';

const PYTHON = process.env.RETAKE_PYTHON ?? '/usr/bin/python3';
const PEER = join(import.meta.dirname, 'peer.py');
const OURS = join(import.meta.dirname, 'retake.ts');
const DEMO = resolve(import.meta.dirname, '../../../resources/demo/bundle/unet/config.json');

interface Scene {
  readonly name: string;
  /** Of its UNet, as diffusers write it. */
  readonly config: () => Record<string, unknown>;
  /** Of the latent. */
  readonly side: number;
  readonly steps: number;
  readonly rounds: number;
  readonly threads: number;
}

export type Way = 'torch' | 'exact' | 'fused';

export interface PeersData extends Omit<Scene, 'config'> {
  /** Version of PyTorch, whether it fuses attention, and the library of its matrix products. */
  readonly about: { readonly version: string; readonly fused: boolean; readonly blas: readonly string[] };
  readonly ways: Readonly<Record<Way, Summary>>;
  /** The largest difference between PyTorch's latents and ours, over the largest number in them. */
  readonly strays: Readonly<Record<'exact' | 'fused', number>>;
}

export interface Summary {
  /** Seconds of the processor: the fastest call but the first of one branch and of two, and the fastest whole edit. */
  readonly unguided: number;
  readonly guided: number;
  readonly edit: number;
  /** By the clock. */
  readonly editWall: number;
  readonly peak: number;
}

const sd15 = () => ({
  ...{ in_channels: 4, out_channels: 4, block_out_channels: [320, 640, 1280, 1280], layers_per_block: 2 },
  ...{ attention_head_dim: 8, cross_attention_dim: 768, norm_num_groups: 32, norm_eps: 1e-5 },
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
});

/** As Stable Diffusion's. */
const SCHEDULER: SchedulerConfig = {
  ...{ className: 'DDIMScheduler', trainTimesteps: 1000, trainedBetas: null, rescaleBetasZeroSnr: false },
  ...{ betaStart: 0.00085, betaEnd: 0.012, betaSchedule: 'scaled_linear', prediction: 'epsilon' },
  ...{ timestepSpacing: 'leading', stepsOffset: 1, setAlphaToOne: false, clipSample: false },
};

const python = async (what: 'make' | 'measure', folder: string) => {
  const { stdout } = await promisify(execFile)(PYTHON, [PEER, what, folder], { maxBuffer: 2 ** 26 });
  return stdout;
};

async function hasTorch(): Promise<boolean> {
  return promisify(execFile)(PYTHON, ['-c', 'import torch, numpy']).then(
    () => true,
    () => false,
  );
}

function writeRequest(folder: string, { config, side, steps, threads }: Scene): void {
  const made = config();
  mkdirSync(join(folder, 'unet'));
  writeFileSync(join(folder, 'unet', 'config.json'), JSON.stringify(made));
  const channels = made.in_channels as number;
  const [tokens, dim] = [77, made.cross_attention_dim as number];
  const request: PeerRequest = {
    ...makeLevels(SCHEDULER, steps, { solver: ddim }),
    ...{ prediction: SCHEDULER.prediction, channels, side, tokens, dim, guidance: 7.5, threads },
  };
  writeFileSync(join(folder, 'request.json'), JSON.stringify(request));
  writeFileSync(join(folder, 'latent.bin'), noiseFor(1, 0, channels * side * side));
  writeFileSync(join(folder, 'text.bin'), noiseFor(2, 0, 2 * tokens * dim));
}

function summary(runs: readonly PeerMeasured[]): Summary {
  const least = (values: readonly number[]) => Math.min(...values);
  const of = (branches: number) =>
    runs.flatMap(({ calls }) => calls.filter((one) => one.branches === branches).slice(1));
  return {
    unguided: least(of(1).map(({ processor }) => processor)),
    guided: least(of(2).map(({ processor }) => processor)),
    edit: least(runs.map(({ edit }) => edit.processor)),
    editWall: least(runs.map(({ edit }) => edit.wall)),
    peak: Math.max(...runs.map(({ peak }) => peak)),
  };
}

function stray(folder: string, way: 'exact' | 'fused'): number {
  const read = (name: string) =>
    new Float32Array(new Uint8Array(readFileSync(join(folder, `${name}.bin`))).buffer);
  const parts = ['inverted', 'edited'].map((name) => {
    const [theirs, ours] = [read(`torch-${name}`), read(`${way}-${name}`)];
    const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return theirs.reduce((most, value, i) => Math.max(most, Math.abs(value - ours[i]!)), 0) / largest;
  });
  return Math.max(...parts);
}

async function compared(scene: Scene, say: Say): Promise<PeersData> {
  return inFolder(async (folder) => {
    say('weights');
    writeRequest(folder, scene);
    await python('make', folder);
    const runs: Record<Way, PeerMeasured[]> = { torch: [], exact: [], fused: [] };
    let about: PeersData['about'] | undefined;
    for (let round = 0; round < scene.rounds; round++) {
      for (const way of Object.keys(runs) as Way[]) {
        say(
          `${scene.name}, ${way === 'torch' ? 'PyTorch' : `Retake, ${way}`}, ${round + 1} of ${scene.rounds}`,
        );
        if (way === 'torch') {
          const made = JSON.parse(await python('measure', folder));
          about = made.about;
          runs.torch.push(made);
        } else runs[way].push(await inChild<PeerMeasured>(OURS, folder, way));
      }
    }
    const { config: _, ...rest } = scene;
    const [torch, exact, fused] = [summary(runs.torch), summary(runs.exact), summary(runs.fused)];
    const strays = { exact: stray(folder, 'exact'), fused: stray(folder, 'fused') };
    return { ...rest, about: about!, ways: { torch, exact, fused }, strays };
  });
}

function rowsOf({ name, steps, ways, strays }: PeersData): Row[] {
  const { torch } = ways;
  return (['exact', 'fused'] as const).flatMap((way): Row[] => {
    const ours = ways[way];
    const ratio = (of: keyof Summary) => `× ${(ours[of] / torch[of]).toFixed(2)}`;
    const seconds = (of: 'unguided' | 'guided' | 'edit') =>
      `${ours[of].toFixed(3)} s beside ${torch[of].toFixed(3)} (${ratio(of)})`;
    return [
      [`${name}, ${way} over PyTorch: a call`, seconds('unguided'), ''],
      [`${name}, ${way} over PyTorch: a guided call`, seconds('guided'), ''],
      [`${name}, ${way} over PyTorch: an edit of ${steps} + ${steps} calls`, seconds('edit'), '≤ 1'],
      [
        `${name}, ${way} over PyTorch: memory at most`,
        `${gigabytes(ours.peak)} beside ${gigabytes(torch.peak)} (${ratio('peak')})`,
        '≤ 1',
      ],
      [`${name}, ${way}: strays from PyTorch`, strays[way].toExponential(1), '≤ 1e-3'],
    ];
  });
}

async function measured(scenes: readonly Scene[], say: Say) {
  if (!(await hasTorch())) {
    return {
      rows: [['Retake beside PyTorch', `skipped, ${PYTHON} has no PyTorch`, ''] as const],
      data: null,
    };
  }
  const data: PeersData[] = [];
  for (const scene of scenes) data.push(await compared(scene, say));
  return { rows: data.flatMap(rowsOf), data };
}

const demo = () => JSON.parse(readFileSync(DEMO, 'utf8')) as Record<string, unknown>;
const common = { steps: 20, rounds: 3, threads: 1 };
const LARGE = { config: sd15, steps: 2, rounds: 1, threads: 1 };

export const peers: Measure = {
  id: 'peers',
  title: "the demo's UNet beside PyTorch",
  seconds: 20,
  default: true,
  run: (say) => measured([{ name: "the demo's UNet at 128²", config: demo, side: 16, ...common }], say),
};

export const largePeers: Measure = {
  id: 'peers-sd15',
  title: "a UNet of SD 1.5's size beside PyTorch, at 256²",
  seconds: 150,
  default: false,
  memory: 8e9,
  run: (say) => measured([{ ...LARGE, name: "SD 1.5's UNet at 256²", side: 32 }], say),
};

export const largestPeers: Measure = {
  id: 'peers-sd15-512',
  title: 'the same at 512²',
  seconds: 600,
  default: false,
  memory: 14e9,
  run: (say) => measured([{ ...LARGE, name: "SD 1.5's UNet at 512²", side: 64 }], say),
};
