import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CallsOf, call } from '../../src/common/contract/call.ts';
import { CONTRACT_VERSION, RETAKE_VERSION } from '../../src/common/contract/version.ts';
import { AppError, Cancelled, type WireError } from '../../src/common/errors.ts';
import { createClient, type Transport } from '../../src/common/rpc.ts';
import { serve } from '../../src/main/engine/serve.ts';

const contract = {
  double: call(z.number(), 'doubling').answers<number>(),
  greet: call(z.strictObject({ name: z.string().default('you') }), 'greeting').answers<string>(),
  fail: call(z.enum(['cancel', 'expected', 'bug']), 'failing').answers<null>(),
  wait: call(z.null(), 'waiting').answers<string>(),
  answer: call(z.null(), 'answering').answers<unknown>(),
};
type Calls = CallsOf<typeof contract>;

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

function over(port: MessagePort): Transport {
  ports.push(port);
  return {
    send: (message) => port.postMessage(message),
    onMessage: (handler) => port.on('message', handler),
    onClose: (handler) => port.on('close', () => handler(new Error('gone'))),
  };
}

function served(port: MessagePort) {
  const begun: string[] = [];
  const logged: string[] = [];
  const emit = serve<typeof contract, string>(over(port), {
    contract,
    log: (line) => logged.push(line),
    handlers: {
      double: async (n) => n * 2,
      greet: async ({ name }) => `hello ${name}`,
      fail: async (how) => {
        if (how === 'cancel') throw new Cancelled();
        if (how === 'expected')
          throw new AppError('disk-full', 'no room', { doing: 'writing', hint: 'Make room.' });
        throw new TypeError('oops');
      },
      wait: (_, signal) => {
        begun.push('wait');
        return new Promise((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(new Cancelled())),
        );
      },
      answer: async () => () => 'no function crosses a port',
    },
  });
  return { emit, begun, logged };
}

function pair() {
  const { port1, port2 } = new MessageChannel();
  return { ...served(port1), client: createClient<Calls, string>(over(port2)) };
}

/** A caller that says whatever it likes; `ask` answers what comes back for one id. */
function raw({ hello = true } = {}) {
  const { port1, port2 } = new MessageChannel();
  const service = served(port1);
  ports.push(port2);
  const answers = new Map<unknown, { type: string; value?: unknown; error?: WireError }>();
  port2.on('message', (message) => answers.set(message.id, message));
  if (hello) port2.postMessage({ type: 'hello', contract: CONTRACT_VERSION, retake: 'test' });
  const say = (message: unknown) => port2.postMessage(message);
  const ask = async (id: unknown, name: unknown, input: unknown) => {
    say({ type: 'call', id, name, input });
    await expect.poll(() => answers.has(id)).toBe(true);
    return answers.get(id)!;
  };
  return { ...service, say, ask };
}

describe('calls over a port', () => {
  it('answers each call with its own result', async () => {
    const { client } = pair();
    expect(await Promise.all([1, 2, 3].map((n) => client.call('double', n)))).toEqual([2, 4, 6]);
  });

  it('keeps the three kinds of failure apart', async () => {
    const { client } = pair();
    await expect(client.call('fail', 'cancel')).rejects.toBeInstanceOf(Cancelled);
    await expect(client.call('fail', 'expected')).rejects.toMatchObject({
      code: 'disk-full',
      doing: 'writing',
      hint: 'Make room.',
    });
    const bug = await client.call('fail', 'bug').catch((error: Error) => error);
    expect(bug).toBeInstanceOf(Error);
    expect(bug).not.toBeInstanceOf(AppError);
    expect((bug as Error).stack).toContain('oops');
  });

  it('refuses a call nobody serves', async () => {
    const { client } = pair();
    await expect(client.call('toString' as 'double', 1)).rejects.toThrow('there is no call "toString"');
  });

  it('rejects what is under way when the other side is gone, and everything after', async () => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1);
    const client = createClient<Calls, string>(over(port2));
    const waiting = client.call('double', 1);
    port1.close();
    await expect(waiting).rejects.toThrow('gone');
    await expect(client.call('double', 1)).rejects.toThrow('gone');
  });

  it('hands out events until unsubscribed', async () => {
    const { client, emit } = pair();
    const seen: string[] = [];
    const off = client.onEvent((event) => seen.push(event));
    emit('one');
    await client.call('double', 1);
    off();
    emit('two');
    await client.call('double', 1);
    expect(seen).toEqual(['one']);
  });
});

