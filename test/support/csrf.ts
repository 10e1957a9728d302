import { ALPHANUMERIC } from '../../src/kernel/random.js';

/** Django's `_mask_cipher_secret`: the mask, then the secret shifted by it. */
export const maskCsrf = (secret: string, mask: string): string =>
  mask +
  Array.from(secret, (char, i) => {
    const shifted = ALPHANUMERIC.indexOf(char) + ALPHANUMERIC.indexOf(mask.charAt(i));
    return ALPHANUMERIC.charAt(shifted % ALPHANUMERIC.length);
  }).join('');
