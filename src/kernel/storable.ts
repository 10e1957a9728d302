/** Which text PostgreSQL can store. */

/** Half of a UTF-16 surrogate pair, which UTF-8 cannot encode. */
export const LONE_SURROGATE = /\p{Surrogate}/u;

/** @returns whether PostgreSQL can store the text: it has no NUL, and UTF-8 can encode it */
export const isStorable = (text: string): boolean => !text.includes('\0') && !LONE_SURROGATE.test(text);
