import { type Clock, DAY } from '../../kernel/clock.js';
import { millisecondsOf, type Timestamp } from '../../kernel/timestamp.js';

/** How long invitations last, and the clock. */
export interface Lifetime {
  readonly clock: Clock;
  readonly days: number;
}

/** @returns null for an invitation that was never mailed: it does not expire (CVAT `Invitation.expired`) */
export const isExpired = (sentAt: Timestamp | null, { clock, days }: Lifetime): boolean | null =>
  sentAt === null ? null : millisecondsOf(sentAt) + days * DAY <= clock.now();
