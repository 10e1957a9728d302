/** A longer password, in UTF-16 units, is refused before any work. The limit for new passwords is far lower. */
export const MAXIMUM_PASSWORD_UNITS = 4096;

/** UTF-8 turns every lone surrogate into U+FFFD, so different passwords would compare as equal. */
export const isComparable = (password: string): boolean =>
  password.length <= MAXIMUM_PASSWORD_UNITS && !/\p{Surrogate}/u.test(password);
