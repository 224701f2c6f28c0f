/** Edits with LoRAs on the model that comes with Retake: what is kept is found again for the same strength alone, and resuming changes no bit. */
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { loraNotes } from '../../src/main/engine/models/loras/notes.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { tempFolder as lastingFolder } from '../helpers/clips.ts';
import { float32Test } from '../helpers/safetensors-files.ts';
import { renderEdits } from '../helpers/shipped-edits.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { makeLora, writeKohya } from '../helpers/tiny-lora.ts';

const demo = resolve(import.meta.dirname, '../../resources/demo/bundle');
const layers = (part: string, seed: number) =>
  makeLora(loadGraph(join(demo, part, 'model.onnx'), { root: demo }).model.graph, seed, ({ kernel }) =>
    kernel ? null : 'lora',
  );
const path = writeKohya(lastingFolder().at('look.safetensors'), {
  unet: layers('unet', 1),
  text: layers('text_encoder', 2),
  more: { 'lora_unet_nowhere.lora_down.weight': float32Test([1, 1], [1]) },
});
const at = (strength: number) => ({ method: 'sdedit', model: { loras: [{ path, strength }] } });
const inverted = (strength: number) => ({ model: { loras: [{ path, strength }] } });

describe('an edit with a LoRA', () => {
  it('is inverted for each strength, once', async () => {
    const [none, half, more, again] = await renderEdits(tempFolder(), [
      { name: 'none', request: {} },
      { name: 'half', request: inverted(0.5) },
      { name: 'more', request: inverted(0.7) },
      { name: 'half again', request: inverted(0.5) },
    ]);
    const inversions = [none, half, more, again].map((one) => one!.calls[0]);
    expect(inversions).toEqual([inversions[0], inversions[0], inversions[0], 0]);
    expect(inversions[0]).toBeGreaterThan(0);
    expect(again!.latents).toEqual(half!.latents);
    expect(half!.latents).not.toEqual(none!.latents);
    expect(half!.latents).not.toEqual(more!.latents);
  });

  it('is resumed to the bit', async () => {
    const [whole] = await renderEdits(tempFolder(), [{ name: 'whole', request: at(0.7) }]);
    const [resumed] = await renderEdits(tempFolder(), [{ name: 'resumed', request: at(0.7), stopAfter: 6 }]);
    expect(resumed!.resumedAfter).toBeGreaterThan(0);
    expect(resumed!.latents).toEqual(whole!.latents);
  });

  it.each([1, 0])(
    'is refused by name where the file is missing, before anything is computed: strength %d',
    async (strength) => {
      const gone = join(tempFolder(), 'gone.safetensors');
      const request = { model: { loras: [{ path: gone, strength }] } };
      await expect(renderEdits(tempFolder(), [{ name: 'gone', request }])).rejects.toMatchObject({
        code: 'weights-missing',
        doing: 'reading the LoRA gone.safetensors',
        message: `there is no file ${gone}`,
      });
    },
  );

  it('is planned with what does not fit, and another strength is read from no file', async () => {
    const facts = rememberingFacts(undefined);
    const [half, more, half2] = [
      await facts(demo, { loras: [{ path, strength: 0.5 }] }),
      await facts(demo, { loras: [{ path, strength: 0.7 }] }),
      await facts(demo, { loras: [{ path, strength: 0.5 }] }),
    ];
    expect(half.digests).toEqual(half2.digests);
    expect(half.digests.unet).not.toBe(more.digests.unet);
    expect(half.loras[0]!.unmatched).toBe(more.loras[0]!.unmatched);
    expect(loraNotes(more.loras)).toEqual([
      expect.stringMatching(
        /^look\.safetensors: 1 of its \d+ parts are not in this model .*: lora_unet_nowhere$/,
      ),
    ]);
  });
});
