/**
 * The only door to QuickJS: runs one function of a plugin's own modules in an interpreter that has nothing but the language. Texts go in
 * and come out. Each call has a heap of its own, which goes with it.
 */
import variant from '@jitl/quickjs-singlefile-mjs-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
} from 'quickjs-emscripten-core';

/** Every module of a plugin by its place in the folder, with "/". */
export type Sources = Readonly<Record<string, string>>;

export interface ScriptTask {
  readonly sources: Sources;
  /** Of `sources`, the one whose default export is the plugin. */
  readonly main: string;
  /** default[on][of][method], or default[on][of] where that is a function. */
  readonly on: string;
  readonly of: string;
  readonly method: string;
  /** Its arguments: a list, as JSON. */
  readonly args: string;
  readonly limits: ScriptLimits;
}

export interface ScriptLimits {
  readonly memoryBytes: number;
  readonly stackBytes: number;
  /** Milliseconds that it may compute. */
  readonly deadlineMs: number;
  /** Characters of the answer. */
  readonly answerCharacters: number;
}

export type ScriptFault = 'threw' | 'too-late' | 'memory' | 'stack' | 'answer-too-large' | 'no-answer';

export interface ScriptEnd {
  /** JSON, bytes as `{"$bytes": "<base64>"}`; null where it failed. */
  readonly answer: string | null;
  readonly fault: ScriptFault | null;
  /** What it threw, in a line, and where: "index.js:12:5". */
  readonly message: string;
  readonly place: string | null;
  /** What it said to its console, a line each. */
  readonly log: readonly string[];
}

const MOST_LINES = 100;
const LONGEST_LINE = 500;
const CALLER = 'retake:call';
const PLUGIN = 'retake:plugin';

/** Runs beside the plugin, after its modules: whatever they did to the language, what comes out is a text. */
const PROGRAM = `
import plugin from '${PLUGIN}';
const { on, of, method, args } = JSON.parse(globalThis.retakeCall);
delete globalThis.retakeCall;
const has = (value, key) => value !== null && typeof value === 'object' && Object.hasOwn(value, key);
const named = has(plugin, on) && has(plugin[on], of) ? plugin[on][of] : undefined;
const asked = typeof named === 'function' ? named : named?.[method];
export let answer;
export let failure;
export let failed = false;
if (typeof asked !== 'function') {
  failed = true;
  failure = new TypeError('its default export has no function ' + on + '["' + of + '"]' + (on === 'names' ? '' : '.' + method));
} else {
  const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const base64 = (bytes) => {
    const parts = [];
    for (let i = 0; i < bytes.length; i += 3) {
      const three = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
      const left = bytes.length - i;
      parts.push(LETTERS[three >> 18] + LETTERS[(three >> 12) & 63] +
        (left > 1 ? LETTERS[(three >> 6) & 63] : '=') + (left > 2 ? LETTERS[three & 63] : '='));
    }
    return parts.join('');
  };
  const plain = (_key, value) => (value instanceof Uint8Array ? { $bytes: base64(value) } : value);
  const fail = (error) => { failed = true; failure = error; };
  try {
    const given = asked.apply(named, args);
    Promise.resolve(given).then((value) => { answer = JSON.stringify(value, plain) ?? 'null'; }).catch(fail);
  } catch (error) {
    fail(error);
  }
}
`;

const loading = newQuickJSWASMModuleFromVariant(variant);

/** @throws where the interpreter itself failed: it is not to be used again */
export async function runScript(task: ScriptTask): Promise<ScriptEnd> {
  const { limits } = task;
  const quickjs = await loading;
  const runtime = quickjs.newRuntime({
    memoryLimitBytes: limits.memoryBytes,
    maxStackSizeBytes: limits.stackBytes,
  });
  const until = Date.now() + limits.deadlineMs;
  let late = false;
  runtime.setInterruptHandler(() => {
    late = Date.now() > until;
    return late;
  });
  setLoader(runtime, task);
  const vm = runtime.newContext();
  const log: string[] = [];
  giveConsole(vm, log);
  const { on, of, method, args } = task;
  // Arguments are JSON already: said again as a part of one, they cost a second reading.
  const call = `{"on":${JSON.stringify(on)},"of":${JSON.stringify(of)},"method":${JSON.stringify(method)},"args":${args}}`;
  const end = (
    fault: ScriptFault | null,
    answer: string | null,
    message = '',
    place: string | null = null,
  ) => ({
    ...{ fault, answer, message, place, log },
  });
  vm.newString(call).consume((text) => vm.setProp(vm.global, 'retakeCall', text));
  const ran = vm.evalCode(PROGRAM, CALLER, { type: 'module' });
  let told: ScriptEnd;
  if (ran.error) told = faultOf(vm, ran.error, late, end, task);
  else {
    const said = ran.value;
    const jobs = runtime.executePendingJobs();
    if (jobs.error) told = faultOf(vm, jobs.error, late, end, task);
    else told = outcome(vm, said, late, limits, end, task);
    jobs.dispose();
    said.dispose();
  }
  vm.dispose();
  runtime.dispose();
  return told;
}

type End = (
  fault: ScriptFault | null,
  answer: string | null,
  message?: string,
  place?: string | null,
) => ScriptEnd;

