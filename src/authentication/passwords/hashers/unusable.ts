import { ALPHANUMERIC, type Random } from '../../../kernel/random.js';

const PREFIX = '!';

/**
 * A stored value that no password matches: the account signs in by other means. Random, so that password
 * reset tokens, which sign the stored value, die when one replaces another (Django `make_password(None)`).
 */
export const makeUnusable = (random: Random): string => PREFIX + random.text(40, ALPHANUMERIC);

/** @returns false for values made by {@link makeUnusable} (Django `is_password_usable`) */
export const isUsable = (encoded: string): boolean => !encoded.startsWith(PREFIX);
