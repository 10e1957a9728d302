import { setFlagsFromString } from 'node:v8';

/**
 * While modules load, almost everything lives on. V8 answers by doubling the space for young objects up to 32 or 64 MB,
 * which a process that rests keeps. V8 reads this flag whenever it considers to grow, so it may change at any time.
 * `main.ts` imports this file before all others.
 */
const setGrowth = (factor: 1 | 2): void => setFlagsFromString(`--semi-space-growth-factor=${factor}`);

setGrowth(1);

/** Ends the restraint of the start: a busy server gets the space that it needs. */
export const letYoungSpaceGrow = (): void => setGrowth(2);
