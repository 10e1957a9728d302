import type { z } from 'zod';
import { timestampAt } from '../../kernel/timestamp.js';
import { deviceOf } from './devices.js';
import type { SessionRead } from './schemas.js';
import type { Session } from './service.js';

const moment = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : timestampAt(milliseconds);

export const presentSession = ({
  id,
  isCurrent,
  client,
  startedAt,
  seenAt,
  expiresAt,
}: Session): z.input<typeof SessionRead> => ({
  id,
  current: isCurrent,
  ...deviceOf(client?.userAgent ?? null),
  user_agent: client?.userAgent ?? null,
  ip: client?.address ?? null,
  created_date: moment(startedAt),
  last_seen: moment(seenAt),
  expires: timestampAt(expiresAt),
});
