/** Names that shots are given. */
import type { ProjectDocument } from './document.ts';

export function highestShotNumber(draft: ProjectDocument): number {
  return draft.timeline.reduce((highest, item) => {
    const match = item.kind === 'shot' ? /^Shot (\d+)/.exec(item.name) : null;
    return Math.max(highest, Number(match?.[1] ?? 0));
  }, 0);
}

/** Names that no shot of the timeline has, read off it once for as many as are needed. */
export interface FreeNames {
  release(name: string): void;
  /** "Shot 3" → "Shot 3b", "Shot 3c", …, then the next number. */
  after(name: string): string;
}

export function freeNames(draft: ProjectDocument): FreeNames {
  const taken = new Map<string, number>();
  for (const item of draft.timeline) {
    if (item.kind === 'shot') taken.set(item.name, (taken.get(item.name) ?? 0) + 1);
  }
  let highest = highestShotNumber(draft);
  const take = (name: string) => {
    taken.set(name, 1);
    return name;
  };
  return {
    release(name) {
      const count = (taken.get(name) ?? 1) - 1;
      if (count > 0) taken.set(name, count);
      else taken.delete(name);
    },
    after(name) {
      const stem = name.replace(/(?<=\d)[b-z]$/, '');
      for (let letter = 98; letter <= 122; letter++) {
        const candidate = `${stem}${String.fromCharCode(letter)}`;
        if (!taken.has(candidate)) return take(candidate);
      }
      return take(`Shot ${++highest}`);
    },
  };
}
