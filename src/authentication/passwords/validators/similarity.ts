import type { Account } from '../../../kernel/account.js';

/** The owner of a new password. Empty and missing attributes are skipped. */
export type PasswordOwner = Partial<Pick<Account, 'username' | 'firstName' | 'lastName' | 'email'>>;

/** Django's `DEFAULT_USER_ATTRIBUTES`, in its order, under their verbose names. */
const ATTRIBUTES = [
  ['username', 'username'],
  ['firstName', 'first name'],
  ['lastName', 'last name'],
  ['email', 'email address'],
] as const satisfies readonly (readonly [keyof PasswordOwner, string])[];

const MAXIMUM_SIMILARITY = 0.7;

/** Python's `\W+`: everything but letters, numbers of any kind and the underscore. Marks are separators. */
export const SEPARATORS = /[^\p{L}\p{N}_]+/u;

const codePoints = (text: string): string[] => Array.from(text);

/** Python's `SequenceMatcher.quick_ratio`: how many characters the two share, in any order. */
const quickRatio = (left: readonly string[], right: readonly string[]): number => {
  if (left.length + right.length === 0) return 1;
  const available = new Map<string, number>();
  for (const character of right) available.set(character, (available.get(character) ?? 0) + 1);
  let shared = 0;
  for (const character of left) {
    const count = available.get(character) ?? 0;
    if (count === 0) continue;
    available.set(character, count - 1);
    shared += 1;
  }
  return (2 * shared) / (left.length + right.length);
};

/** Django `exceeds_maximum_length_ratio`: a part this short cannot be similar enough. */
const isTooShortToMatter = (password: readonly string[], part: readonly string[]): boolean =>
  password.length >= 10 * part.length && part.length < (MAXIMUM_SIMILARITY / 2) * password.length;

/**
 * @param password - its code points, in lower case
 * @returns whether it has nearly the same letters as the value, or as a word in it
 */
export const isSimilar = (password: readonly string[], value: string): boolean => {
  const whole = value.toLowerCase();
  return [...whole.split(SEPARATORS), whole]
    .map(codePoints)
    .some((part) => !isTooShortToMatter(password, part) && quickRatio(password, part) >= MAXIMUM_SIMILARITY);
};

/**
 * Django's `UserAttributeSimilarityValidator`.
 * @returns its sentence for the first attribute the password resembles, or undefined
 */
export const similarityProblem = (password: string, owner: PasswordOwner): string | undefined => {
  const lowered = codePoints(password.toLowerCase());
  const resembled = ATTRIBUTES.find(([attribute]) => {
    const value = owner[attribute];
    return value ? isSimilar(lowered, value) : false;
  });
  return resembled && `The password is too similar to the ${resembled[1]}.`;
};
