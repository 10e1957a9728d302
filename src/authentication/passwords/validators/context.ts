import { isSimilar, SEPARATORS } from './similarity.js';

/** What everybody who tries passwords at this kind of server tries first. */
const PRODUCT = 'cvat';
/** Shorter words are in too many others. */
const SHORTEST_WORD = 3;
const LETTER = /\p{L}/u;

/** A word without a letter is a number, or a part of an IP address. The longest is cut out first. */
const wordsOf = (texts: readonly string[]): readonly string[] => {
  const words = texts.flatMap((text) => text.toLowerCase().split(SEPARATORS));
  const telling = words.filter((word) => word.length >= SHORTEST_WORD && LETTER.test(word));
  return [...new Set([PRODUCT, ...telling])].sort((a, b) => b.length - a.length);
};

/**
 * Passwords that the address of the server gives away (NIST SP 800-63B 5.1.1.2, "context-specific words"). They are
 * judged like those that resemble a user (Django `UserAttributeSimilarityValidator`), and also when nothing but digits
 * and signs stands beside the words: `cvatcvat` and `CVAT2024` resemble `cvat` too little.
 *
 * @param texts - names of the site and of its host; they are taken apart into words
 */
export const createContextWords = (texts: readonly string[]) => {
  const words = wordsOf(texts);
  return {
    /** @returns whether the password is made of these words */
    make: (password: string): boolean => {
      const lowered = password.toLowerCase();
      if (words.some((word) => isSimilar(Array.from(lowered), word))) return true;
      const rest = words.reduce((text, word) => text.replaceAll(word, ''), lowered);
      return rest !== lowered && !LETTER.test(rest);
    },
  };
};
