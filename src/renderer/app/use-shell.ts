/** The window's ties to the world outside: engine, menu, keys, title, quitting, keeping awake. */
import { useEffect } from 'react';
import { openAtStart } from '../actions/demo.ts';
import { openTimeline } from '../actions/open-timeline.ts';
import { openProject } from '../actions/project.ts';
import { run } from '../actions/registry.ts';
import { shell } from '../engine.ts';
import { listenToKeys } from '../keyboard/listen.ts';
import { flush } from '../store/autosave.ts';
import { connect } from '../store/connect.ts';
import { useJobs } from '../store/jobs.ts';
import { attempt } from '../store/notices.ts';
import { useDocument, useOpened } from '../store/project.ts';
import { useMenus } from './use-menus.ts';

export function useShell(): void {
  useMenus();
  useEffect(() => {
    const open = (path: string) => void attempt(openProject(path));
    const stops = [
      connect(),
      listenToKeys(window),
      shell().onMenu((command) => void run(command)),
      shell().onOpenProject(open),
      shell().onOpenTimeline((path) => void attempt(openTimeline(path))),
      shell().onQuit(flush),
    ];
    void attempt(openAtStart());
    return () => {
      for (const stop of stops) stop();
    };
  }, []);

  const opened = useOpened();
  const name = useDocument((document) => document.name);
  useEffect(
    () => shell().setTitle(opened ? `${name} – Retake` : 'Retake', opened?.path ?? null),
    [opened, name],
  );

  const rendering = useJobs((jobs) => jobs.entries.some((one) => one.state === 'running'));
  useEffect(() => shell().keepAwake(rendering), [rendering]);
}