describe('the door of the engine', () => {
  it('completes what was left out', async () => {
    const { client } = pair();
    expect(await client.call('greet', {})).toBe('hello you');
  });

  it.each([
    ['double', null, 'doubling: must be a number'],
    ['double', Number.NaN, 'doubling: must be a number'],
    ['greet', null, 'greeting: must be an object'],
    ['greet', { name: 'x', more: 1 }, 'greeting: there is no setting "more"'],
    ['greet', { name: 'x'.repeat(1e6).split('') }, 'greeting: name must be a string'],
    ['fail', 'x'.repeat(1e6), 'failing: must be cancel, expected or bug'],
    ['wait', undefined, 'waiting: must be nothing'],
    ['__proto__', null, 'asking the engine: there is no call "__proto__"'],
    ['constructor', null, 'asking the engine: there is no call "constructor"'],
    [`no${'o'.repeat(1e6)}`, null, `asking the engine: there is no call "n${'o'.repeat(59)}"`],
  ])('refuses what is wrong with a line that names the fault (%#)', async (name, input, line) => {
    const { ask } = raw();
    const { type, error } = await ask(7, name, input);
    expect(type).toBe('error');
    expect(error!.code).toBe('usage');
    expect(`${error!.doing}: ${error!.message}`).toBe(line);
  });

  it('drops what is no message, says so a few times only, and goes on', async () => {
    const { say, ask, logged } = raw();
    const loop: unknown[] = [];
    loop.push(loop);
    const rubbish = [
      null,
      undefined,
      0,
      'call',
      [],
      loop,
      new Map(),
      { type: 'call' },
      { type: 'sing', id: 1 },
    ];
    for (let round = 0; round < 9; round += 1) for (const one of rubbish) say(one);
    for (const id of [-1, 1.5, 'one', null, {}, Number.NaN])
      say({ type: 'call', id, name: 'double', input: 1 });
    say({ type: 'cancel', id: 99 });
    expect((await ask(1, 'double', 4)).value).toBe(8);
    expect(logged.length).toBe(20);
  });

  it('answers one call of a number at a time', async () => {
    const { say, ask, begun } = raw();
    say({ type: 'call', id: 1, name: 'wait', input: null });
    say({ type: 'call', id: 1, name: 'wait', input: null });
    await ask(2, 'double', 1);
    expect(begun).toEqual(['wait']);
  });

  it('tells of an answer that cannot be sent', async () => {
    const { client } = pair();
    await expect(client.call('answer', null)).rejects.toThrow(/clone/);
    expect(await client.call('double', 1)).toBe(2);
  });

  it('reaches the handler when the caller gives up, before or after it began', async () => {
    const { client, begun } = pair();
    const late = new AbortController();
    const waiting = client.call('wait', null, { signal: late.signal });
    await expect.poll(() => begun).toEqual(['wait']);
    late.abort();
    await expect(waiting).rejects.toBeInstanceOf(Cancelled);
    const early = client.call('wait', null, { signal: AbortSignal.abort() });
    await expect(early).rejects.toBeInstanceOf(Cancelled);
    expect(begun.length).toBeLessThanOrEqual(2);
    expect(await client.call('double', 1)).toBe(2);
  });

  it('names both sides where they are of different versions', async () => {
    const { say, ask } = raw({ hello: false });
    expect((await ask(1, 'double', 1)).error!.code).toBe('version-mismatch');
    say({ type: 'hello', contract: CONTRACT_VERSION + 1, retake: '9.9.9' });
    const { error } = await ask(2, 'double', 1);
    expect(error!.code).toBe('version-mismatch');
    expect(error!.message).toContain('Retake 9.9.9');
    expect(error!.message).toContain(`Retake ${RETAKE_VERSION}`);
    say({ type: 'hello', contract: CONTRACT_VERSION, retake: 'test' });
    expect((await ask(3, 'double', 1)).value).toBe(2);
  });
});

describe('the caller', () => {
  it('minds nothing that is not an answer', async () => {
    const { port1, port2 } = new MessageChannel();
    const client = createClient<Calls, string>(over(port2));
    for (const one of [null, 1, {}, { type: 'result' }, { type: 'error', id: 1, error: null }])
      port1.postMessage(one);
    ports.push(port1);
    const answer = client.call('double', 1);
    port1.postMessage({ type: 'result', id: 1, value: 2 });
    expect(await answer).toBe(2);
  });
});
