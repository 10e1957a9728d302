/** What of a text PostgreSQL can hold. */

/** Half of a pair of UTF-16, which UTF-8 has no spelling for. */
export const LONE_SURROGATE = /\p{Surrogate}/u;

/** @returns whether PostgreSQL can hold the text: no NUL, and UTF-8 has a spelling for it */
export const isStorable = (text: string): boolean => !text.includes('\0') && !LONE_SURROGATE.test(text);
