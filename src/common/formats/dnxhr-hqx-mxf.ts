import { inMxf } from './dnxhr.ts';
import { dnxhrHqx } from './dnxhr-hqx.ts';

export const dnxhrHqxMxf = inMxf(dnxhrHqx);
