import { z } from 'zod';
import { ValidationError } from '../../kernel/errors.js';
import { text } from '../../platform/http/read-fields.js';
import { defineRoute, reply } from '../../platform/http/route.js';

/**
 * The requests that CVAT's clients send to the annotation server at start. This server has no tasks and no shared
 * files, so the answers are short: one format, disabled, because the clients only check that one exists.
 */

const FormatRead = z
  .object({
    name: text({ maxLength: 64 }),
    ext: text({ maxLength: 64 }),
    version: text({ maxLength: 64 }),
    enabled: z.boolean(),
    dimension: text({ maxLength: 2, description: '`2d` or `3d`.' }),
  })
  .meta({ id: 'DatasetFormat' });

const FormatsRead = z
  .object({ importers: z.array(FormatRead), exporters: z.array(FormatRead) })
  .meta({ id: 'DatasetFormats' });

const FileRead = z
  .object({
    name: text({ maxLength: 1024 }),
    type: z.enum(['REG', 'DIR']).meta({ id: 'FileInfoTypeEnum' }),
    mime_type: text({ maxLength: 255 }),
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
  description:
    'CVAT clients request it when they start. This server has no tasks, so every format is disabled.',
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
  description:
    'CVAT clients request it before they offer shared files. This server has none, so the list is empty.',
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
