/** What frames are pulled to, by methods that are steered. */
import { z } from 'zod';
import { field, oneFile } from './field.ts';

/** "style dusk.png" */
export function stylesInWords(paths: readonly string[]): string[] {
  return paths.map((path) => `style ${path.replace(/^.*[\\/]/, '')}`);
}

/** A folder. */
export const steerBy = field(z.string().min(1).nullable().default(null), {
  label: 'Image-text model that steers',
  fold: 'method',
  only: 'steers',
  term: 'CLIP',
  help: 'A CLIP model (its folder) that says how like the prompt, or like the style pictures, a picture is; for the method Steered',
  widget: { kind: 'estimator', role: 'image-text' },
  files: oneFile('network'),
  scope: 'preset',
  finer: true,
  flags: [{ name: 'steer-by', metavar: 'dir' }],
  affects: ['network'],
  neutral: null,
});

/** Stills, or first frames of movies. */
export const style = field(z.array(z.string().min(1)).max(20).default([]), {
  label: 'Style pictures',
  fold: 'method',
  only: 'steers',
  help: 'Pictures whose look the take is pulled to, for the method Steered',
  widget: { kind: 'file-list', what: 'a style picture', pictures: true },
  files: (paths: readonly string[], visit) => paths.map((path) => visit(path, 'footage')),
  scope: 'preset',
  finer: true,
  flags: [
    {
      name: 'style-picture',
      metavar: 'file',
      repeats: true,
      help: 'A picture whose look the take is pulled to, for the method guided; may be repeated',
    },
  ],
  affects: ['frames'],
  neutral: [],
});
