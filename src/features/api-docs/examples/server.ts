import type { Examples } from '../../../platform/openapi/examples.js';
import { forbidden } from './refusals.js';

/** These are open to every signed-in user; other refusals depend on the credential. */
const FORMAT = { ext: 'ZIP', version: '1.1', enabled: false, dimension: '2d' };

export const serverExamples: Readonly<Record<string, Examples>> = {
  server_retrieve_about: {
    about: {
      summary: 'Information about this server',
      status: 200,
      body: {
        name: 'Computer Vision Annotation Tool',
        description: 'Identity and access for CVAT, the Computer Vision Annotation Tool.',
        version: '2.62.0',
        logo_url: 'http://localhost:8080/static/logo.svg',
        subtitle: 'Open Data Annotation Platform',
      },
    },
  },
  server_retrieve_plugins: {
    plugins: { summary: 'None', status: 200, body: { ANALYTICS: false, MODELS: false } },
  },
  server_retrieve_status: {
    status: {
      summary: 'A server of which all parts are well',
      status: 200,
      request: { as: 'admin' },
      body: {
        version: '1.0.0',
        cvat_version: '2.62.0',
        parts: [
          { name: 'database', ok: true, sentence: 'ok' },
          { name: 'redis', ok: true, sentence: 'not used' },
        ],
        mails: { waiting: 0, failed: 0 },
        settings: [
          { name: 'DATABASE_URL', value: 'postgres://set@db:5432/cvat' },
          { name: 'SECRET_KEY', value: 'set' },
        ],
      },
    },
    forbidden: forbidden('Not an administrator', { as: 'maria' }),
  },
  server_retrieve_annotation_formats: {
    formats: {
      summary: 'One format, disabled: there are no tasks here',
      status: 200,
      body: {
        importers: [{ name: 'CVAT 1.1', ...FORMAT }],
        exporters: [{ name: 'CVAT for images 1.1', ...FORMAT }],
      },
    },
  },
  server_list_share: {
    empty: { summary: 'No shared files', status: 200, body: [] },
    no_directory: {
      summary: 'A folder that does not exist',
      status: 400,
      request: { query: { directory: '/etc' } },
      body: '/etc is an invalid directory',
    },
    forbidden: forbidden('An account that is a worker, and no more', { as: 'carla' }),
  },
};
