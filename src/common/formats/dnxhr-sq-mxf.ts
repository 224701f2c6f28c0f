import { inMxf } from './dnxhr.ts';
import { dnxhrSq } from './dnxhr-sq.ts';

export const dnxhrSqMxf = inMxf(dnxhrSq);
