/**
 * One task of a job, as every machine does it: into a scratch folder of its own goes what others have brought, out of it what
 * this one makes, each under the name of its attempt until it is whole. A machine that was cut off may work on beside its twin:
 * who comes second finds the name taken, and lets go. Long, since what a task does from its first word to its exit code is told here.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { FarmTask, FarmTaskEnd } from '../../../common/contract/farm-task.ts';
import { PHASE_WORDS } from '../../../common/contract/jobs.ts';
import { AppError, Cancelled, errorLine, throwIfCancelled } from '../../../common/errors.ts';
import type { InstalledPlugin } from '../../../common/plugins/used.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { publish, writeWhole } from '../../atomic-files.ts';
import { rememberingProbe } from '../media/remembering-probe.ts';
import { fromSystem } from '../media/target.ts';
import { createProgressMeter } from '../progress.ts';
import type { RenderContext } from '../render/context.ts';
import { derive } from '../render/derive.ts';
import { derivePart } from '../render/derive-part.ts';
import { prepareShot } from '../render/prepare.ts';
import { render } from '../render/render.ts';
import { writeReport } from '../report-file.ts';
import { Attempt, type AttemptNews } from './attempt.ts';
import { EXIT_AGAIN, type FarmJob, farmPaths, numbersOf, taskName } from './job-folder.ts';
import { nameOf, type PathRule, readMappingFile, ruleOf } from './path-mapping.ts';
import { publishOnce, untilTaken } from './publish-once.ts';
import { readJob, readRequest } from './read-job.ts';
import { openScratch, type Scratch } from './scratch.ts';
import { ShotArtefacts } from './shot-artefacts.ts';
import { holdToJob } from './sources.ts';
import { faultsOf, readManifest, sameTake, writeManifest } from './take-folder.ts';
import { exitOf } from './verdict.ts';

export interface TaskParts {
  /** Has what a shot needs of plugins run; refuses where it is not there. @throws AppError plugin-missing */
  lend(settings: EditSettings): Promise<void>;
  installed(): Promise<readonly InstalledPlugin[]>;
  onNews(news: AttemptNews): void;
  /** How often it is looked whether another attempt has brought the take; LOOK_MS unless said. */
  readonly lookMs?: number;
}

/** A look is one question to a disk that many machines ask. */
const LOOK_MS = 15_000;

/** Never throws: how a task ended is what it answers, and what its attempt's folder says. @param signal stops it in order */
export async function runTask(asked: FarmTask, parts: TaskParts, signal: AbortSignal): Promise<FarmTaskEnd> {
  let attempt: Attempt | null = null;
  try {
    const { folder, step, first, last } = asked;
    const job = await readJob(folder);
    const range = { first, last };
    if (last < first || last > numbersOf(job, step))
      throw new AppError('usage', `the step ${step} has no ${taskName(step, range)}`, {
        doing: 'reading the options',
      });
    const rules = await rulesOf(asked);
    attempt = await Attempt.begin({ folder, step, range }, asked.attempt, parts.onNews);
    const { name } = attempt;
    await using scratch = await openScratch(
      asked.scratch,
      `${job.id}-${taskName(step, range)}-${name}`,
      (line) => attempt?.says(line),
    );
    const task = new Task({ asked, job, rules, attempt, scratch, parts, signal });
    await task.run();
    await attempt.ends('done');
    return { exit: 0, line: '' };
  } catch (error) {
    // Whoever stops a task may have stopped its helpers first, so anything may have failed.
    const stopped = signal.aborted || error instanceof Cancelled;
    await attempt?.ends(stopped ? 'stopped' : 'failed', stopped ? null : error);
    if (stopped) return { exit: exitOf(new Cancelled()), line: 'It was stopped.' };
    return { exit: exitOf(error), line: lineOf(error) };
  }
}

function lineOf(error: unknown): string {
  const stack = error instanceof AppError || !(error instanceof Error) ? '' : (error.stack ?? '');
  return stack === '' ? errorLine(error) : `${errorLine(error)}\n${stack}`;
}

async function rulesOf({ map, pathMapping }: FarmTask): Promise<PathRule[]> {
  return [...map.map(ruleOf), ...(pathMapping === null ? [] : await readMappingFile(pathMapping))];
}

interface TaskOf {
  readonly asked: FarmTask;
  readonly job: FarmJob;
  readonly rules: readonly PathRule[];
  readonly attempt: Attempt;
  readonly scratch: Scratch;
  readonly parts: TaskParts;
  readonly signal: AbortSignal;
}

/** Frames of a shot that one task makes, by the numbers of their units. */
interface Units {
  readonly shot: number;
  readonly first: number;
  readonly last: number;
}

class Task {
  readonly #of: TaskOf;
  readonly #probe = rememberingProbe();
  /** Shares of the task that are done, and that the piece in work is of it. */
  #before = 0;
  #share = 1;

  constructor(of: TaskOf) {
    this.#of = of;
  }

