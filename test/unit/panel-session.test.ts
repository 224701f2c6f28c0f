/** A panel is answered what its manifest names, is told of changes at a pace, and is stopped when it floods, garbles or hangs. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LONGEST_MESSAGE, type WindowMessage, windowMessage } from '../../src/common/plugins/ui-v1.ts';
import { openSession, type Wiring } from '../../src/renderer/panels/session.ts';

function started(more: Partial<Wiring> = {}) {
  const said: WindowMessage[] = [];
  const stopped: string[] = [];
  const ran: unknown[] = [];
  let hear: (data: unknown) => void = () => {};
  let changed = () => {};
  let closed = false;
  let playhead = 0;
  const session = openSession(
    {
      send: (message) => said.push(windowMessage.parse(message)),
      listen: (handler) => {
        hear = handler;
      },
      close: () => {
        closed = true;
      },
    },
    {
      reads: ['project', 'shot'],
      commands: ['seek', 'add-marker'],
      read: (what) =>
        what === 'project' ? { name: 'Film', rate: { num: 25, den: 1 }, shots: 1, length: 9 } : { id: 7 },
      marks: () => [playhead],
      onChange: (listener) => {
        changed = listener;
        return () => {};
      },
      allows: async () => false,
      run: (command, input) => void ran.push([command, input]),
      onFirst: () => {},
      onHeight: () => {},
      onLeave: () => {},
      onStopped: (why) => stopped.push(why),
      now: () => Date.now(),
      ...more,
    },
  );
  return {
    ...{ session, said, stopped, ran },
    hear: (message: unknown) => hear(typeof message === 'object' ? JSON.stringify(message) : message),
    raw: (data: unknown) => hear(data),
    move: () => {
      playhead += 1;
      changed();
    },
    isClosed: () => closed,
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('what a panel asks', () => {
  it('is answered by the number it gave', async () => {
    const { hear, said } = started();
    hear({ ask: 'read', call: 3, what: 'project' });
    await settle();
    expect(said).toEqual([
      { say: 'answer', call: 3, value: { name: 'Film', rate: { num: 25, den: 1 }, shots: 1, length: 9 } },
    ]);
  });

  it.each([
    ['a read that its manifest does not name', { ask: 'read', call: 1, what: 'takes' }],
    [
      'a command that its manifest does not name',
      { ask: 'run', call: 1, command: 'copy', input: { text: 'x' } },
    ],
    ['a command that there is not', { ask: 'run', call: 1, command: 'file.new', input: {} }],
    ['input that the command does not take', { ask: 'run', call: 1, command: 'seek', input: { frame: -1 } }],
    ['more than the command takes', { ask: 'run', call: 1, command: 'seek', input: { frame: 1, and: 2 } }],
    ['what the artist does not allow', { ask: 'run', call: 1, command: 'add-marker', input: { frame: 1 } }],
    ['an answer that is not as it was promised', { ask: 'read', call: 1, what: 'shot' }],
    ['what is not known', { ask: 'dance', call: 1 }],
  ])('is refused: %s', async (_, message) => {
    const { hear, said, ran, stopped } = started();
    hear(message);
    await settle();
    expect(said).toMatchObject([{ say: 'refused', call: 1, why: expect.stringMatching(/^[A-Z]/) }]);
    expect([ran, stopped]).toEqual([[], []]);
  });

  it('changes the project once the artist allows it', async () => {
    const { hear, said, ran } = started({ allows: async () => true });
    hear({ ask: 'run', call: 1, command: 'add-marker', input: { frame: 4 } });
    await settle();
    expect(ran).toEqual([['add-marker', { frame: 4, name: '', note: '' }]]);
    expect(said).toEqual([{ say: 'answer', call: 1, value: null }]);
  });

  it('waits for few answers at a time', async () => {
    const { hear, said } = started({ read: () => new Promise(() => {}) });
    for (let call = 1; call <= 20; call += 1) hear({ ask: 'read', call, what: 'project' });
    await settle();
    expect(said.map((one) => 'call' in one && one.call)).toEqual([17, 18, 19, 20]);
  });

  it('is not answered after its end', async () => {
    let finish: (value: unknown) => void = () => {};
    const { hear, said, session } = started({ read: () => new Promise((done) => (finish = done)) });
    hear({ ask: 'read', call: 1, what: 'project' });
    session.close();
    finish({ name: 'Film', rate: { num: 25, den: 1 }, shots: 1, length: 9 });
    await settle();
    expect(said).toEqual([]);
  });
});

describe('what a panel watches', () => {
  it('is told at once, then at a pace, and only of what it may read', async () => {
    const { hear, said, move } = started();
    hear({ ask: 'watch', what: ['project', 'takes'] });
    for (let i = 0; i < 50; i += 1) move();
    expect(said).toEqual([{ say: 'changed', what: 'project' }]);
    await vi.advanceTimersByTimeAsync(100);
    expect(said).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(said).toHaveLength(2);
  });
});

describe('a panel is stopped', () => {
  it('that sends more than the window can read', () => {
    const { hear, stopped, isClosed } = started();
    for (let i = 0; i < 1000; i += 1) hear({ ask: 'height', pixels: i });
    expect(stopped[0]).toMatch(/more messages/);
    expect(isClosed()).toBe(true);
  });

  it('not for a steady pace', async () => {
    const { hear, stopped } = started();
    for (let second = 0; second < 30; second += 1) {
      for (let i = 0; i < 50; i += 1) hear({ ask: 'height', pixels: i });
      hear({ ask: 'pong' });
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(stopped).toEqual([]);
  });

  it.each([
    ['too long', 'x'.repeat(LONGEST_MESSAGE + 1)],
    ['no text', { ask: 'height', pixels: 1 }],
    ['no JSON', '{'],
    ['nothing known', '{"ask":"height","pixels":"high"}'],
  ])('whose message is %s', (_, data) => {
    const { raw, stopped } = started();
    raw(data);
    expect(stopped).toHaveLength(1);
  });

  it('that does not answer any more, and only then', async () => {
    const { hear, said, stopped } = started();
    hear({ ask: 'height', pixels: 1 });
    for (let i = 0; i < 3; i += 1) {
      await vi.advanceTimersByTimeAsync(5000);
      expect(said.at(-1)).toEqual({ say: 'ping' });
      hear({ ask: 'pong' });
    }
    await vi.advanceTimersByTimeAsync(20_000);
    expect(stopped).toEqual(['It does not answer any more']);
  });
});
