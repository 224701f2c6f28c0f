import { read } from './read.js';
import { write } from './write.js';

export default { exporters: { ale: { write } }, importers: { ale: { read } } };
