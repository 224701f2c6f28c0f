// What is asked of Resolve. Some of its calls answer true and do nothing, so what is written is read back.
'use strict';

const fs = require('node:fs');

async function projectOf(resolve) {
  const manager = await resolve.GetProjectManager();
  const project = await manager.GetCurrentProject();
  if (!project) throw new Error('No project is open in Resolve.');
  return project;
}

/** Imports a timeline and answers what Resolve calls it. */
async function bringTimeline(resolve, file) {
  const project = await projectOf(resolve);
  const pool = await project.GetMediaPool();
  const before = await project.GetTimelineCount();
  const timeline = await pool.ImportTimelineFromFile(file, { importSourceClips: true });
  const after = await project.GetTimelineCount();
  if (!timeline || after !== before + 1) throw new Error(`Resolve did not import ${file}`);
  return await timeline.GetName();
}

/** Writes the current timeline to a file that was not there, as Final Cut Pro's XML. */
async function writeTimeline(resolve, file) {
  const project = await projectOf(resolve);
  const timeline = await project.GetCurrentTimeline();
  if (!timeline) throw new Error('No timeline is open in Resolve.');
  await timeline.Export(file, resolve.EXPORT_FCPXML_1_10, resolve.EXPORT_NONE);
  if (!fs.existsSync(file) || fs.statSync(file).size === 0)
    throw new Error('Resolve did not write its timeline.');
  return file;
}

/** Puts a take into the media pool. */
async function addTake(resolve, path) {
  await projectOf(resolve);
  const storage = await resolve.GetMediaStorage();
  const added = await storage.AddItemListToMediaPool([path]);
  const [item] = Object.values(added ?? {});
  if (!item) throw new Error(`Resolve did not take ${path}`);
  const read = await item.GetClipProperty('File Path');
  if (read.replaceAll('\\', '/') !== path.replaceAll('\\', '/'))
    throw new Error(`Resolve shows ${read} instead of ${path}`);
  return await item.GetName();
}

module.exports = { bringTimeline, writeTimeline, addTake };
