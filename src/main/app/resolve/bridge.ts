/** DaVinci Resolve beside Retake: whether it may ask, which is remembered, and its panel. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserWindow, dialog } from 'electron';
import { errorLine } from '../../../common/errors.ts';
import { writeWholeSync } from '../../atomic-files.ts';
import { openFolder } from '../dialogs.ts';
import { type Door, type DoorCalls, openDoor } from './door.ts';
import { installPanel, resolvePlaces } from './panel.ts';

export interface ResolveBridge {
  readonly listens: () => boolean;
  /** Opens or shuts the door, and remembers it. */
  switchTo(on: boolean): Promise<void>;
  install(window: BrowserWindow): Promise<void>;
  close(): void;
}

interface BridgeParts {
  /** Where it is remembered whether Resolve may ask. */
  readonly memory: string;
  /** Retake's own folder of this user. */
  readonly home: string;
  /** Of what came with Retake. */
  readonly panel: string;
  readonly calls: DoorCalls;
  readonly log: (text: string) => void;
  /** Hears when the door was opened or shut. */
  readonly onChange: () => void;
}

export function resolveBridge({ memory, home, panel, calls, log, onChange }: BridgeParts): ResolveBridge {
  const file = join(home, 'resolve-door.json');
  let door: Door | null = null;
  const switchTo = async (on: boolean) => {
    try {
      if (on && !door) door = await openDoor(file, calls);
      if (!on && door) {
        await door.close();
        door = null;
      }
      writeWholeSync(memory, JSON.stringify({ listens: on }));
    } catch (error) {
      log(`[app] the door for Resolve: ${errorLine(error)}\n`);
    }
    onChange();
  };
  if (remembered(memory)) void switchTo(true);
  return {
    listens: () => door !== null,
    switchTo,
    async install(window) {
      const places = resolvePlaces(process.platform, process.env);
      const into = await openFolder(window, 'Folder of the Workflow Integration Plugins of DaVinci Resolve');
      if (into === null) return;
      try {
        const { folder, complete } = installPanel({
          from: panel,
          into,
          door: file,
          library: places?.library ?? null,
        });
        await dialog.showMessageBox(window, {
          message: 'The panel for DaVinci Resolve Studio is written.',
          detail: [
            folder,
            places && into !== places.panels && `Resolve looks for it in ${places.panels}`,
            !complete && "Put WorkflowIntegration.node of Resolve's own sample plugin beside it.",
            'Start Resolve again and choose Workspace > Workflow Integrations > Retake. Let Resolve ask: File > DaVinci Resolve.',
          ]
            .filter((line) => line)
            .join('\n\n'),
        });
      } catch (error) {
        await dialog.showMessageBox(window, { type: 'error', message: errorLine(error) });
      }
    },
    close: () => void door?.close(),
  };
}

function remembered(memory: string): boolean {
  try {
    return (JSON.parse(readFileSync(memory, 'utf8')) as { listens?: unknown }).listens === true;
  } catch {
    return false;
  }
}