  async run(): Promise<void> {
    const { step, first, last } = this.#of.asked;
    if (step === 'assemble') return this.#assemble();
    if (step === 'render') {
      const shots = this.#of.job.shots.filter(({ number }) => first <= number && number <= last);
      return this.#each(
        shots,
        () => 1 / shots.length,
        ({ number }) => this.#render(number),
      );
    }
    const all = last - first + 1;
    return this.#each(
      this.#unitsByShot(),
      (units) => (units.last - units.first + 1) / all,
      (units) => this.#invert(units),
    );
  }

  /** One that fails keeps none of the others from being made; the first that another attempt may mend is thrown. */
  async #each<T>(
    pieces: readonly T[],
    shareOf: (piece: T) => number,
    work: (piece: T) => Promise<void>,
  ): Promise<void> {
    const errors: unknown[] = [];
    for (const piece of pieces) {
      throwIfCancelled(this.#of.signal);
      this.#share = shareOf(piece);
      try {
        await work(piece);
      } catch (error) {
        if (this.#of.signal.aborted || error instanceof Cancelled) throw error;
        errors.push(error);
        if (pieces.length > 1) this.#of.attempt.says(lineOf(error));
      }
      this.#before += this.#share;
    }
    if (errors.length > 0) throw errors.find((error) => exitOf(error) === EXIT_AGAIN) ?? errors[0];
  }

  #unitsByShot(): Units[] {
    const { asked, job } = this.#of;
    const found: Units[] = [];
    for (let unit = asked.first; unit <= asked.last; unit++) {
      const { shot } = job.units[unit - 1]!;
      const last = found.at(-1);
      if (last?.shot === shot) found[found.length - 1] = { ...last, last: unit };
      else found.push({ shot, first: unit, last: unit });
    }
    return found;
  }

  /** What is wrong with a shot, its render says: this step is a saving. @throws only what another attempt may mend */
  async #invert(units: Units): Promise<void> {
    const { asked, attempt, job } = this.#of;
    const name = units.first === units.last ? `${units.first}` : `${units.first}-${units.last}`;
    const artefacts = new ShotArtefacts(asked.folder, units.shot, attempt);
    if (await artefacts.has(name)) return attempt.says(`what ${name} makes is there already`);
    try {
      const { settings } = await this.#prepared(units.shot);
      const store = this.#of.scratch.openStore(`units-${name}`);
      await artefacts.fill(store, this.#of.signal);
      const context = this.#context(units.shot, store);
      await using shot = await prepareShot(settings, context, false);
      const { range } = shot;
      const parts = job.units.slice(units.first - 1, units.last);
      const isWhole = parts[0]!.start <= range.start && parts.at(-1)!.end >= range.end;
      if (isWhole) await derive(shot, context);
      else await derivePart(shot, { start: parts[0]!.start, end: parts.at(-1)!.end }, context);
      await shot.recipe.rest();
      await artefacts.publish(name, store, this.#of.signal);
    } catch (error) {
      if (error instanceof Cancelled || this.#of.signal.aborted || exitOf(error) === EXIT_AGAIN) throw error;
      attempt.says(lineOf(error));
    }
  }

  async #render(number: number): Promise<void> {
    const { asked, attempt, scratch, signal } = this.#of;
    const place = farmPaths.take(asked.folder, number);
    if (await this.#standing(place)) return attempt.says(`the take of shot ${number} is there already`);
    const { settings: found, desk, asPacked } = await this.#prepared(number);
    const store = scratch.openStore(`shot-${number}`);
    const artefacts = new ShotArtefacts(asked.folder, number, attempt);
    await artefacts.fill(store, signal);
    const own = join(farmPaths.shot(asked.folder, number), `.take.${attempt.name}`);
    using brought = untilTaken(place, this.#of.parts.lookMs ?? LOOK_MS);
    const context = this.#context(number, store, AbortSignal.any([signal, brought.signal]));
    const make = async () => {
      const name = nameOf(asPacked.output.path);
      await makeFolder(own);
      const settings = { ...found, output: { ...found.output, path: join(own, name) } };
      const report = await render(settings, context);
      const told = withDeskPaths(report, desk);
      const settingsAsked = { ...told.settings, output: asPacked.output };
      await writeReport({ ...told, settings: settingsAsked, take: report.take });
      this.#goes(1, 'bringing the take');
      await artefacts.publish('render', store, signal);
      await this.#publishTake(own, place, name);
    };
    try {
      await artefacts.keeping(store, () =>
        make().catch((error: unknown) => {
          if (signal.aborted || !brought.signal.aborted) throw error;
          attempt.says(
            `another attempt has brought the take of shot ${number} meanwhile, so it is made no further`,
          );
        }),
      );
      await context.checkpoint.remove();
    } finally {
      // Where the folder is away that is what is being told.
      await rm(own, { recursive: true, force: true }).catch(() => {});
    }
  }

  async #publishTake(own: string, place: string, take: string): Promise<void> {
    const { attempt } = this.#of;
    try {
      const report = (await readdir(own)).find((name) => name.endsWith('.report.json'))!;
      const manifest = await writeManifest(own, { take, report });
      if (await publishOnce(own, place)) return;
      const other = await readManifest(place);
      if (other && sameTake(manifest, other))
        attempt.says('another attempt has brought the same take already');
      else
        attempt.says(
          'another attempt has brought a take already, and this one differs from it; that one stays',
        );
    } catch (error) {
      throw fromSystem(error, 'bringing the take');
    }
  }

  /** Whether a take lies there; one that is not whole is put aside. */
  async #standing(place: string): Promise<boolean> {
    const { attempt } = this.#of;
    const names = await readdir(place).catch(() => []);
    if (names.length === 0) return false;
    const faults = await faultsOf(place, 'sizes');
    if (faults.length === 0) return true;
    attempt.says(
      `the take that was brought is damaged (${faults.join(', ')}); it is put aside and made again`,
    );
    await publish(place, join(place, '..', `.damaged.${attempt.name}`)).catch(() => {});
    return false;
  }

  /** Its request with paths of this machine, proven, and as it was packed; whatever of plugins it needs runs. */
  async #prepared(number: number) {
    const { asked, job, rules, scratch, parts, signal } = this.#of;
    const asPacked = await readRequest(asked.folder, number);
    const { folder, models } = asked;
    const places = { folder, rules, models, installed: await parts.installed(), digests: scratch.digests };
    const held = await holdToJob(asPacked, job.sources, places, signal);
    await parts.lend(held.settings);
    return { ...held, asPacked };
  }

  #context(
    number: number,
    store: RenderContext['cache'],
    signal: AbortSignal = this.#of.signal,
  ): RenderContext {
    const { attempt, job } = this.#of;
    const { name } = job.shots[number - 1]!;
    const warnings: string[] = [];
    const checkpoint = attempt.checkpointOf(number);
    return {
      job: `${job.id}-${number}`,
      probe: this.#probe,
      cache: store,
      checkpoint,
      signal,
      warnings,
      warn(message) {
        warnings.push(message);
        attempt.says(`${name}: ${message}`);
      },
      progress: createProgressMeter(({ fraction, phase, done, total }) =>
        this.#goes(fraction, `${name}: ${PHASE_WORDS[phase]} ${done}/${total}`),
      ),
    };
  }

  #goes(fraction: number, doing: string): void {
    this.#of.attempt.goes(this.#before + this.#share * fraction, doing);
  }

  /** Every byte of every take is read. @throws AppError where one is not whole */
  async #assemble(): Promise<void> {
    const { asked, attempt, job, signal } = this.#of;
    const missing: string[] = [];
    const damaged: string[] = [];
    for (const [i, { number, name }] of job.shots.entries()) {
      attempt.goes(i / job.shots.length, `reading the take of ${name}`);
      const place = farmPaths.take(asked.folder, number);
      if ((await readdir(place).catch(() => [])).length === 0) missing.push(name);
      else if ((await faultsOf(place, 'bytes', signal)).length > 0) {
        damaged.push(name);
        await publish(place, join(place, '..', `.damaged.${attempt.name}`)).catch(() => {});
      }
    }
    const doing = 'reading the takes';
    if (damaged.length > 0)
      throw new AppError('clip-changed', `not as they were brought: ${damaged.join(', ')}`, {
        doing,
        hint: 'They are put aside: submit the job again, and they are rendered again.',
      });
    if (missing.length > 0)
      throw new AppError('job-not-found', `there is no take yet of ${missing.join(', ')}`, {
        doing,
        hint: 'Submit the job again.',
      });
    const said = { format: 1, host: hostname(), at: Date.now(), takes: job.shots.length };
    await writeWhole(farmPaths.assembled(asked.folder), `${JSON.stringify(said, null, 2)}\n`);
    await tidy(asked.folder);
  }
}

