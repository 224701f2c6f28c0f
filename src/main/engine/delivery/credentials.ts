/** Beside every file in which a take is seen: that it was made with a model, as XMP and as what a C2PA manifest would say. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import { lookup } from 'mrmime';
import { z } from 'zod';
import { RETAKE_VERSION } from '../../../common/contract/version.ts';
import type { MadeFile, MadeTake } from '../../../common/credentials/facts.ts';
import { manifestOf } from '../../../common/credentials/manifest.ts';
import { xmpOf } from '../../../common/credentials/xmp.ts';
import type { ProjectDocument, Take } from '../../../common/project/document.ts';
import { fingerprintOf } from '../media/fingerprint.ts';
import { reportPath } from '../report-file.ts';
import type { DeliveredWork, ExtraFile } from './extra.ts';

/** The part of a take's report that is told. The report may be anybody's: what is not as it should be is left out. */
const reported = z.object({
  retake: z.string().max(100),
  method: z.object({ id: z.string().max(100) }),
  bundle: z.object({
    name: z.string().max(1000),
    digests: z.record(z.string(), z.string().max(200)),
    embeddings: z.array(z.object({ digest: z.string().max(200) })).default([]),
  }),
  loras: z.array(z.object({ name: z.string().max(4096), digest: z.string().max(200) })).default([]),
  controls: z.array(z.object({ path: z.string().max(4096), digest: z.string().max(200) })).default([]),
  structure: z.unknown(),
});

/** Methods that take of the clip its length alone, unless something of it guides them. */
const WITHOUT_CLIP: readonly string[] = ['text2video-zero'];

/** Where files stay where they are, what is told of them lies together. */
const FOLDER = 'credentials';

interface Told {
  /** Where it is now. */
  readonly path: string;
  /** Place inside the folder, to be told beside; of a sequence its folder. */
  readonly place: string;
  readonly takes: readonly string[];
}

export async function credentialsExtra({ request, cut, files, out }: DeliveredWork): Promise<ExtraFile[]> {
  const { document, credentials, media } = request;
  if (credentials === 'none') return [];
  const made: Told[] =
    media.as === 'link'
      ? Object.values(document.takes)
          .filter(({ path }) => Object.values(cut?.media ?? {}).some((one) => one.path === path))
          .map(({ id, path }) => ({ path, place: `${FOLDER}/${basename(path)}`, takes: [id] }))
      : files.map(({ name, facts, takes }) => ({
          ...{ place: name, takes },
          path: join(out, relative(request.folder, facts.path)),
        }));
  const written: ExtraFile[] = [];
  for (const told of made) {
    const { path, place, takes } = told;
    if (takes.length === 0) continue;
    const file: MadeFile = {
      name: basename(place),
      format: formatOf(path),
      fingerprint: await fingerprintOf(path).catch(() => null),
      takes: await Promise.all(
        takes.map((id) => takeOf(document.takes[id]!, document, credentials === 'prompts')),
      ),
    };
    const stem = stemOf(told, made);
    written.push(
      { name: `${stem}.xmp`, text: xmpOf(file), about: [] },
      {
        name: `${stem}.c2pa.json`,
        text: `${JSON.stringify(manifestOf(file, RETAKE_VERSION), null, 2)}\n`,
        about: [],
      },
    );
  }
  const [first] = written;
  if (!first) return [];
  const about = [
    `*.xmp and *.c2pa.json ${dirname(first.name) === '.' ? '' : `in ${dirname(first.name)} `}say which files were made with a model, and which.`,
    'They are not signed.',
  ];
  return [{ ...first, about }, ...written.slice(1)];
}

/** Without ending, as programs look for it, where no two files share it. */
function stemOf(told: Told, all: readonly Told[]): string {
  // The folder of a sequence has no ending.
  const plain = (one: Told) =>
    basename(one.path) === basename(one.place)
      ? one.place.slice(0, -extname(one.place).length || undefined)
      : one.place;
  const stem = plain(told);
  return all.filter((one) => plain(one).toLowerCase() === stem.toLowerCase()).length > 1 ? told.place : stem;
}

/** Matroska has no registered name. */
function formatOf(path: string): string {
  return /\.mkv$/i.test(path) ? 'video/x-matroska' : (lookup(path) ?? 'application/octet-stream');
}

async function takeOf(
  { id, name, path, shotId, createdAt, settings, bundle }: Take,
  { clips, timeline }: ProjectDocument,
  tells: boolean,
): Promise<MadeTake> {
  const report = await reportOf(path);
  const shot = timeline.find((item) => item.id === shotId);
  const clip = shot?.kind === 'shot' ? clips[shot.clipId] : undefined;
  const method = report?.method.id ?? settings.method.id;
  const guided = Boolean(report?.structure) || (report?.controls.length ?? 0) > 0;
  const { source, target, negative } = settings.prompts;
  return {
    ...{ id, name, method, made: new Date(createdAt).toISOString(), retake: report?.retake ?? null },
    model: { name: basename(report?.bundle.name ?? bundle), digests: report?.bundle.digests ?? {} },
    added: addedIn(report),
    ofClip: !WITHOUT_CLIP.includes(method) || guided || settings.guide.mask !== null,
    clip: { name: clip ? basename(clip.path) : 'a clip', fingerprint: clip?.fingerprint ?? null },
    prompts: tells ? { source, target, negative } : null,
  };
}

/** What was added to the network beside the model itself: sha256 by name. An embedding's name is a word of the prompts. */
function addedIn(report: z.infer<typeof reported> | null): Record<string, string> {
  if (!report) return {};
  return Object.fromEntries([
    ...report.loras.map(({ name, digest }) => [basename(name), digest]),
    ...report.controls.map(({ path, digest }) => [basename(path), digest]),
    ...report.bundle.embeddings.map(({ digest }, i) => [`embedding ${i + 1}`, digest]),
  ]);
}

async function reportOf(path: string): Promise<z.infer<typeof reported> | null> {
  try {
    return reported.parse(JSON.parse(await readFile(reportPath(path), 'utf8')));
  } catch {
    return null;
  }
}
