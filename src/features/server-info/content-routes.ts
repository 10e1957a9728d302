import { z } from 'zod';
import { ValidationError } from '../../kernel/errors.js';
import { defineRoute, reply } from '../../platform/http/route.js';

/**
 * What CVAT's clients ask of the annotation server when they start. There are no tasks and no shared files here, so
 * the answers are short: one format, switched off, because the clients only check that there is one.
 */

const FormatRead = z
  .object({
    name: z.string(),
    ext: z.string(),
    version: z.string(),
    enabled: z.boolean(),
    dimension: z.enum(['2d', '3d']),
  })
  .meta({ id: 'DatasetFormat' });

const FormatsRead = z
  .object({ importers: z.array(FormatRead), exporters: z.array(FormatRead) })
  .meta({ id: 'DatasetFormats' });

const FileRead = z
  .object({
    name: z.string(),
    type: z.enum(['REG', 'DIR']).meta({ id: 'FileInfoTypeEnum' }),
    mime_type: z.string(),
  })
  .meta({ id: 'FileInfo' });

const ShareQuery = z.object({
  directory: z.string().optional().meta({ description: 'Directory to browse' }),
  search: z.string().optional().meta({ description: 'Search for specific files' }),
});

const FORMAT = { ext: 'ZIP', version: '1.1', enabled: false, dimension: '2d' } as const;

const formats = defineRoute({
  method: 'get',
  path: '/api/server/annotation/formats',
  operationId: 'server_retrieve_annotation_formats',
  summary: 'Get supported annotation formats',
  tag: 'server',
  view: 'Annotation Formats',
  access: {
    kind: 'policy',
    checks: () => [{ package: 'server', scope: 'view', resource: null, belongsTo: 'context' }],
  },
  responses: { 200: FormatsRead },
  handle: async () =>
    reply(200, {
      importers: [{ name: 'CVAT 1.1', ...FORMAT }],
      exporters: [{ name: 'CVAT for images 1.1', ...FORMAT }],
    }),
});

const share = defineRoute({
  method: 'get',
  path: '/api/server/share',
  operationId: 'server_list_share',
  summary: 'Get shared storage directory contents',
  tag: 'server',
  view: 'Share',
  access: {
    kind: 'policy',
    checks: () => [{ package: 'server', scope: 'list:content', resource: null, belongsTo: 'context' }],
  },
  query: ShareQuery,
  responses: { 200: z.array(FileRead) },
  handle: async ({ query: { directory = '/' } }) => {
    if (!/^\/*$/.test(directory)) throw new ValidationError(`${directory} is an invalid directory`);
    return reply(200, []);
  },
});

export const contentRoutes = [formats, share];
