/** What renders, and what computes. */
import { z } from 'zod';
import { controls } from './controls.ts';
import { embeddings } from './embeddings.ts';
import { field, oneFile } from './field.ts';
import { loras } from './loras.ts';
import { flow, interpolator } from './motion-networks.ts';

export const PROVIDERS = ['auto', 'cpu', 'cuda', 'dml', 'coreml', 'webgpu'] as const;

const bundle = field(z.string().min(1), {
  label: 'Model',
  help: 'A Stable Diffusion: a .safetensors file, or a folder as diffusers has it (safetensors or ONNX)',
  widget: { kind: 'model' },
  files: oneFile('network'),
  scope: 'request',
  flags: [{ name: 'model', metavar: 'path', aliases: ['bundle'] }],
  affects: ['network'],
});

const MEMORY_USES = ['auto', 'fast'] as const;

export type MemoryUse = (typeof MEMORY_USES)[number];

const provider = field(z.enum(PROVIDERS).default('auto'), {
  label: 'Processor',
  term: 'execution provider',
  help: 'What computes',
  widget: { kind: 'choice' },
  scope: 'request',
  flags: [{ name: 'provider', metavar: 'name' }],
  affects: ['network'],
});

/** "auto" is what its file or its family says. */
const prediction = field(z.enum(['auto', 'epsilon', 'v_prediction']).default('auto'), {
  label: 'What the model predicts',
  term: 'prediction type',
  help: 'What it was trained to predict, where its file does not say so',
  widget: {
    kind: 'choice',
    options: [
      { id: 'auto', name: 'As the model says' },
      { id: 'epsilon', name: 'Noise (epsilon)' },
      { id: 'v_prediction', name: 'Velocity (v)' },
    ],
  },
  scope: 'look',
  finer: true,
  flags: [{ name: 'prediction', metavar: 'kind' }],
  affects: ['network'],
  neutral: 'auto',
});

/** What was kept before there was a choice was made as the network's file has it. */
const attention = field(z.enum(['auto', 'exact', 'fused']).default('auto'), {
  label: 'Memory at large sizes',
  fold: 'size',
  term: 'fused attention',
  help: 'Saving takes far less of it for large pictures, and rounds a little differently',
  widget: {
    kind: 'choice',
    options: [
      { id: 'auto', name: 'Saved where it is worth it' },
      { id: 'exact', name: 'Not saved' },
      { id: 'fused', name: 'Saved' },
    ],
  },
  scope: 'look',
  finer: true,
  flags: [
    {
      name: 'attention',
      metavar: 'kind',
      help: 'How self-attention is computed; fused takes far less memory at large sizes, and rounds differently',
    },
  ],
  affects: ['network'],
  neutral: 'exact',
});

/** "auto": in tiles where the whole picture would not fit into memory. */
const vaeTiles = field(z.enum(['auto', 'on', 'off']).default('auto'), {
  label: 'Large pictures in parts',
  fold: 'size',
  term: 'VAE tiles',
  help: 'Large pictures are encoded and decoded in parts, for little memory; the result is the same within rounding',
  widget: {
    kind: 'choice',
    options: [
      { id: 'auto', name: 'Where memory asks for it' },
      { id: 'on', name: 'Always' },
      { id: 'off', name: 'Never' },
    ],
  },
  scope: 'preset',
  finer: true,
  flags: [{ name: 'vae-tiles', metavar: 'when' }],
  affects: ['network', 'sampling'],
  neutral: 'auto',
});

/** In keys as what it makes of a network, since most are run alike either way. */
const memory = field(z.enum(MEMORY_USES).default('auto'), {
  label: 'Model in memory',
  fold: 'size',
  term: 'memory-mapped weights',
  help: 'How large models are held when the processor computes: left in their file, or copied to be read faster',
  widget: {
    kind: 'choice',
    options: [
      { id: 'auto', name: 'Little: it stays in its file' },
      { id: 'fast', name: 'Much: it is copied' },
    ],
  },
  scope: 'look',
  finer: true,
  flags: [{ name: 'memory', metavar: 'use' }],
  affects: ['network'],
  neutral: 'fast',
});

export const model = {
  bundle,
  loras,
  embeddings,
  controls,
  provider,
  prediction,
  attention,
  memory,
  vaeTiles,
  flow,
  interpolator,
};
