import { isSimilar, SEPARATORS } from './similarity.js';

/** The first word that attackers try at this kind of server. */
const PRODUCT = 'cvat';
/** Shorter words occur in too many other words. */
const SHORTEST_WORD = 3;
const LETTER = /\p{L}/u;

/** A word without a letter is a number, or a part of an IP address. The longest word is removed first. */
const wordsOf = (texts: readonly string[]): readonly string[] => {
  const words = texts.flatMap((text) => text.toLowerCase().split(SEPARATORS));
  const telling = words.filter((word) => word.length >= SHORTEST_WORD && LETTER.test(word));
  return [...new Set([PRODUCT, ...telling])].sort((a, b) => b.length - a.length);
};

/**
 * Passwords that can be guessed from the host name of the server (NIST SP 800-63B 5.1.1.2, "context-specific words").
 * They are compared like user attributes (Django `UserAttributeSimilarityValidator`). A password is also refused if it
 * has only digits and punctuation besides the words: `cvatcvat` and `CVAT2024` are not similar enough to `cvat`.
 *
 * @param texts - names of the site and of its host; they are split into words
 */
export const createContextWords = (texts: readonly string[]) => {
  const words = wordsOf(texts);
  return {
    /** @returns whether the password consists of these words */
    make: (password: string): boolean => {
      const lowered = password.toLowerCase();
      if (words.some((word) => isSimilar(Array.from(lowered), word))) return true;
      const rest = words.reduce((text, word) => text.replaceAll(word, ''), lowered);
      return rest !== lowered && !LETTER.test(rest);
    },
  };
};
