/** Tells the shell what its menus hold, by the keys in force, and which of it can be done now. */
import { useEffect } from 'react';
import { PANEL_ENTRY } from '../actions/panels.ts';
import { commands } from '../actions/registry.ts';
import { impossible, menusOf } from '../commands/menus.ts';
import { platform, shell } from '../engine.ts';
import { useKeyMap } from '../keyboard/bindings.ts';
import { takesOfShot, useOfCurrentShot } from '../store/current.ts';
import { learningIn, useJobs } from '../store/jobs.ts';
import { useMethods } from '../store/methods.ts';
import { usePluginPanels } from '../store/panels.ts';
import { useDocument, useOpened, useUndoNames } from '../store/project.ts';
import { useEngineState } from '../store/session.ts';
import { useView } from '../store/view.ts';

export function useMenus(): void {
  const map = useKeyMap();
  const panels = usePluginPanels();
  useEffect(() => {
    const others = panels.map(({ id, label }) => ({ id: `${PANEL_ENTRY}${id}`, name: label }));
    shell().setMenus(menusOf(commands, map, platform() === 'darwin', others));
  }, [map, panels]);

  // Its id alone: this is drawn with the whole window.
  const shot = useOfCurrentShot(({ id }) => id);
  const shownTake = useOfCurrentShot(({ takeId }) => takeId);
  const shownMethod = useDocument(({ takes }) => takes[shownTake ?? '']?.settings.method.id);
  const methods = useMethods();
  const { undo, redo } = useUndoNames();
  const present = {
    project: useOpened() !== null,
    shot: shot !== null,
    take: useDocument((document) => shot !== null && takesOfShot(document, shot).length > 0),
    anchor: useView((view) => view.anchor !== null),
    range: useView((view) => view.inFrame !== null || view.outFrame !== null),
    learning: useJobs(({ entries }) => learningIn(entries) !== null),
    learnt: methods?.find(({ id }) => id === shownMethod)?.learns === true,
    engine: useEngineState().engine === 'up',
    undo: undo !== null,
    redo: redo !== null,
  };
  const greyed = impossible(present).join(' ');
  // After the menus themselves, which begin with everything possible.
  // biome-ignore lint/correctness/useExhaustiveDependencies: new menus are greyed anew
  useEffect(() => shell().greyMenus(greyed === '' ? [] : greyed.split(' ')), [greyed, map, panels]);
}
