import { describe, expect, expectTypeOf, it } from 'vitest';
import type { PluginHandle } from '../../src/common/plugins/handle.ts';
import { agree, suite, suiteId } from '../../src/common/plugins/suites.ts';
import { echo1, echo2 } from '../helpers/echo-suites.ts';

describe('two majors of a suite at once', () => {
  const offered = [echo1, echo2, suite('count', 4, {})];

  it('agrees on the highest that both know, name by name', () => {
    expect(agree(['echo@1'], offered)).toEqual({ speaks: ['echo@1'], missing: [] });
    expect(agree(['echo@2', 'echo@1', 'count@4'], offered)).toEqual({
      speaks: ['echo@2', 'count@4'],
      missing: [],
    });
    expect(agree(['echo@2', 'echo@9'], offered).speaks).toEqual(['echo@2']);
    expect(agree([], offered)).toEqual({ speaks: [], missing: [] });
  });

  it('says what it cannot speak', () => {
    expect(agree(['echo@3', 'echo@4', 'paint@1', 'count@4'], offered)).toEqual({
      speaks: ['count@4'],
      missing: ['echo@3 or echo@4', 'paint@1'],
    });
  });

  it('gives a call the types of its suite', () => {
    const ask1 = (plugin: PluginHandle) => plugin.call(echo1, 'say', 'a', ['words']);
    const ask2 = (plugin: PluginHandle) => plugin.call(echo2, 'say', 'a', ['words', { loud: true }]);
    expectTypeOf(ask1).returns.resolves.toEqualTypeOf<string>();
    expectTypeOf(ask2).returns.resolves.toEqualTypeOf<{ said: string }>();
    expect([suiteId(echo1), suiteId(echo2)]).toEqual(['echo@1', 'echo@2']);
    expect(echo2.calls.say.input.safeParse(['words', { loud: 1 }]).success).toBe(false);
  });
});
