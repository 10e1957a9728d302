import { z } from 'zod';
import { pageSchema } from '../../platform/http/page.js';
import { dateTime, readOnly } from '../../platform/http/read-fields.js';

const ONLY_TRUE = 'Must be "true": ends all your sessions but the one of this request.';

export const OthersQuery = z.object({
  others: z
    .literal('true', { error: ONLY_TRUE })
    .meta({ description: 'Must be `true`, so that nobody ends their sessions by mistake.' }),
});

const shown = <T extends z.ZodType>(schema: T, description: string) => readOnly(schema.meta({ description }));

export const SessionRead = z
  .object({
    id: shown(z.string(), 'Names the session in this API; it opens nothing.'),
    current: shown(z.boolean(), 'The request was made in this session.'),
    browser: shown(z.string().nullable(), 'Browser, as far as its `User-Agent` says.'),
    device: shown(z.string().nullable(), 'Operating system and kind of device, likewise.'),
    user_agent: shown(z.string().nullable(), '`User-Agent` at the sign-in, at most 256 characters.'),
    ip: shown(z.string().nullable(), 'Address of the client at the sign-in.'),
    created_date: shown(dateTime().nullable(), 'When the session began.'),
    last_seen: shown(
      dateTime().nullable(),
      'When a request last used the session. It may be five minutes out of date.',
    ),
    expires: shown(dateTime(), 'When the session ends unless a request renews it.'),
  })
  .meta({ id: 'SessionRead' });

export const SessionPage = pageSchema(SessionRead, 'PaginatedSessionReadList', '/api/auth/sessions');
