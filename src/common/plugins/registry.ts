/** What there is of one kind (methods, formats, panels …), each contributed by a plugin: a built-in one or one of others. */
import { AppError, assert } from '../errors.ts';
import { isBuiltIn, type PluginFacts } from './built-in.ts';
import { contributionIdFault, fullId, isBuiltInId, pluginOf } from './ids.ts';

export class Registry<T extends { readonly id: string }> {
  /** What it holds, in one word: "method". */
  readonly what: string;
  readonly #entries = new Map<string, { readonly owner: PluginFacts; readonly value: T }>();
  #list: readonly T[] = [];

  constructor(what: string) {
    this.what = what;
  }

  /**
   * In the order in which they come. `value.id` is the full id.
   * @throws AppError usage for an id that is taken, and for one that is not the plugin's own
   */
  contribute(plugin: PluginFacts, value: T): void {
    const { id } = value;
    const own = pluginOf(id) === null ? id : id.slice(plugin.id.length + 1);
    if (contributionIdFault(own) !== null || id !== fullId(plugin.id, own)) {
      throw refused(plugin, `"${id}" is no name for its ${this.what}`);
    }
    // A name alone makes nobody built in.
    if (isBuiltInId(plugin.id) && !isBuiltIn(plugin)) throw refused(plugin, 'it does not come with Retake');
    if (this.#entries.has(id)) throw refused(plugin, `there is a ${this.what} "${id}" already`);
    this.#entries.set(id, { owner: plugin, value });
    this.#renew();
  }

  /** Takes out all that is of a plugin; nothing where it has nothing. What is built in stays. */
  withdraw(pluginId: string): void {
    assert(!isBuiltInId(pluginId), 'what is built in is not withdrawn');
    for (const [id, { owner }] of this.#entries) if (owner.id === pluginId) this.#entries.delete(id);
    this.#renew();
  }

  get list(): readonly T[] {
    return this.#list;
  }

  /** By full id. */
  find(id: string): T | undefined {
    return this.#entries.get(id)?.value;
  }

  ownerOf(id: string): PluginFacts | undefined {
    return this.#entries.get(id)?.owner;
  }

  #renew(): void {
    this.#list = Object.freeze([...this.#entries.values()].map(({ value }) => value));
  }
}

function refused({ name, version }: PluginFacts, why: string): AppError {
  return new AppError('usage', why, {
    doing: `taking in ${name} ${version}`,
    hint: 'Tell whoever made the plugin.',
  });
}
