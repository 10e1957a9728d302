import { PASSWORD_VALIDATORS, type PasswordValidator } from '../../../kernel/password-validators.js';
import { MAXIMUM_PASSWORD_UNITS } from '../limits.js';
import { createCommonPasswords } from './common.js';
import { createContextWords } from './context.js';
import { isEntirelyNumeric } from './numeric.js';
import { type PasswordOwner, similarityProblem } from './similarity.js';

/** Django's `MinimumLengthValidator`. In code points. */
export const MINIMUM_LENGTH = 8;
/** CVAT 2.63; 2.62 has 128. */
export const MAXIMUM_LENGTH = 256;

const TOO_LONG = `Password must be ${MAXIMUM_LENGTH} characters or fewer.`;
const TOO_COMMON = 'This password is too common.';
const ENTIRELY_NUMERIC = 'This password is entirely numeric.';
const BREACHED = 'This password has appeared in a data breach. Choose another one.';

const tooShort = (minimum: number): string => {
  const noun = minimum === 1 ? 'character' : 'characters';
  return `This password is too short. It must contain at least ${minimum} ${noun}.`;
};

export interface PasswordPolicyOptions {
  /** In code points; 8 by default. */
  readonly minimumLength?: number;
  /** Those of Django's validators that apply; all four by default. */
  readonly validators?: readonly PasswordValidator[];
  /** Lower-case passwords to refuse instead of the bundled lists. */
  readonly commonPasswords?: ReadonlySet<string>;
  /** Names of this server that a password must not consist of, such as its host; `cvat` is always included. */
  readonly context?: readonly string[];
  /** Whether a password appears in a breach: `contains` of a breach file. */
  readonly isBreached?: ((password: string) => Promise<boolean>) | undefined;
}

/**
 * The rules for a new password: Django's four validators in CVAT's order, then the maximum length, then the breach
 * file. Passwords are judged as typed and counted in code points. A password made of the server's names counts as too
 * common: Django has no sentence for that case, and clients know this one.
 */
export const createPasswordPolicy = (options: PasswordPolicyOptions = {}) => {
  const { minimumLength = MINIMUM_LENGTH, validators = PASSWORD_VALIDATORS, isBreached } = options;
  const applies = new Set(validators);
  const common = createCommonPasswords(options.commonPasswords);
  const context = createContextWords(options.context ?? []);

  return {
    /**
     * @param owner - the user that the password must not resemble; empty for a user not known yet
     * @returns Django's sentences for all problems, empty if the password is acceptable
     */
    validate: async (password: string, owner: PasswordOwner = {}): Promise<string[]> => {
      // The other rules take time that grows with the password.
      if (password.length > MAXIMUM_PASSWORD_UNITS) return [TOO_LONG];
      const length = Array.from(password).length;
      const problems = [
        applies.has('UserAttributeSimilarityValidator') && similarityProblem(password, owner),
        applies.has('MinimumLengthValidator') && length < minimumLength && tooShort(minimumLength),
        applies.has('CommonPasswordValidator') &&
          ((await common.has(password)) || context.make(password)) &&
          TOO_COMMON,
        applies.has('NumericPasswordValidator') && isEntirelyNumeric(password) && ENTIRELY_NUMERIC,
        length > MAXIMUM_LENGTH && TOO_LONG,
        isBreached && (await isBreached(password)) && BREACHED,
      ];
      return problems.filter((problem) => typeof problem === 'string');
    },
  };
};

export type PasswordPolicy = ReturnType<typeof createPasswordPolicy>;
