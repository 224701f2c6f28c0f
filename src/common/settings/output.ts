/** The take, and what measures it. */
import { z } from 'zod';
import { isPictures } from '../formats/format.ts';
import { FORMATS, KEEP_TRANSPARENCY, TAKE_FORMATS } from '../formats/registry.ts';
import { field, oneFile } from './field.ts';

const path = field(z.string().min(1), {
  label: 'Take',
  help: 'The take to write',
  widget: { kind: 'file' },
  files: oneFile('written'),
  scope: 'request',
  flags: [{ name: 'out', metavar: 'file' }],
  affects: ['take'],
});

const format = field(z.enum(TAKE_FORMATS).default('prores422hq'), {
  label: 'Format',
  help: 'Codec of the take',
  // In the window a take is one file; a folder of pictures is the command line's.
  widget: {
    kind: 'choice',
    options: TAKE_FORMATS.filter((id) => !isPictures(FORMATS[id])).map((id) => ({
      id,
      name: FORMATS[id].label,
    })),
  },
  scope: 'shot',
  finer: true,
  flags: [
    {
      name: 'format',
      metavar: 'name',
      help: 'Codec of the take; the ending of its name chooses where it can',
    },
  ],
  affects: ['take'],
});

const alpha = field(z.enum(['auto', 'off']).default('auto'), {
  label: 'Transparency',
  help: `The clip's transparency: auto keeps it in ${KEEP_TRANSPARENCY}, off leaves it out`,
  widget: {
    kind: 'choice',
    options: [
      { id: 'auto', name: 'Kept where the format can' },
      { id: 'off', name: 'Left out' },
    ],
  },
  scope: 'shot',
  finer: true,
  flags: [{ name: 'alpha', metavar: 'name' }],
  affects: ['take'],
});

/** It changes nothing that is rendered. */
const imageText = field(z.string().min(1).nullable().default(null), {
  label: 'Image-text model',
  help: 'A CLIP model (its folder, as downloaded) that measures the take',
  widget: { kind: 'folder' },
  files: oneFile('network'),
  scope: 'request',
  flags: [{ name: 'image-text', metavar: 'dir' }],
  affects: ['report'],
});

export const output = { path, format, alpha, imageText };
