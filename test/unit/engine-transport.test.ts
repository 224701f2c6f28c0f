import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CallsOf, call } from '../../src/common/contract/call.ts';
import { createClient, type Transport } from '../../src/common/rpc.ts';
import { serveAll } from '../../src/main/engine/transport.ts';

const contract = { double: call(z.number(), 'doubling').answers<number>() };
type Calls = CallsOf<typeof contract>;
type Event = { readonly at: number };

const open: MessagePort[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

function pair(): readonly [Transport, Transport] {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  const transport = (port: MessagePort): Transport => ({
    send: (message) => port.postMessage(message),
    onMessage: (handler) => void port.on('message', handler),
    onClose: (handler) => void port.on('close', () => handler(new Error('closed'))),
  });
  return [transport(port1), transport(port2)];
}

function served() {
  const [near, far] = pair();
  let hand: (port: Transport) => void = () => {};
  const emit = serveAll<typeof contract, Event>(
    { ...near, onPort: (handler) => (hand = handler) },
    { contract, handlers: { double: async (value) => value * 2 } },
  );
  const listen = (transport: Transport) => {
    const heard: number[] = [];
    const client = createClient<Calls, Event>(transport);
    client.onEvent(({ at }) => heard.push(at));
    return { client, heard };
  };
  const connect = () => {
    const [engine, page] = pair();
    hand(engine);
    return listen(page);
  };
  return { emit, connect, parent: listen(far) };
}

describe('several callers of one engine', () => {
  it('are answered each on its own port, with the same call numbers', async () => {
    const { connect, parent } = served();
    const [a, b] = [connect(), connect()];
    const answers = [a, b, parent].map(({ client }, i) => client.call('double', i + 1));
    expect(await Promise.all(answers)).toEqual([2, 4, 6]);
  });

  it('hear events on the ports; the parent only while there are none', async () => {
    const { emit, connect, parent } = served();
    emit({ at: 1 });
    await expect.poll(() => parent.heard).toEqual([1]);
    const [a, b] = [connect(), connect()];
    emit({ at: 2 });
    await expect.poll(() => [a.heard, b.heard]).toEqual([[2], [2]]);
    // The answer comes after the event would have.
    await parent.client.call('double', 0);
    expect(parent.heard).toEqual([1]);
  });

  it('are forgotten when their port closes', async () => {
    const { emit, connect, parent } = served();
    const page = connect();
    await page.client.call('double', 1);
    open.at(-1)!.close();
    await expect
      .poll(() => {
        emit({ at: 7 });
        return parent.heard.length > 0;
      })
      .toBe(true);
  });
});
