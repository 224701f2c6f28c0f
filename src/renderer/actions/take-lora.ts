/** What was learnt for a take, as a LoRA. */
import type { Take } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { shotOf } from '../../common/project/positions.ts';
import { call, shell } from '../engine.ts';
import { getCurrentShot } from '../store/current.ts';
import { tell } from '../store/notices.ts';
import { getDocument } from '../store/project.ts';
import type { Command } from './command.ts';

/** Asks where; a file that the artist chose to replace is replaced. @throws AppError */
export async function saveTakeLora(take: Take): Promise<void> {
  const shot = shotOf(getDocument(), take.shotId);
  const name = shot ? `${shot.name} ${take.name}` : take.name;
  const out = await shell().saveFileDialog({ title: 'Save as LoRA', name, ending: 'safetensors' });
  if (!out) return;
  const { path, whole } = await call('job.saveLora', { take: take.path, out, replace: true });
  const note = whole ? '. It holds whole weights (LyCORIS), which fewer programs load' : '';
  tell(`Written: ${path}${note}`);
}

export const takeLoraCommands: readonly Command[] = [
  {
    id: 'take.saveLora',
    name: 'Save what a take learnt as a LoRA…',
    group: 'Takes',
    keys: [],
    async run() {
      const doing = 'saving a LoRA';
      const { item } = getCurrentShot() ?? refuse(doing, 'no shot is chosen');
      const take = item.takeId === null ? undefined : getDocument().takes[item.takeId];
      await saveTakeLora(take ?? refuse(doing, `${item.name} shows its clip: show a take first`));
    },
  },
];
