/** Everything that can be asked of the engine. The only bridge between processes: page, command line and shell use it alike. */
import { cacheCalls } from './cache.ts';
import type { CallsOf } from './call.ts';
import { clipCalls } from './clips.ts';
import { deliveryCalls } from './delivery.ts';
import { farmCalls } from './farm.ts';
import { farmTaskCalls } from './farm-task.ts';
import { jobCalls } from './jobs.ts';
import { libraryCalls } from './library.ts';
import { machineCalls } from './machine.ts';
import { panelCalls } from './panels.ts';
import { pluginKitCalls } from './plugin-kit.ts';
import { pluginCalls } from './plugins.ts';
import { projectCalls } from './projects.ts';
import { queueCalls } from './queue.ts';
import { takeCalls } from './takes.ts';
import { timelineCalls } from './timelines.ts';

/** Answered by the desktop's part of the engine, which is made when the first of them comes. */
const { 'clip.probe': probe, ...desktopClips } = clipCalls;
const { 'bundle.inspect': inspect, ...desktopLibrary } = libraryCalls;
export const desktopContract = {
  ...projectCalls,
  ...desktopClips,
  ...queueCalls,
  ...farmCalls,
  ...takeCalls,
  ...timelineCalls,
  ...deliveryCalls,
  ...desktopLibrary,
};
export type DesktopContract = typeof desktopContract;

export const contract = {
  ...jobCalls,
  'clip.probe': probe,
  'bundle.inspect': inspect,
  ...machineCalls,
  ...cacheCalls,
  ...farmTaskCalls,
  ...pluginCalls,
  ...pluginKitCalls,
  ...panelCalls,
  ...desktopContract,
};
export type EngineContract = typeof contract;

export type Calls = CallsOf<EngineContract>;
