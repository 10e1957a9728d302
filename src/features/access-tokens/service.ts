import { hashAccessToken } from '../../authentication/access-tokens.js';
import { compilePolicyFilter } from '../../authorization/list-filter.js';
import { type Caller, isId } from '../../kernel/account.js';
import { type Clock, dateOf, SECOND } from '../../kernel/clock.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import { ValidationError } from '../../kernel/errors.js';
import { ALPHANUMERIC, type Random } from '../../kernel/random.js';
import { allOf } from '../../platform/db/conditions.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found, idOf } from '../../platform/http/objects.js';
import { planList } from '../../platform/lists/list-query.js';
import {
  type AccessToken,
  belongsTo,
  countUsable,
  FILTER_COLUMNS,
  findToken,
  insertToken,
  listTokens,
  lockOwner,
  purgeUnusable,
  revokeToken,
  type TokenChange,
  tokenList,
  type UsableAt,
  updateToken,
  usable,
} from './repository.js';

const LIMIT_REACHED = ['You have reached the maximum allowed number of Personal Access Tokens for a user'];
const MODEL = 'AccessToken';

/** The prefix of every key, for secret scanners; the format stays CVAT's: 8 characters, a dot, 32 characters. */
const MARK = 'cva';
const PREFIX_LENGTH = 8;
const SECRET_LENGTH = 32;
/** If a prefix is taken, another one is drawn; with 62^5 prefixes this is rare. */
const ATTEMPTS = 5;
const PURGE_BATCH = 1000;

export interface AccessTokenDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly release: CvatRelease;
  /** A token is stale after this many seconds without use. */
  readonly stalePeriodSeconds: number;
  /** Unusable tokens are kept for this many seconds. */
  readonly unusableTtlSeconds: number;
  /** Maximum number of usable tokens per user; -1 for no limit. */
  readonly maximumPerUser: number;
}

export interface NewAccessToken {
  readonly name: string;
  readonly expiresAt: string | null;
  readonly readOnly: boolean;
  readonly organizationId: number | null;
}

/** Personal access tokens as their owners manage them. */
export function createAccessTokenService(deps: AccessTokenDeps) {
  const { db, clock, random } = deps;
  const listDefinition = tokenList(deps.release);

  const usableAt = (): UsableAt => ({
    now: dateOf(clock),
    notUsedSince: new Date(clock.now() - deps.stalePeriodSeconds * SECOND),
  });

  /** @throws NotFound for a token that is missing, expired, revoked or stale */
  const find = async (id: string | undefined): Promise<AccessToken> =>
    found(await findToken(db, idOf(id, MODEL), usableAt()), MODEL);

  const list = (params: URLSearchParams, policyFilter: object | null) => {
    const plan = planList(listDefinition, params);
    const visible = compilePolicyFilter(policyFilter, FILTER_COLUMNS);
    return listTokens(db, { ...plan, where: allOf([plan.where, visible, usable(usableAt())]) });
  };

  /**
   * @returns the token and its key, which is only shown now
   * @throws ValidationError at the limit, and for an organization the owner does not belong to; NotFound if the
   *   account was removed meanwhile
   */
  const create = async (
    { account }: Caller,
    token: NewAccessToken,
  ): Promise<{ token: AccessToken; value: string }> => {
    const made = await db.transaction(async (tx) => {
      found(await lockOwner(tx, account.id), 'User');
      await requireOwnOrganization(tx, account.id, token.organizationId);
      const { maximumPerUser } = deps;
      if (maximumPerUser >= 0 && (await countUsable(tx, account.id, usableAt())) >= maximumPerUser) {
        throw new ValidationError(LIMIT_REACHED);
      }
      return insert(tx, account.id, token);
    });
    // An expiry in the past is allowed: such a token is created and immediately unusable.
    return { token: found(await findToken(db, made.id, null), MODEL), value: made.value };
  };

  const requireOwnOrganization = async (tx: Queryable, ownerId: number, id: number | null): Promise<void> => {
    if (id === null || (isId(id) && (await belongsTo(tx, ownerId, id)))) return;
    throw new ValidationError({ organization: [`Invalid pk "${id}" - object does not exist.`] });
  };

  const insert = async (tx: Queryable, ownerId: number, token: NewAccessToken) => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const prefix = MARK + random.text(PREFIX_LENGTH - MARK.length, ALPHANUMERIC);
      const value = `${prefix}.${random.text(SECRET_LENGTH, ALPHANUMERIC)}`;
      const row = { ...token, prefix, hashedKey: hashAccessToken(value), ownerId };
      const id = await insertToken(tx, row, dateOf(clock));
      if (id !== undefined) return { id, value };
    }
    throw new TypeError(`${ATTEMPTS} prefixes in a row were taken.`);
  };

  /** @throws NotFound for a token that has been revoked meanwhile */
  const update = async (id: number, change: TokenChange): Promise<AccessToken> => {
    const changed = await updateToken(db, id, change, dateOf(clock));
    return found(changed === 0 ? undefined : await findToken(db, id, null), MODEL);
  };

  const revoke = async (id: number): Promise<void> => {
    await revokeToken(db, id, dateOf(clock));
  };

  /** Deletes tokens that have long been unusable. @returns how many were deleted */
  const purge = async (): Promise<number> => {
    const before = new Date(clock.now() - deps.unusableTtlSeconds * SECOND);
    const staleBefore = new Date(before.getTime() - deps.stalePeriodSeconds * SECOND);
    let total = 0;
    for (;;) {
      const removed = await db.transaction((tx) => purgeUnusable(tx, before, staleBefore, PURGE_BATCH));
      total += removed;
      if (removed < PURGE_BATCH) return total;
    }
  };

  return { listDefinition, find, list, create, update, revoke, purge };
}

export type AccessTokenService = ReturnType<typeof createAccessTokenService>;
