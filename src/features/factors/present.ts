import type { z } from 'zod';
import type { Factors, SecurityKey } from './repository.js';
import type { FactorsRead, WebauthnRead } from './schemas.js';

export const presentKey = ({
  id,
  name,
  createdAt,
  lastUsedAt,
}: SecurityKey): z.input<typeof WebauthnRead> => ({
  id,
  name,
  created_date: createdAt,
  last_used_date: lastUsedAt,
});

export const presentFactors = ({ totpSince, recoveryCodes, keys }: Factors): z.input<typeof FactorsRead> => ({
  totp: { enabled: totpSince !== null, created_date: totpSince },
  recovery_codes: { remaining: recoveryCodes },
  webauthn: keys.map(presentKey),
});
