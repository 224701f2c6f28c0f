/** What a function of a plugin in a process of its own costs beside the same one here: a hook that is given latents and answers with as many. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { z } from 'zod';
import { manifestSchema } from '../../src/common/plugins/manifest.ts';
import { suite } from '../../src/common/plugins/suites.ts';
import { pluginProcess } from '../../src/main/engine/plugins/process/plugin-process.ts';
import type { Measure } from './measure.ts';

const latents = z.instanceof(Float32Array);
const hook = suite('hook', 1, { blend: { on: 'hooks', input: z.tuple([latents]), output: latents } });
const CODE = `const blend = (values) => values.map((value) => value * 0.5);
export default { hooks: { one: { blend } } };`;

/** Of one frame at 512², of 32 together, and of 256. */
const SIZES = [
  ['64 KB', 16_384],
  ['2.1 MB', 524_288],
  ['16.8 MB', 4_194_304],
] as const;
const CALLS = 100;

const half = (values: Float32Array) => values.map((value) => value * 0.5);

async function times(call: () => unknown, calls: number): Promise<{ median: number; most: number }> {
  const all: number[] = [];
  for (let i = 0; i < calls; i++) {
    const began = performance.now();
    await call();
    all.push(performance.now() - began);
  }
  all.sort((a, b) => a - b);
  return { median: all[Math.floor(all.length / 2)]!, most: all.at(-1)! };
}

export const pluginCalls: Measure = {
  id: 'plugin-calls',
  title: "a hook in a plugin's process",
  seconds: 10,
  default: false,
  async run(say) {
    const dir = mkdtempSync(join(tmpdir(), 'retake-plugin-'));
    writeFileSync(join(dir, 'index.js'), CODE);
    const manifest = manifestSchema.parse({
      ...{ manifest: 1, id: 'org.example.hook', version: '1.0.0', name: 'Hook', summary: 'Halves numbers' },
      ...{
        author: 'Nobody',
        license: 'MIT',
        engines: { retake: '>=0.1' },
        tier: 'process',
        main: 'index.js',
      },
      ...{ suites: ['hook@1'], contributes: { models: [{ id: 'none', label: 'None', folder: 'none' }] } },
    });
    const facts = { id: manifest.id, version: manifest.version, api: 1, name: manifest.name };
    const plugin = pluginProcess({ facts, manifest, dir, granted: {} }, { offered: [hook] });
    try {
      say('starting');
      const start = await times(() => plugin.call(hook, 'blend', 'one', [new Float32Array(1)]), 1);
      const data = [];
      for (const [name, length] of SIZES) {
        say(name);
        const values = new Float32Array(length).fill(0.5);
        const calls = Math.ceil(CALLS / Math.max(1, length / 524_288));
        const there = await times(() => plugin.call(hook, 'blend', 'one', [values]), calls);
        const here = await times(() => half(values), calls);
        data.push({ name, there, here });
      }
      return {
        rows: [
          ["a plugin's first call, its start included", `${start.median.toFixed(0)} ms`, ''] as const,
          ...data.map(
            ({ name, there, here }) =>
              [
                `a hook there and back, ${name}`,
                `${there.median.toFixed(2)} ms, at most ${there.most.toFixed(1)}; ${here.median.toFixed(2)} ms here`,
                '',
              ] as const,
          ),
        ],
        data: { start: start.median, sizes: data },
      };
    } finally {
      await plugin.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};
