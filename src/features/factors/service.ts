import type { OpenSession } from '../../authentication/sessions/opened-sessions.js';
import type { Account } from '../../kernel/account.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Random } from '../../kernel/random.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found } from '../../platform/http/objects.js';
import { qrCode } from '../../platform/otp/qr-code.js';
import type { SecretBox } from '../../platform/otp/secret-box.js';
import { base32Of, otpauthUrl, SECRET_BYTES } from '../../platform/otp/totp.js';
import { lockBinding, removeApiToken } from '../users/index.js';
import { createFactorChanges, type FactorChangeDeps } from './changes.js';
import type { FactorCheck } from './check.js';
import {
  beginTotp,
  confirmTotp,
  deleteTotp,
  endCodesOfNothing,
  findTotp,
  hasAnyFactor,
  removeFactors,
} from './repository.js';

/** Each adds a mail to the outbox, in the transaction of the change. */
type Notice = (tx: Queryable, holder: Pick<Account, 'username' | 'email'>) => Promise<void>;

export type FactorMailer = Readonly<
  Record<'factorAdded' | 'keyAdded' | 'factorRemoved' | 'oneFactorRemoved' | 'recoveryCodesReplaced', Notice>
>;

export interface FactorServiceDeps extends FactorChangeDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly box: SecretBox;
  readonly check: FactorCheck;
  /** Name of the site, as authenticator apps show it. */
  readonly issuer: () => string;
  readonly endSessions: (tx: Queryable, userId: number) => Promise<void>;
  readonly mailer: FactorMailer;
  readonly wakeMail: () => void;
}

/** What sets up an app: shown once. */
export interface Enrolment {
  readonly secret: string;
  readonly url: string;
  readonly drawing: string;
}

const ALREADY_SET_UP = ['An authenticator app is set up already. Remove it first.'];
const NOT_BEGUN = ['No authenticator app is being set up.'];
const NOT_SET_UP = ['No authenticator app is set up.'];
export const NO_FACTOR = ['No second factor is set up.'];

/** Setting up and removing second factors. Of all that take a code, the result is undefined for a wrong one. */
export function createFactorService(deps: FactorServiceDeps) {
  const { db, clock, random, box, check, mailer } = deps;
  const { endOthers, giveCodes } = createFactorChanges(deps);

  /**
   * Begins to set up an app, in place of one that was not confirmed.
   *
   * @throws ValidationError if one is confirmed; NotFound if the account has been deleted
   */
  const begin = async ({ id, username }: Account): Promise<Enrolment> => {
    const secret = random.bytes(SECRET_BYTES);
    const sealed = box.seal(id, secret);
    await db.transaction(async (tx) => {
      found(await lockBinding(tx, id), 'User');
      if (!(await beginTotp(tx, id, sealed, dateOf(clock)))) throw new ValidationError(ALREADY_SET_UP);
    });
    const url = otpauthUrl(secret, { issuer: deps.issuer(), account: username });
    return { secret: base32Of(secret), url, drawing: qrCode(url) };
  };

  /**
   * Confirms the app by a code of it. From then on it counts.
   *
   * @returns new recovery codes; none if the account has those of an earlier factor
   * @throws ValidationError if none is being set up; NotAuthenticated if the session has ended; those of `verifyFactor`
   */
  const confirm = async (account: Account, code: string, current: OpenSession) => {
    const codes = await db.transaction(async (tx): Promise<readonly string[] | undefined> => {
      let isFirst = false;
      const isRight = await check.guess(tx, account.id, async () => {
        isFirst = !(await hasAnyFactor(tx, account.id));
        const app = await findTotp(tx, account.id);
        if (app === undefined || app.isConfirmed) throw new ValidationError(NOT_BEGUN);
        const step = check.stepOf(account.id, app, code);
        return step !== undefined && (await confirmTotp(tx, account.id, step, dateOf(clock)))
          ? true
          : undefined;
      });
      if (isRight === undefined) return undefined;
      await endOthers(tx, account.id, current);
      await mailer.factorAdded(tx, account);
      return isFirst ? giveCodes(tx, account.id) : [];
    });
    deps.wakeMail();
    return codes;
  };

  /** Removes the app; recovery codes end with the last factor. @returns what the code was of. @throws as `confirm` */
  const remove = async (account: Account, code: string, current: OpenSession) => {
    const kind = await db.transaction(async (tx) => {
      if (!(await hasApp(tx, account.id))) throw new ValidationError(NOT_SET_UP);
      const used = await check.spend(tx, account.id, code);
      if (used === undefined) return undefined;
      await deleteTotp(tx, account.id);
      const wasLast = await endCodesOfNothing(tx, account.id);
      await endOthers(tx, account.id, current);
      await (wasLast ? mailer.factorRemoved : mailer.oneFactorRemoved)(tx, account);
      return used;
    });
    deps.wakeMail();
    return kind;
  };

  /** Replaces the recovery codes. Sessions stay: no factor is another one. @throws as `confirm` */
  const renewCodes = async (account: Account, code: string) => {
    const renewed = await db.transaction(async (tx) => {
      if (!(await hasAnyFactor(tx, account.id))) throw new ValidationError(NO_FACTOR);
      const kind = await check.spend(tx, account.id, code);
      if (kind === undefined) return undefined;
      await mailer.recoveryCodesReplaced(tx, account);
      return { kind, codes: await giveCodes(tx, account.id) };
    });
    deps.wakeMail();
    return renewed;
  };

  /** Removes all factors of an account, for administrators. @returns false if it had none */
  const reset = async (account: Pick<Account, 'id' | 'username' | 'email'>): Promise<boolean> => {
    const hadAny = await db.transaction(async (tx) => {
      found(await lockBinding(tx, account.id), 'User');
      if (!(await removeFactors(tx, account.id))) return false;
      await deps.endSessions(tx, account.id);
      await removeApiToken(tx, account.id);
      await mailer.factorRemoved(tx, account);
      return true;
    });
    deps.wakeMail();
    return hadAny;
  };

  return { begin, confirm, remove, renewCodes, reset };
}

export type FactorService = ReturnType<typeof createFactorService>;

const hasApp = async (tx: Queryable, userId: number): Promise<boolean> =>
  (await findTotp(tx, userId))?.isConfirmed === true;
