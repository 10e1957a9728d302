import { type Hasher, MAXIMUM_MEMORY_BYTES } from './hasher.js';

const BASE64 = '[A-Za-z0-9+/]';
const FORMAT = new RegExp(
  String.raw`^argon2(\$argon2(?:id|i|d)\$v=19\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,2})` +
    String.raw`\$(${BASE64}{11,64})\$(${BASE64}{16,86}))$`,
);

/** RFC 9106 wants 8 blocks of memory for each lane; more lanes than this nobody has processors for. */
const BLOCKS_PER_LANE = 8;
const MAXIMUM_LANES = 64;

/** KiB written over all passes: Django writes 204,800 (m=102400, t=2); this much takes half a second. */
const MAXIMUM_WORK_KIB = 2 ** 20;

const isBearable = (memoryKib: number, passes: number, lanes: number): boolean =>
  lanes <= MAXIMUM_LANES &&
  memoryKib >= BLOCKS_PER_LANE * lanes &&
  memoryKib * 1024 <= MAXIMUM_MEMORY_BYTES &&
  memoryKib * passes <= MAXIMUM_WORK_KIB;

/** The binding throws on base64 with stray bits at its end. */
const isCanonical = (base64: string): boolean =>
  Buffer.from(base64, 'base64').toString('base64').replace(/=+$/, '') === base64;

/** Compares a password with a PHC string; `verify` of `@node-rs/argon2`. */
export type Argon2Verify = (phc: string, password: string) => Promise<boolean>;

export interface Argon2Options {
  /** @throws when the package, or its binary for this platform, is not installed */
  readonly load?: () => Promise<Argon2Verify>;
  /** Told once, at the first hash that would have needed it. */
  readonly onMissing?: (error: unknown) => void;
}

/** The package brings a binary for each platform: who has no such hashes need not have it. */
const loadBinding = async (): Promise<Argon2Verify> => (await import('@node-rs/argon2')).verify;

const refuse: Argon2Verify = async () => false;

/**
 * `argon2` followed by a PHC string of argon2id, argon2i or argon2d, version 19. At most 128 MiB, 1 GiB
 * written over all passes and 64 lanes. Salt and hash may be of any length the format allows: old bindings
 * wrote 16 bytes. Without the binding, which is optional, no password matches.
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