/** What lost attempts left half made is of no use once all takes are whole; what was put aside stays. */
async function tidy(folder: string): Promise<void> {
  const namesIn = (place: string) => readdir(place).catch(() => []);
  const remove = async (place: string, isLeft: RegExp) => {
    for (const name of await namesIn(place))
      if (isLeft.test(name)) await rm(join(place, name), { recursive: true, force: true }).catch(() => {});
  };
  for (const shot of await namesIn(join(folder, 'shots'))) {
    await remove(join(folder, 'shots', shot), /^\.take\./);
    await remove(join(folder, 'shots', shot, 'artefacts'), /^\./);
  }
  for (const name of await namesIn(join(folder, 'attempts')))
    for (const attempt of await namesIn(join(folder, 'attempts', name)))
      await remove(
        join(folder, 'attempts', name, attempt),
        /^(kept-\d+|shot-\d+\.(checkpoint|sources\.json|enough)|\..*)$/,
      );
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw fromSystem(error, "writing to the job's folder");
  }
}

/** What is told of a take, with paths as the desk has them: there it is read. */
function withDeskPaths<T>(value: T, desk: ReadonlyMap<string, string>): T {
  if (typeof value === 'string') return (desk.get(value) ?? value) as T;
  if (Array.isArray(value)) return value.map((one) => withDeskPaths(one, desk)) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withDeskPaths(one, desk)])) as T;
}
