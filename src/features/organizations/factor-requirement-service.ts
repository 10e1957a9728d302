import { type Clock, dateOf } from '../../kernel/clock.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Timestamp } from '../../kernel/timestamp.js';
import type { Database } from '../../platform/db/pool.js';
import { noMatch } from '../../platform/http/objects.js';
import {
  endFactorRequirement,
  findFactorRequirement,
  requireFactors,
} from './factor-requirement-repository.js';
import { lockOrganization } from './repository.js';

export interface FactorRequirementDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Whether people can set up a factor here at all. */
  readonly canEnrol: boolean;
}

const NOT_OFFERED = { required: ['People cannot set up second factors on this server.'] };
const NONE_OF_YOUR_OWN = { required: ['Set up a second factor of your own first.'] };

/** Whether an organization requires a second factor of its members. */
export function createFactorRequirementService({ db, clock, canEnrol }: FactorRequirementDeps) {
  /** @returns since when it is required; null if it is not */
  const get = (organizationId: number): Promise<Timestamp | null> =>
    findFactorRequirement(db, organizationId);

  /** @throws ValidationError where a requirement would shut out everybody, or its author */
  const requirePossible = (author: { readonly hasFactor: boolean }): void => {
    if (!canEnrol) throw new ValidationError(NOT_OFFERED);
    if (!author.hasFactor) throw new ValidationError(NONE_OF_YOUR_OWN);
  };

  /**
   * @returns whether it was different before
   * @throws ValidationError if members, or the author, could not meet a requirement; NotFound
   */
  const change = async (
    organizationId: number,
    isRequired: boolean,
    author: { readonly hasFactor: boolean },
  ): Promise<boolean> => {
    if (isRequired) requirePossible(author);
    return db.transaction(async (tx) => {
      if (!(await lockOrganization(tx, organizationId, 'member'))) throw noMatch('Organization');
      return isRequired
        ? requireFactors(tx, organizationId, dateOf(clock))
        : endFactorRequirement(tx, organizationId);
    });
  };

  return { get, change };
}

export type FactorRequirementService = ReturnType<typeof createFactorRequirementService>;
