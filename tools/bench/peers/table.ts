/** The comparison as docs/benchmark.md has it. */
import { gigabytes } from '../units.ts';
import type { PeersData, Summary, Way } from './peers.ts';

const NAMES: Readonly<Record<Way, string>> = {
  torch: 'PyTorch',
  exact: 'Retake, exact attention',
  fused: 'Retake, fused attention',
};

/** The ratios of the largest network first, then all numbers. */
export function peersTable(all: readonly PeersData[]): string {
  const [first] = all;
  if (!first) return 'Not measured.';
  const { version, fused, blas } = first.about;
  const row = (data: PeersData, way: Way) => {
    const { ways, strays, steps, name } = data;
    const ratio = (of: keyof Summary) => (ways[way][of] / ways.torch[of]).toFixed(2);
    const seconds = (of: 'unguided' | 'guided' | 'edit') =>
      `${ways[way][of].toFixed(ways.torch.edit < 100 ? 3 : 1)} s${way === 'torch' ? '' : ` (× ${ratio(of)})`}`;
    const memory = `${gigabytes(ways[way].peak)}${way === 'torch' ? '' : ` (× ${ratio('peak')})`}`;
    const cells = [
      seconds('unguided'),
      seconds('guided'),
      `${seconds('edit')}, ${steps} + ${steps} calls`,
      memory,
    ];
    return `| ${[name, NAMES[way], ...cells, way === 'torch' ? '' : strays[way].toExponential(0)].join(' | ')} |`;
  };
  const headline = all.toReversed().map(({ name, ways: { torch, exact, fused: ours } }) => {
    const over = (of: 'edit' | 'peak') =>
      `× ${(exact[of] / torch[of]).toFixed(2)} (fused × ${(ours[of] / torch[of]).toFixed(2)})`;
    return `- **${name}: an edit takes ${over('edit')} of PyTorch's time and ${over('peak')} of its memory**`;
  });
  return [
    ...headline,
    '',
    `PyTorch ${version}, which ${fused ? 'has' : 'lacks'} scaled_dot_product_attention, with ${blas.join(', ')}; one thread each.`,
    '',
    '| network | what computes | a call | a guided call | an edit of one frame | memory at most | strays from PyTorch |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...all.flatMap((data) => (['torch', 'exact', 'fused'] as const).map((way) => row(data, way))),
  ].join('\n');
}
