import { z } from 'zod';
import { defineRoute, reply } from '../../platform/http/route.js';

const StatusRead = z
  .object({
    version: z.string().meta({ description: 'Of this server.' }),
    cvat_version: z.string().meta({ description: 'The release of CVAT that it replicates.' }),
    parts: z.array(
      z
        .object({
          name: z.string(),
          ok: z.boolean(),
          sentence: z.string().meta({ description: '`ok`, `not used`, or the problem.' }),
        })
        .meta({ id: 'ServerPart' }),
    ),
    mails: z
      .object({
        waiting: z.int().meta({ description: 'Mails that are to be sent.' }),
        failed: z.int().meta({ description: 'Mails that the server has given up.' }),
      })
      .meta({ id: 'ServerMails' }),
    settings: z.array(
      z
        .object({
          name: z.string(),
          value: z
            .string()
            .nullable()
            .meta({ description: 'Null if it is not set; `set` in place of a secret.' }),
        })
        .meta({ id: 'ServerSetting' }),
    ),
  })
  .meta({ id: 'ServerStatus' });

type Status = z.input<typeof StatusRead>;

export interface StatusDeps {
  /** Of this server. */
  readonly serverVersion: string;
  /** The CVAT release that it replicates: clients compare it with their own version. */
  readonly version: string;
  /** Asks every part. */
  readonly parts: () => Promise<Status['parts']>;
  readonly mails: () => Promise<Status['mails']>;
  /** Without secrets. */
  readonly settings: readonly Status['settings'][number][];
}

/** What administrators may know about the server. Not in CVAT. */
export const statusRoute = ({ serverVersion, version, parts, mails, settings }: StatusDeps) =>
  defineRoute({
    method: 'get',
    path: '/api/server/status',
    operationId: 'server_retrieve_status',
    summary: 'See how this server is, and its settings',
    description:
      'Returns the version, the state of each part, the mails that wait, and the settings in force without secrets, for administrators. Not in CVAT.',
    tag: 'server',
    view: 'Status',
    access: {
      kind: 'policy',
      checks: () => [{ package: 'server', scope: 'view:status', resource: null, belongsTo: 'context' }],
    },
    responses: { 200: StatusRead },
    handle: async () =>
      reply(200, {
        version: serverVersion,
        cvat_version: version,
        parts: await parts(),
        mails: await mails(),
        settings: [...settings],
      }),
  });
