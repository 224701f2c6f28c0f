/** The motion between neighbours for whoever goes along it frame by frame: found, or estimated and kept. */
import type { Tensor } from '../artefacts/codecs.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { Flow } from '../flow/flow.ts';
import { type FlowNetwork, flowOf } from './flow.ts';
import { Maker } from './maker.ts';
import type { LinkOf } from './mask.ts';
import type { Pictures } from './pictures.ts';
import type { PicturesShot } from './shot.ts';

export interface LinksOf {
  readonly shot: PicturesShot;
  /** Null for Retake's own estimate, which also stands in where a network is not open and kept nothing. */
  readonly network: FlowNetwork | null;
  readonly pictures: Pictures;
  readonly store: ArtefactStore | null;
  readonly signal?: AbortSignal | undefined;
}

/** @returns flows between a frame and the next. Not counted: a render counts them where it makes them */
export function linksOf({
  shot,
  network,
  pictures,
  store,
  signal = new AbortController().signal,
}: LinksOf): (frame: number) => Promise<LinkOf> {
  const maker = new Maker({ store, signal });
  /** Every frame of a carried brush asks for all links on its way. */
  const known = new Map<number, Promise<LinkOf>>();
  const linkOf = async (index: number): Promise<LinkOf> => {
    const [frame, next] = [await pictures.frame(index), await pictures.frame(index + 1)];
    const by = (of: FlowNetwork | null) =>
      [flowOf(shot, of, frame, next), flowOf(shot, of, next, frame)] as const;
    const wanted = by(network);
    const keys = wanted.map(({ key }) => key!);
    const can = !network || network.estimator || store?.has(keys).size === keys.length;
    const [there, back] = can ? wanted : by(null);
    return {
      key: `${there.key} ${back.key}`,
      read: async () => ({
        there: asFlow((await maker.have(there)).value),
        back: asFlow((await maker.have(back)).value),
      }),
    };
  };
  return (index) => {
    const link = known.get(index) ?? linkOf(index);
    known.set(index, link);
    return link;
  };
}

function asFlow({ shape, data }: Tensor): Flow {
  const [, height = 0, width = 0] = shape;
  return { width, height, data };
}
