import type { Proof } from './proof.ts';

const x = { x: [2, 3, 4] };

export const ARRANGE: readonly Proof[] = [
  { name: 'Reshape', x, body: 'int64[2] shape = {0, -1}\ny = Reshape(x, shape)' },
  { name: 'Flatten', x, body: 'y = Flatten<axis = 2>(x)' },
  { name: 'Squeeze', x: { x: [2, 1, 3, 1] }, body: 'int64[1] axes = {-1}\ny = Squeeze(x, axes)' },
  { name: 'Squeeze of operator set 11', x: { x: [2, 1, 3] }, opset: 11, body: 'y = Squeeze<axes = [1]>(x)' },
  { name: 'Unsqueeze', x, body: 'int64[2] axes = {0, -1}\ny = Unsqueeze(x, axes)' },
  { name: 'Transpose', x, body: 'y = Transpose<perm = [2, 0, 1]>(x)' },
  { name: 'Transpose of all axes', x, body: 'y = Transpose(x)' },
  { name: 'Concat', x: { ...x, z: [2, 1, 4] }, body: 'y = Concat<axis = -2>(x, z, x)' },
  {
    name: 'Split',
    x,
    body: 'int64[2] sizes = {1, 3}\na, b = Split<axis = -1>(x, sizes)\nd = Mul(b, a)\ny = Mul(d, b)',
  },
  {
    name: 'Split of which one part counts',
    x,
    body: 'int64[2] sizes = {1, 3}\na, y = Split<axis = 2>(x, sizes)',
  },
  { name: 'Split of operator set 11', x, opset: 11, body: 'a, b = Split<axis = 2>(x)\ny = Mul(a, b)' },
  {
    name: 'Slice',
    x,
    body: 'int64[2] s = {1, -3}\nint64[2] e = {3, -1}\nint64[2] a = {1, -1}\ny = Slice(x, s, e, a)',
  },
  {
    name: 'Slice in steps',
    x: { x: [7, 5] },
    body: 'int64[2] s = {1, 0}\nint64[2] e = {100, 5}\nint64[2] a = {0, 1}\nint64[2] t = {3, 2}\ny = Slice(x, s, e, a, t)',
  },
  {
    name: 'Slice of operator set 9',
    x,
    opset: 9,
    body: 'y = Slice<axes = [1], starts = [-2], ends = [100]>(x)',
  },
  { name: 'Expand', x: { x: [3, 1] }, body: 'int64[3] shape = {2, 1, 4}\ny = Expand(x, shape)' },
  { name: 'Tile', x: { x: [2, 3] }, body: 'int64[2] times = {2, 3}\ny = Tile(x, times)' },
  { name: 'DepthToSpace', x: { x: [1, 8, 2, 3] }, body: 'y = DepthToSpace<blocksize = 2>(x)' },
  {
    name: 'DepthToSpace, columns first',
    x: { x: [1, 8, 2, 3] },
    body: 'y = DepthToSpace<blocksize = 2, mode = "CRD">(x)',
  },
  { name: 'SpaceToDepth', x: { x: [1, 2, 4, 6] }, body: 'y = SpaceToDepth<blocksize = 2>(x)' },
];
