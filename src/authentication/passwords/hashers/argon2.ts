import { type Hasher, MAXIMUM_MEMORY_BYTES } from './hasher.js';

const BASE64 = '[A-Za-z0-9+/]';
const FORMAT = new RegExp(
  String.raw`^argon2(\$argon2(?:id|i|d)\$v=19\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,2})` +
    String.raw`\$(${BASE64}{11,64})\$(${BASE64}{16,86}))$`,
);

/** RFC 9106 requires 8 blocks of memory per lane; no machine has processors for more lanes than this. */
const BLOCKS_PER_LANE = 8;
const MAXIMUM_LANES = 64;

/** KiB written in all passes together: Django writes 204,800 (m=102400, t=2); this much takes half a second. */
const MAXIMUM_WORK_KIB = 2 ** 20;

const isBearable = (memoryKib: number, passes: number, lanes: number): boolean =>
  lanes <= MAXIMUM_LANES &&
  memoryKib >= BLOCKS_PER_LANE * lanes &&
  memoryKib * 1024 <= MAXIMUM_MEMORY_BYTES &&
  memoryKib * passes <= MAXIMUM_WORK_KIB;

/** The binding throws on base64 with stray bits at the end. */
const isCanonical = (base64: string): boolean =>
  Buffer.from(base64, 'base64').toString('base64').replace(/=+$/, '') === base64;

/** Compares a password with a PHC string: `verify` of `@node-rs/argon2`. */
export type Argon2Verify = (phc: string, password: string) => Promise<boolean>;

export interface Argon2Options {
  /** @throws if the package, or its binary for this platform, is not installed */
  readonly load?: () => Promise<Argon2Verify>;
  /** Called once, at the first hash that would have needed the package. */
  readonly onMissing?: (error: unknown) => void;
}

/** The package contains a binary per platform: installations without such hashes do not need it. */
const loadBinding = async (): Promise<Argon2Verify> => (await import('@node-rs/argon2')).verify;

const refuse: Argon2Verify = async () => false;

/**
 * `argon2` followed by a PHC string of argon2id, argon2i or argon2d, version 19. At most 128 MiB, 64 lanes and 1 GiB
 * written in all passes together. Salt and hash may have any length the format allows: old bindings wrote 16 bytes.
 * The binding is optional; without it, no password matches.
 */
export const createArgon2 = ({ load = loadBinding, onMissing = () => {} }: Argon2Options = {}): Hasher => {
  let loaded: Promise<Argon2Verify> | undefined;
  const binding = (): Promise<Argon2Verify> => {
    loaded ??= load().catch((error: unknown) => {
      onMissing(error);
      return refuse;
    });
    return loaded;
  };
  return {
    algorithm: 'argon2',
    read: (encoded) => {
      const [, phc, memory, passes, lanes, salt, hash] = FORMAT.exec(encoded) ?? [];
      if (phc === undefined || salt === undefined || hash === undefined) return undefined;
      if (!isCanonical(salt) || !isCanonical(hash)) return undefined;
      if (!isBearable(Number(memory), Number(passes), Number(lanes))) return undefined;
      return async (password) => (await binding())(phc, password);
    },
  };
};
