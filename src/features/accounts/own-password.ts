import type { FailureLimit } from '../../authentication/failure-limit.js';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { Client } from '../../kernel/client.js';

export interface OwnPasswordDeps {
  readonly passwords: Pick<PasswordService, 'verify'>;
  readonly failures: FailureLimit;
}

/** For signed-in users who are asked for their password again: guesses count together with those of the login. */
export const createOwnPasswordCheck =
  ({ passwords, failures }: OwnPasswordDeps) =>
  /**
   * @returns whether the password is right. @throws Throttled after too many wrong ones; the errors of the hash queue
   */
  async (
    holder: { readonly id: number; readonly password: string },
    given: string,
    client: Client,
  ): Promise<boolean> => {
    const account = `id:${holder.id}`;
    const attempt = { account, address: client.address };
    await failures.check(attempt);
    const { valid } = await passwords.verify(given, holder.password, { account, client });
    // If many guesses are sent at once, those beyond the limit must not learn which one was right.
    await (valid ? failures.check(attempt) : failures.failed(attempt));
    return valid;
  };

export type OwnPasswordCheck = ReturnType<typeof createOwnPasswordCheck>;
