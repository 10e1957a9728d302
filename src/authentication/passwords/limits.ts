/** A longer password, in UTF-16 units, is refused before any work. The policy for new ones is far below. */
export const MAXIMUM_PASSWORD_UNITS = 4096;

/** Lone surrogates all become U+FFFD in UTF-8: two passwords would be the same to whoever compares them. */
export const isComparable = (password: string): boolean =>
  password.length <= MAXIMUM_PASSWORD_UNITS && !/\p{Surrogate}/u.test(password);