/** @param said the caller's module, or a promise of it */
function outcome(
  vm: QuickJSContext,
  said: QuickJSHandle,
  late: boolean,
  { answerCharacters }: ScriptLimits,
  end: End,
  task: ScriptTask,
): ScriptEnd {
  const state = vm.getPromiseState(said);
  if (state.type === 'rejected') return faultOf(vm, state.error, late, end, task);
  if (state.type === 'pending') return end('no-answer', null);
  const module = state.value;
  const failed = vm
    .getProp(module, 'failed')
    .consume((one) => vm.typeof(one) === 'boolean' && vm.dump(one) === true);
  let told: ScriptEnd;
  if (failed) told = faultOf(vm, vm.getProp(module, 'failure'), late, end, task);
  else
    told = vm.getProp(module, 'answer').consume((one) => {
      if (vm.typeof(one) !== 'string') return end('no-answer', null);
      const length = vm.getProp(one, 'length').consume((it) => vm.getNumber(it));
      return length > answerCharacters ? end('answer-too-large', null) : end(null, vm.getString(one));
    });
  if (module !== said) module.dispose();
  return told;
}

function faultOf(
  vm: QuickJSContext,
  error: QuickJSHandle,
  late: boolean,
  end: End,
  { sources }: ScriptTask,
): ScriptEnd {
  const part = (name: string) =>
    vm.getProp(error, name).consume((one) => (vm.typeof(one) === 'string' ? vm.getString(one) : ''));
  const isObject = vm.typeof(error) === 'object';
  const [name, message, stack] = isObject
    ? [part('name'), part('message'), part('stack')]
    : ['', vm.typeof(error) === 'string' ? vm.getString(error) : `a ${vm.typeof(error)}`, ''];
  error.dispose();
  const place = placeIn(stack, sources);
  const line = `${name === '' || name === 'Error' ? '' : `${name}: `}${message}`.slice(0, LONGEST_LINE);
  if (late) return end('too-late', null, '', place);
  if (message === 'out of memory') return end('memory', null, '', place);
  if (/stack overflow|Maximum call stack/i.test(message)) return end('stack', null, '', place);
  return end('threw', null, line, place);
}

/** Of a stack, the first place in the plugin's own modules. */
function placeIn(stack: string, sources: Sources): string | null {
  for (const [, file, line, column] of stack.matchAll(/(?:\(|at )([^\s()]+?):(\d+)(?::(\d+))?\)?$/gm))
    if (Object.hasOwn(sources, file!))
      return [file, line, ...(column === undefined ? [] : [column])].join(':');
  return null;
}

/** Modules of the plugin's own folder, and nothing else. */
function setLoader(runtime: QuickJSRuntime, { sources, main }: ScriptTask): void {
  runtime.setModuleLoader(
    (name) => (Object.hasOwn(sources, name) ? sources[name]! : { error: new Error(refusal(name)) }),
    (base, asked) => {
      if (base === CALLER) return main;
      // What the loader is then asked for is no name of a file.
      return /^\.\.?\//.test(asked) ? resolved(base, asked) : `${BARE}${asked}`;
    },
  );
}

const BARE = 'retake:bare:';

function refusal(name: string): string {
  return name.startsWith(BARE)
    ? `"${name.slice(BARE.length)}" cannot be imported: a script imports files of its own folder, as "./…"`
    : `"${name}" is not in the plugin's folder`;
}

/** What leads out of the folder keeps its dots, and is found nowhere. */
function resolved(base: string, asked: string): string {
  const parts = base.split('/').slice(0, -1);
  for (const part of asked.split('/')) {
    if (part === '.') continue;
    if (part !== '..' || parts.length === 0 || parts.at(-1) === '..') parts.push(part);
    else parts.pop();
  }
  return parts.join('/');
}

/** For whoever writes the plugin: what it says goes to the log, so much and no more. */
function giveConsole(vm: QuickJSContext, log: string[]): void {
  const say = vm.newFunction('log', (...said) => {
    if (log.length > MOST_LINES) return;
    if (log.length === MOST_LINES) {
      log.push('… and more');
      return;
    }
    const words = said.map((one) => (vm.typeof(one) === 'string' ? vm.getString(one) : jsonOf(vm, one)));
    log.push(
      words
        .join(' ')
        .replace(/\p{Cc}+/gu, ' ')
        .slice(0, LONGEST_LINE),
    );
  });
  const own = vm.newObject();
  for (const name of ['log', 'info', 'warn', 'error', 'debug']) vm.setProp(own, name, say);
  vm.setProp(vm.global, 'console', own);
  own.dispose();
  say.dispose();
}

function jsonOf(vm: QuickJSContext, one: QuickJSHandle): string {
  const type = vm.typeof(one);
  if (type !== 'object') return type === 'number' ? String(vm.getNumber(one)) : type;
  const json = vm.getProp(vm.global, 'JSON');
  const write = vm.getProp(json, 'stringify');
  const written = vm.callFunction(write, json, one);
  write.dispose();
  json.dispose();
  if (written.error) {
    written.error.dispose();
    return 'object';
  }
  return written.value.consume((text) => (vm.typeof(text) === 'string' ? vm.getString(text) : 'object'));
}
