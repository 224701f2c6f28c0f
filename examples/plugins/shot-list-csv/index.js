import { table } from './table.js';

const SEPARATORS = { comma: ',', semicolon: ';', tab: '\t' };
const WORDS = 4;

const HEAD = [
  ...['No.', 'Shot', 'Timeline in', 'Timeline out', 'Frames', 'Seconds'],
  ...['Shown', 'Picture', 'File', 'Reel', 'Source in', 'Source out'],
  ...['Shows', 'Shall show', 'Not', 'Note', 'Rating', 'Method', 'Model', 'Made'],
];

export default {
  exporters: {
    csv: {
      write(timeline, { separator, allTakes }) {
        const media = new Map(timeline.media.map((one) => [one.id, one]));
        const seconds = Number(timeline.rate.d) / Number(timeline.rate.n);
        const rows = [];
        let number = 0;
        for (const clip of timeline.items) {
          if (clip.kind !== 'clip') continue;
          number += 1;
          for (const [i, source] of clip.sources.entries()) {
            const isShown = i === clip.shown;
            if (!isShown && !(allTakes && source.take)) continue;
            const { name: file, reel } = media.get(source.media);
            const prompts = source.take?.prompts ?? clip.prompts;
            rows.push([
              ...[number, clip.name, clip.in, clip.out, clip.frames, (clip.frames * seconds).toFixed(3)],
              ...[isShown ? 'yes' : 'no', source.name, file, reel ?? '', source.in, source.out],
              ...[prompts?.source ?? '', prompts?.target ?? '', prompts?.negative ?? ''],
              ...[source.take?.note ?? '', source.take?.rating || ''],
              ...[source.take?.method ?? '', source.take?.model ?? '', source.take?.made ?? ''],
            ]);
          }
        }
        const losses = [];
        if (timeline.markers.length > 0) losses.push('markers have no place in a shot list');
        const text = table([HEAD, ...rows], SEPARATORS[separator]);
        return { files: [{ path: `${timeline.stem} shots.csv`, text }], losses };
      },
    },
  },
  names: {
    prompt({ prompts }) {
      return prompts.target.split(/\s+/).slice(0, WORDS).join(' ');
    },
  },
};
