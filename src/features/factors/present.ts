import type { z } from 'zod';
import type { Factors } from './repository.js';
import type { FactorsRead } from './schemas.js';

export const presentFactors = ({ totpSince, recoveryCodes, keys }: Factors): z.input<typeof FactorsRead> => ({
  totp: { enabled: totpSince !== null, created_date: totpSince },
  recovery_codes: { remaining: recoveryCodes },
  webauthn: keys.map(({ id, name, createdAt, lastUsedAt }) => ({
    id,
    name,
    created_date: createdAt,
    last_used_date: lastUsedAt,
  })),
});
