/** Lives long enough for what the runtime does in the background. argv: task, milliseconds to wait, arguments. */
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { addEditOptions, type EditFlags, editRequest } from '../../src/main/cli/edit-options.ts';
import { startEngine } from '../../src/main/cli/engine.ts';
import { convolution } from '../../src/main/engine/onnx/probe-model.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';

const [task, wait, ...args] = process.argv.slice(2);

if (task === 'bare') {
  const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof import('onnxruntime-node');
  await ort.InferenceSession.create(serializeModel(convolution.model()));
  await sleep(Number(wait));
} else {
  const command = addEditOptions(new Command('edit').argument('<clip>'));
  await command
    .action(async (clip: string, flags: EditFlags) => {
      const engine = startEngine();
      await engine.call('job.run', editRequest(clip, flags));
      await engine.call('providers.list', null);
      await sleep(Number(wait));
      await engine.stop();
    })
    .parseAsync(args.slice(1), { from: 'user' });
}
