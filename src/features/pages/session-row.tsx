import type { VNode } from 'preact';
import { z } from 'zod';
import { ButtonForm } from './forms.js';
import type { Visit } from './page.js';
import { Moment } from './pieces.js';

/** What the pages read of a session. */
export const Session = z.object({
  id: z.string(),
  current: z.boolean(),
  browser: z.string().nullable(),
  device: z.string().nullable(),
  ip: z.string().nullable(),
  created_date: z.string().nullable(),
  last_seen: z.string().nullable(),
});

export interface SessionRowProps {
  readonly visit: Visit;
  readonly session: z.output<typeof Session>;
  /** Ends the session. */
  readonly action: string;
}

/** A session in a list. The one of the request has no button: people sign out instead. */
export function SessionRow({ visit, session, action }: SessionRowProps): VNode {
  const { account } = visit.texts;
  const device = [session.browser, session.device].filter((part) => part !== null).join(', ');
  const name = device === '' ? account.unknownDevice : device;
  return (
    <li>
      <div class="what">
        <span>
          <strong>{name}</strong> {session.current && <span class="badge">{account.thisSession}</span>}
        </span>
        <span class="quiet small">
          {`${account.began} `}
          <Moment at={session.created_date} visit={visit} />
          {` · ${account.lastSeen} `}
          <Moment at={session.last_seen} visit={visit} />
          {session.ip !== null && ` · ${session.ip}`}
        </span>
      </div>
      {!session.current && (
        <ButtonForm
          visit={visit}
          action={action}
          hidden={{ session: session.id }}
          label={account.endSession}
          longLabel={account.endSessionLabel(name)}
        />
      )}
    </li>
  );
}
