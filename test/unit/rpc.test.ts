import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError, Cancelled } from '../../src/common/errors.ts';
import { createClient, serve, type Transport } from '../../src/common/rpc.ts';

type Calls = {
  double: { input: number; output: number };
  fail: { input: 'cancel' | 'expected' | 'bug'; output: null };
};

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

function pair() {
  const { port1, port2 } = new MessageChannel();
  const emit = serve<Calls, string>(over(port1), {
    double: async (n) => n * 2,
    fail: async (how) => {
      if (how === 'cancel') throw new Cancelled();
      if (how === 'expected')
        throw new AppError('disk-full', 'no room', { doing: 'writing', hint: 'Make room.' });
      throw new TypeError('oops');
    },
  });
  return { client: createClient<Calls, string>(over(port2)), emit, server: port1 };
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
    await expect(client.call('toString' as 'double', 1)).rejects.toThrow('no such call');
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
