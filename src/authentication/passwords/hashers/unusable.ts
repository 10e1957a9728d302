import { ALPHANUMERIC, type Random } from '../../../kernel/random.js';

const PREFIX = '!';

/**
 * A stored value that no password matches: the account signs in by other means. It is random because password reset
 * tokens sign the stored value and must become invalid when it is replaced (Django `make_password(None)`).
 */
export const makeUnusable = (random: Random): string => PREFIX + random.text(40, ALPHANUMERIC);

/** @returns false for values made by {@link makeUnusable} (Django `is_password_usable`) */
export const isUsable = (encoded: string): boolean => !encoded.startsWith(PREFIX);
