/** What renders, and what computes. */
import { z } from 'zod';
import { field, oneFile } from './field.ts';

export const PROVIDERS = ['auto', 'cpu', 'cuda', 'dml', 'coreml', 'webgpu'] as const;

const bundle = field(z.string().min(1), {
  label: 'Model',
  help: 'Folder of an exported Stable Diffusion (diffusers ONNX layout)',
  widget: { kind: 'folder' },
  files: oneFile('network'),
  scope: 'request',
  flags: [{ name: 'model', metavar: 'dir', aliases: ['bundle'] }],
  affects: ['network'],
});

const provider = field(z.enum(PROVIDERS).default('auto'), {
  label: 'Provider',
  help: 'What computes',
  widget: { kind: 'choice' },
  scope: 'request',
  flags: [{ name: 'provider', metavar: 'name' }],
  affects: ['network'],
});

export const model = { bundle, provider };
