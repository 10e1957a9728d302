/** A longer password, in UTF-16 units, is refused before any work. The policy for new ones is far below. */
export const MAXIMUM_PASSWORD_UNITS = 4096;
