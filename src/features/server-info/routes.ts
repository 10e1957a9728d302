import { z } from 'zod';
import { text } from '../../platform/http/read-fields.js';
import { defineRoute, reply } from '../../platform/http/route.js';
import { contentRoutes } from './content-routes.js';
import { type StatusDeps, statusRoute } from './status-route.js';

const AboutRead = z
  .object({
    name: text({ maxLength: 128 }),
    description: text({ maxLength: 2048 }),
    version: text({ maxLength: 64 }),
    logo_url: z.string(),
    subtitle: text({ maxLength: 1024 }),
  })
  .meta({ id: 'About' });

const PluginsRead = z.object({ ANALYTICS: z.boolean(), MODELS: z.boolean() }).meta({ id: 'Plugins' });

export interface ServerInfoDeps extends StatusDeps {
  readonly analytics: boolean;
  readonly models: boolean;
}

const about = ({ version }: ServerInfoDeps) =>
  defineRoute({
    method: 'get',
    path: '/api/server/about',
    operationId: 'server_retrieve_about',
    summary: 'Get basic server information',
    description: 'Returns the name and the version of the server. No credentials are needed.',
    tag: 'server',
    view: 'About',
    access: { kind: 'public', because: 'clients read the version before they sign in' },
    responses: { 200: AboutRead },
    handle: async ({ exchange }) =>
      reply(200, {
        name: 'Computer Vision Annotation Tool',
        description: 'Identity and access for CVAT, the Computer Vision Annotation Tool.',
        version,
        logo_url: `${exchange.origin.base}/static/logo.svg`,
        subtitle: 'Open Data Annotation Platform',
      }),
  });

const plugins = ({ analytics, models }: ServerInfoDeps) =>
  defineRoute({
    method: 'get',
    path: '/api/server/plugins',
    operationId: 'server_retrieve_plugins',
    summary: 'Get enabled plugins',
    description: 'Returns which optional parts of CVAT are enabled.',
    tag: 'server',
    view: 'Plugins',
    access: {
      kind: 'policy',
      checks: () => [{ package: 'server', scope: 'view', resource: null, belongsTo: 'context' }],
    },
    responses: { 200: PluginsRead },
    handle: async () => reply(200, { ANALYTICS: analytics, MODELS: models }),
  });

export const serverInfoRoutes = (deps: ServerInfoDeps) => [
  about(deps),
  plugins(deps),
  statusRoute(deps),
  ...contentRoutes,
];
