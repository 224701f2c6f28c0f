import type { Proof } from './proof.ts';

const table = { x: [5, 3] };
const scattered = { x: [3, 4], u: [2, 4] };

export const GATHER: readonly Proof[] = [
  {
    name: 'Gather of an embedding, tokens twice',
    x: table,
    places: { tokens: { dims: [2, 3], values: [4, 0, 4, 2, -1, 0] } },
    body: 'y = Gather(x, tokens)',
  },
  {
    name: 'Gather of one place',
    x: { x: [2, 3, 4] },
    body: 'int64[] one = {1}\ny = Gather<axis = 1>(x, one)',
  },
  {
    name: 'Gather of the last place',
    x: { x: [2, 3] },
    body: 'int64[1] one = {-1}\ny = Gather<axis = -1>(x, one)',
  },
  {
    name: 'Gather of known places in another order',
    x: { x: [2, 4, 2] },
    body: 'int64[2, 2] some = {3, 0, 3, -3}\ny = Gather<axis = 1>(x, some)',
  },
  {
    name: 'GatherElements',
    x: { x: [3, 4] },
    places: { taken: { dims: [3, 2], values: [0, 3, 1, 1, -1, 2] } },
    body: 'y = GatherElements<axis = 1>(x, taken)',
  },
  {
    name: 'GatherND',
    x: { x: [2, 3, 2] },
    places: { taken: { dims: [3, 2], values: [0, 2, 1, -1, 0, 2] } },
    body: 'y = GatherND(x, taken)',
  },
  {
    name: 'ScatterElements',
    x: scattered,
    places: { put: { dims: [2, 4], values: [0, 1, 2, 0, 2, 0, 1, -2] } },
    body: 'y = ScatterElements<axis = 0>(x, put, u)',
  },
  {
    name: 'ScatterElements that adds',
    x: scattered,
    places: { put: { dims: [2, 4], values: [0, 1, 2, 0, 0, 1, 2, 1] } },
    body: 'y = ScatterElements<axis = 0, reduction = "add">(x, put, u)',
  },
  { name: 'Pad', x: { x: [1, 2, 3, 2] }, body: 'int64[8] pads = {0, 0, 1, 2, 0, 1, 0, 1}\ny = Pad(x, pads)' },
  { name: 'Pad that takes off', x: { x: [4, 5] }, body: 'int64[4] pads = {-1, 2, 1, -2}\ny = Pad(x, pads)' },
  {
    name: 'Pad of named axes',
    x: { x: [2, 3] },
    opset: 18,
    body: 'int64[2] pads = {1, 2}\nint64[1] axes = {-1}\nfloat32[] filling = {3}\ny = Pad(x, pads, filling, axes)',
  },
  {
    name: 'Pad of operator set 10',
    x: { x: [2, 3] },
    opset: 10,
    body: 'y = Pad<pads = [1, 0, 0, 2], value = 1.5>(x)',
  },
  {
    name: 'Pad by edges',
    x: { x: [3, 4] },
    body: 'int64[4] pads = {1, 2, 2, 0}\ny = Pad<mode = "edge">(x, pads)',
  },
  {
    name: 'Pad by reflection',
    x: { x: [3, 4] },
    body: 'int64[4] pads = {2, 1, 1, 3}\ny = Pad<mode = "reflect">(x, pads)',
  },
  {
    name: 'Pad round about',
    x: { x: [3, 4] },
    opset: 19,
    body: 'int64[4] pads = {1, 2, 2, 1}\ny = Pad<mode = "wrap">(x, pads)',
  },
];
