/** What the options of `retake export` ask of the engine. */
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Calls } from '../../common/contract/contract.ts';
import { AppError } from '../../common/errors.ts';
import type { TakeFormat } from '../../common/formats/registry.ts';
import type { FcpxmlVersion } from '../../common/interchange/formats.ts';
import type { Rational } from '../../common/media.ts';

type DeliveryRequest = Calls['delivery.run']['input'];
type Document = DeliveryRequest['document'];
interface Span {
  readonly from: number;
  readonly to: number;
}

export interface ExportFlags {
  readonly out: string;
  readonly what?: 'takes' | 'shots' | 'timeline';
  readonly take?: readonly string[];
  readonly shot?: readonly string[];
  readonly range?: Span;
  readonly media?: 'link' | 'copy' | TakeFormat;
  readonly copy?: boolean;
  readonly names?: string;
  readonly handles: number;
  readonly handlesFromClip?: boolean;
  readonly rate?: Rational;
  readonly upscale?: string;
  readonly sound: boolean;
  readonly startTimecode?: string;
  readonly timeline?: boolean;
  readonly format: readonly string[];
  readonly formatParam: readonly FormatParam[];
  readonly takes: 'all' | 'shown';
  readonly fcpxml: FcpxmlVersion;
  readonly resolve?: boolean;
  readonly credentials: 'none' | 'model' | 'prompts';
  readonly plan?: boolean;
  readonly json?: boolean;
}

export const NAMES = '{project}_{shot}_{take}';
const DOING = 'reading the options';

export function requestOf(project: string, document: Document, flags: ExportFlags): DeliveryRequest {
  const as = flags.copy ? 'copy' : (flags.media ?? 'link');
  if (!flags.timeline && as === 'link')
    throw usage('there is nothing to write', 'Say --timeline, or how media goes out: --media prores422hq.');
  const made = as !== 'link' && as !== 'copy';
  const idle = made ? undefined : onlyOfMade(flags);
  if (idle) throw usage(`${idle} is of files that are made`, 'Say in which format: --media prores422hq.');
  return {
    ...{ project, document, folder: resolve(flags.out), what: whatOf(document, flags) },
    media: made
      ? {
          ...{ as: 'made', format: as, sound: flags.sound, rate: flags.rate ?? null },
          ...{ handles: flags.handles, handlesFromClip: flags.handlesFromClip ?? false },
          ...(flags.upscale !== undefined && { upscaler: resolve(flags.upscale) }),
        }
      : { as },
    names: flags.names ?? (made ? NAMES : null),
    startTimecode: flags.startTimecode ?? null,
    timelines: flags.timeline
      ? {
          ...{ formats: [...flags.format], takes: flags.takes, fcpxml: flags.fcpxml },
          ...(flags.formatParam.length > 0 && { params: paramsOf(flags.formatParam) }),
        }
      : null,
    ...{ resolve: flags.resolve ?? false, credentials: flags.credentials },
  };
}

interface FormatParam {
  readonly format: string;
  readonly name: string;
  readonly value: string | number | boolean;
}

/** Numbers and yes or no are what they look like; what is meant as text and looks like them stands in quotes. */
export function formatParamOf(text: string, before: readonly FormatParam[]): FormatParam[] {
  const found = /^([^:=\s]+):([A-Za-z][A-Za-z0-9]*)=(.*)$/s.exec(text);
  if (!found)
    throw new InvalidArgumentError('The format, the name and the value: org.example.ale/ale:fps=25');
  const [, format, name, said] = found;
  const quoted = /^"(.*)"$/s.exec(said!)?.[1];
  const isPlain = /^(true|false|-?\d+(\.\d+)?)$/.test(said!);
  const value = quoted ?? (isPlain ? (JSON.parse(said!) as number | boolean) : said!);
  return [...before, { format: format!, name: name!, value }];
}

function paramsOf(given: readonly FormatParam[]): Record<string, Record<string, FormatParam['value']>> {
  const formats = [...new Set(given.map(({ format }) => format))];
  return Object.fromEntries(
    formats.map((one) => [
      one,
      Object.fromEntries(
        given.filter(({ format }) => format === one).map(({ name, value }) => [name, value]),
      ),
    ]),
  );
}

/** The first option that says nothing of files as they are. */
function onlyOfMade({ handles, handlesFromClip, rate, sound, upscale }: ExportFlags): string | undefined {
  const given = {
    ...{ '--handles': handles > 0, '--handles-from-clip': handlesFromClip },
    ...{ '--rate': rate, '--no-sound': !sound, '--upscale': upscale },
  };
  return Object.entries(given).find(([, is]) => is)?.[0];
}

function whatOf(document: Document, { what, take, shot, range }: ExportFlags): DeliveryRequest['what'] {
  const kind = what ?? (take ? 'takes' : shot ? 'shots' : 'timeline');
  if (take && kind !== 'takes') throw usage('--take goes with --what takes', 'Leave one of them out.');
  if (shot && kind === 'timeline') throw usage('--shot does not go with a timeline', 'Give --range instead.');
  if (kind === 'timeline') return { kind, range: range ?? null };
  if (range) throw usage('--range is of a timeline', 'Name shots or takes instead.');
  const shots = document.timeline.flatMap((item) => (item.kind === 'shot' ? [item] : []));
  const chosen = shot
    ? shot.map((name) =>
        onlyOne(
          `shot ${name}`,
          shots.filter((one) => one.id === name || one.name === name),
        ),
      )
    : shots;
  if (kind === 'shots') return { kind, shots: chosen.map(({ id }) => id) };
  const all = chosen.flatMap(({ id, name }) =>
    Object.values(document.takes)
      .filter(({ shotId }) => shotId === id)
      .map((one) => ({ id: one.id, names: [one.id, one.name, `${name}/${one.name}`] })),
  );
  const takes = take
    ? take.map((name) =>
        onlyOne(
          `take ${name}`,
          all.filter(({ names }) => names.includes(name)),
        ),
      )
    : all;
  if (takes.length === 0) throw usage('there are no takes', 'Render some, or export shots.');
  return { kind, takes: takes.map(({ id }) => id) };
}

function onlyOne<T>(what: string, found: readonly T[]): T {
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw usage(`there is no ${what}`, 'Names are those of the window.');
  throw usage(`there are ${found.length} of ${what}`, 'Name the shot too: "Shot 1/Take 2"; or give the id.');
}

function usage(message: string, hint: string): AppError {
  return new AppError('usage', message, { doing: DOING, hint });
}

/** The end is not part of it, as in "retake edit". */
export function rangeOf(text: string): Span {
  const found = /^(\d+)-(\d+)$/.exec(text);
  const [from, to] = [Number(found?.[1]), Number(found?.[2])];
  if (!found || to <= from) throw new InvalidArgumentError('Two frames, the first below the second: 0-240.');
  return { from, to };
}

export function handlesOf(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 1000) return value;
  throw new InvalidArgumentError('A whole number of frames, to 1000.');
}
