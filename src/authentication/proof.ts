import type { Caller } from '../kernel/account.js';
import { type Clock, MINUTE } from '../kernel/clock.js';
import { ProofNeeded } from '../kernel/errors.js';

/** How long a proof counts for what a session alone must not do. */
const PROOF_AGE = 15 * MINUTE;

/**
 * A stolen session or token of an account with a second factor must not change what protects the account.
 *
 * @param page where people give a fresh proof; null without pages
 * @returns a check that throws ProofNeeded for a caller with a second factor and without a fresh proof of it
 */
export const createProofCheck =
  (clock: Clock, page: string | null) =>
  ({ credential, hasFactor }: Caller): void => {
    if (!hasFactor) return;
    const provenAt = credential.kind === 'session' ? credential.factorAt : null;
    if (provenAt === null || clock.now() - provenAt >= PROOF_AGE) throw new ProofNeeded(page);
  };
